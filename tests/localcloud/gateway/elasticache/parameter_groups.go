package elasticache

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/genericcorp/platform/internal/parameterfamily"
	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// parameterGroup is a cache's settings.
type parameterGroup struct {
	family, description string
	values              map[string]string
}

type parameterGroupDescription struct {
	ARN         string `xml:"ARN"`
	Name        string `xml:"CacheParameterGroupName"`
	Family      string `xml:"CacheParameterGroupFamily"`
	Description string `xml:"Description"`
	IsGlobal    bool   `xml:"IsGlobal"`
}

type parameter struct {
	Name   string `xml:"ParameterName"`
	Value  string `xml:"ParameterValue"`
	Source string `xml:"Source"`
}

func (s *Service) shownParameterGroup(name string) parameterGroupDescription {
	return parameterGroupDescription{
		ARN:  s.arn("parametergroup", name),
		Name: name, Family: s.parameters[name].family, Description: s.parameters[name].description,
	}
}

// parameterGroup finds the request's parameter group. AWS keeps names in lower case.
func (s *Service) parameterGroup(in url.Values) (name string, found *parameterGroup, err error) {
	name = strings.ToLower(in.Get("CacheParameterGroupName"))
	found, ok := s.parameters[name]
	if !ok {
		return name, nil, awsapi.NotFound("CacheParameterGroupNotFound", "CacheParameterGroup %s not found.", name)
	}
	return name, found, nil
}

func (s *Service) createParameterGroup(in url.Values) (any, error) {
	name := strings.ToLower(in.Get("CacheParameterGroupName"))
	if _, exists := s.parameters[name]; exists {
		return nil, awsapi.BadRequest("CacheParameterGroupAlreadyExists", "CacheParameterGroup %s already exists.", name)
	}
	s.tags.Add(s.arn("parametergroup", name), tagsOf(in))
	s.parameters[name] = &parameterGroup{family: in.Get("CacheParameterGroupFamily"), description: in.Get("Description"), values: map[string]string{}}
	return struct {
		Group parameterGroupDescription `xml:"CacheParameterGroup"`
	}{s.shownParameterGroup(name)}, nil
}

func (s *Service) describeParameterGroups(in url.Values) (any, error) {
	names := slices.Sorted(maps.Keys(s.parameters))
	if in.Get("CacheParameterGroupName") != "" {
		name, _, err := s.parameterGroup(in)
		if err != nil {
			return nil, err
		}
		names = []string{name}
	}
	var list []parameterGroupDescription
	for _, name := range names {
		list = append(list, s.shownParameterGroup(name))
	}
	return struct {
		Groups []parameterGroupDescription `xml:"CacheParameterGroups>CacheParameterGroup"`
	}{list}, nil
}

// describeParameters lists what users have set and what the family says of the rest.
func (s *Service) describeParameters(in url.Values) (any, error) {
	_, found, err := s.parameterGroup(in)
	if err != nil {
		return nil, err
	}
	shown := map[string]parameter{}
	for name, known := range parameterfamily.Of(found.family) {
		shown[name] = parameter{Name: name, Value: known.Default, Source: "system"}
	}
	for name, value := range found.values {
		shown[name] = parameter{Name: name, Value: value, Source: "user"}
	}
	var list []parameter
	for _, name := range slices.Sorted(maps.Keys(shown)) {
		if source := in.Get("Source"); source == "" || source == shown[name].Source {
			list = append(list, shown[name])
		}
	}
	return struct {
		Parameters []parameter `xml:"Parameters>Parameter"`
	}{list}, nil
}

// parameters are the names and values of a request, which the protocol numbers from 1.
func parameters(in url.Values) []parameter {
	var list []parameter
	for i := 1; ; i++ {
		prefix := "ParameterNameValues.ParameterNameValue." + strconv.Itoa(i)
		name := in.Get(prefix + ".ParameterName")
		if name == "" {
			return list
		}
		list = append(list, parameter{Name: name, Value: in.Get(prefix + ".ParameterValue")})
	}
}

type groupName struct {
	Name string `xml:"CacheParameterGroupName"`
}

func (s *Service) modifyParameterGroup(in url.Values) (any, error) {
	name, found, err := s.parameterGroup(in)
	if err != nil {
		return nil, err
	}
	for _, parameter := range parameters(in) {
		known, isKnown := parameterfamily.Of(found.family)[parameter.Name]
		// AWS does not register the family's own value.
		if _, isSet := found.values[parameter.Name]; isSet || !isKnown || parameter.Value != known.Default {
			found.values[parameter.Name] = parameter.Value
		}
	}
	return groupName{name}, nil
}

func (s *Service) resetParameterGroup(in url.Values) (any, error) {
	name, found, err := s.parameterGroup(in)
	if err != nil {
		return nil, err
	}
	if in.Get("ResetAllParameters") == "true" {
		found.values = map[string]string{}
	}
	for _, parameter := range parameters(in) {
		delete(found.values, parameter.Name)
	}
	return groupName{name}, nil
}

func (s *Service) deleteParameterGroup(in url.Values) (any, error) {
	name, _, err := s.parameterGroup(in)
	if err != nil {
		return nil, err
	}
	if user := s.user("CacheParameterGroupName", name); user != "" {
		return nil, awsapi.BadRequest("InvalidCacheParameterGroupState", "CacheParameterGroup %s is used by replication group %s.", name, user)
	}
	delete(s.parameters, name)
	delete(s.tags, s.arn("parametergroup", name))
	return struct{}{}, nil
}
