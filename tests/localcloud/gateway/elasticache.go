package gateway

import (
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
)

// elasticache serves parameter groups and the member clusters of replication groups, which the emulator lacks.
// Replication groups themselves are the emulator's.
type elasticache struct {
	mu      sync.Mutex
	account string
	region  string
	groups  map[string]*parameterGroup
	members map[string]url.Values // by replication group: the request that made or last changed it
}

type parameterGroup struct {
	family, description string
	values              map[string]string
	order               []string
}

func newElastiCache(account, region string) *elasticache {
	return &elasticache{account: account, region: region, groups: map[string]*parameterGroup{}, members: map[string]url.Values{}}
}

func (e *elasticache) serve(w http.ResponseWriter, r *http.Request) bool {
	in, err := form(r)
	if err != nil {
		writeError(w, r, err)
		return true
	}
	action := in.Get("Action")
	operation, known := map[string]func(url.Values) (any, error){
		"CreateCacheParameterGroup":    e.createGroup,
		"DescribeCacheParameterGroups": e.describeGroups,
		"DescribeCacheParameters":      e.describeParameters,
		"ModifyCacheParameterGroup":    e.modifyGroup,
		"ResetCacheParameterGroup":     e.resetGroup,
		"DeleteCacheParameterGroup":    e.deleteGroup,
		"CreateReplicationGroup":       e.noteMembers,
		"ModifyReplicationGroup":       e.noteMembers,
		"DescribeCacheClusters":        e.describeClusters,
	}[action]
	if !known {
		return false
	}
	e.mu.Lock()
	result, err := operation(in)
	e.mu.Unlock()
	switch {
	case errors.Is(err, errForward):
		return false
	case err != nil:
		writeError(w, r, err)
	default:
		writeQuery(w, action, result)
	}
	return true
}

// writeQuery answers an operation of the query protocol.
func writeQuery(w http.ResponseWriter, action string, result any) {
	w.Header().Set("Content-Type", queryProtocol.contentType())
	_, _ = fmt.Fprintf(w, "<%sResponse>", action) // the client may be gone
	_ = xml.NewEncoder(w).EncodeElement(result, xml.StartElement{Name: xml.Name{Local: action + "Result"}})
	_, _ = fmt.Fprintf(w, "<ResponseMetadata><RequestId>local</RequestId></ResponseMetadata></%sResponse>", action)
}

type cacheParameterGroup struct {
	ARN         string `xml:"ARN"`
	Name        string `xml:"CacheParameterGroupName"`
	Family      string `xml:"CacheParameterGroupFamily"`
	Description string `xml:"Description"`
	IsGlobal    bool   `xml:"IsGlobal"`
}

type cacheParameter struct {
	Name  string `xml:"ParameterName"`
	Value string `xml:"ParameterValue"`
}

func (e *elasticache) shown(name string) cacheParameterGroup {
	return cacheParameterGroup{
		ARN:  fmt.Sprintf("arn:aws:elasticache:%s:%s:parametergroup:%s", e.region, e.account, name),
		Name: name, Family: e.groups[name].family, Description: e.groups[name].description,
	}
}

// group finds the request's parameter group. AWS keeps names in lower case.
func (e *elasticache) group(in url.Values) (name string, found *parameterGroup, err error) {
	name = strings.ToLower(in.Get("CacheParameterGroupName"))
	found, ok := e.groups[name]
	if !ok {
		return name, nil, notFound("CacheParameterGroupNotFound", "CacheParameterGroup %s not found.", name)
	}
	return name, found, nil
}

func (e *elasticache) createGroup(in url.Values) (any, error) {
	name := strings.ToLower(in.Get("CacheParameterGroupName"))
	if _, exists := e.groups[name]; exists {
		return nil, badRequest("CacheParameterGroupAlreadyExists", "CacheParameterGroup %s already exists.", name)
	}
	e.groups[name] = &parameterGroup{family: in.Get("CacheParameterGroupFamily"), description: in.Get("Description"), values: map[string]string{}}
	return struct {
		Group cacheParameterGroup `xml:"CacheParameterGroup"`
	}{e.shown(name)}, nil
}

func (e *elasticache) describeGroups(in url.Values) (any, error) {
	if in.Get("CacheParameterGroupName") == "" {
		return nil, errForward
	}
	name, _, err := e.group(in)
	if err != nil {
		return nil, err
	}
	return struct {
		Groups []cacheParameterGroup `xml:"CacheParameterGroups>CacheParameterGroup"`
	}{[]cacheParameterGroup{e.shown(name)}}, nil
}

func (e *elasticache) describeParameters(in url.Values) (any, error) {
	_, found, err := e.group(in)
	if err != nil {
		return nil, err
	}
	var list []cacheParameter
	for _, name := range found.order {
		if value, set := found.values[name]; set {
			list = append(list, cacheParameter{Name: name, Value: value})
		}
	}
	return struct {
		Parameters []cacheParameter `xml:"Parameters>Parameter"`
	}{list}, nil
}

// parameters are the names and values of a request, which the protocol numbers from 1.
func parameters(in url.Values) []cacheParameter {
	var list []cacheParameter
	for i := 1; ; i++ {
		prefix := "ParameterNameValues.ParameterNameValue." + strconv.Itoa(i)
		name := in.Get(prefix + ".ParameterName")
		if name == "" {
			return list
		}
		list = append(list, cacheParameter{Name: name, Value: in.Get(prefix + ".ParameterValue")})
	}
}

type groupName struct {
	Name string `xml:"CacheParameterGroupName"`
}

func (e *elasticache) modifyGroup(in url.Values) (any, error) {
	name, found, err := e.group(in)
	if err != nil {
		return nil, err
	}
	for _, parameter := range parameters(in) {
		if _, known := found.values[parameter.Name]; !known {
			found.order = append(found.order, parameter.Name)
		}
		found.values[parameter.Name] = parameter.Value
	}
	return groupName{name}, nil
}

func (e *elasticache) resetGroup(in url.Values) (any, error) {
	name, found, err := e.group(in)
	if err != nil {
		return nil, err
	}
	if in.Get("ResetAllParameters") == "true" {
		found.values, found.order = map[string]string{}, nil
	}
	for _, parameter := range parameters(in) {
		delete(found.values, parameter.Name)
	}
	return groupName{name}, nil
}

func (e *elasticache) deleteGroup(in url.Values) (any, error) {
	name, _, err := e.group(in)
	if err != nil {
		return nil, err
	}
	delete(e.groups, name)
	return struct{}{}, nil
}
