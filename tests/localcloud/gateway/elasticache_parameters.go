package gateway

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// parameterGroup is a cache's settings.
type parameterGroup struct {
	family, description string
	values              map[string]string
	order               []string
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

func (e *elasticache) shownParameterGroup(name string) cacheParameterGroup {
	return cacheParameterGroup{
		ARN:  e.arn("parametergroup", name),
		Name: name, Family: e.parameters[name].family, Description: e.parameters[name].description,
	}
}

// parameterGroup finds the request's parameter group. AWS keeps names in lower case.
func (e *elasticache) parameterGroup(in url.Values) (name string, found *parameterGroup, err error) {
	name = strings.ToLower(in.Get("CacheParameterGroupName"))
	found, ok := e.parameters[name]
	if !ok {
		return name, nil, notFound("CacheParameterGroupNotFound", "CacheParameterGroup %s not found.", name)
	}
	return name, found, nil
}

func (e *elasticache) createParameterGroup(in url.Values) (any, error) {
	name := strings.ToLower(in.Get("CacheParameterGroupName"))
	if _, exists := e.parameters[name]; exists {
		return nil, badRequest("CacheParameterGroupAlreadyExists", "CacheParameterGroup %s already exists.", name)
	}
	e.tags.add(e.arn("parametergroup", name), tagsOf(in))
	e.parameters[name] = &parameterGroup{family: in.Get("CacheParameterGroupFamily"), description: in.Get("Description"), values: map[string]string{}}
	return struct {
		Group cacheParameterGroup `xml:"CacheParameterGroup"`
	}{e.shownParameterGroup(name)}, nil
}

func (e *elasticache) describeParameterGroups(in url.Values) (any, error) {
	names := slices.Sorted(maps.Keys(e.parameters))
	if in.Get("CacheParameterGroupName") != "" {
		name, _, err := e.parameterGroup(in)
		if err != nil {
			return nil, err
		}
		names = []string{name}
	}
	var list []cacheParameterGroup
	for _, name := range names {
		list = append(list, e.shownParameterGroup(name))
	}
	return struct {
		Groups []cacheParameterGroup `xml:"CacheParameterGroups>CacheParameterGroup"`
	}{list}, nil
}

func (e *elasticache) describeParameters(in url.Values) (any, error) {
	_, found, err := e.parameterGroup(in)
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

func (e *elasticache) modifyParameterGroup(in url.Values) (any, error) {
	name, found, err := e.parameterGroup(in)
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

func (e *elasticache) resetParameterGroup(in url.Values) (any, error) {
	name, found, err := e.parameterGroup(in)
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

func (e *elasticache) deleteParameterGroup(in url.Values) (any, error) {
	name, _, err := e.parameterGroup(in)
	if err != nil {
		return nil, err
	}
	if user := e.user("CacheParameterGroupName", name); user != "" {
		return nil, badRequest("InvalidCacheParameterGroupState", "CacheParameterGroup %s is used by replication group %s.", name, user)
	}
	delete(e.parameters, name)
	delete(e.tags, e.arn("parametergroup", name))
	return struct{}{}, nil
}
