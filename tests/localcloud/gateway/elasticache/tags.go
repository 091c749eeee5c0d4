package elasticache

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

type tag struct {
	Key   string `xml:"Key"`
	Value string `xml:"Value"`
}

type tagList struct {
	Tags []tag `xml:"TagList>Tag"`
}

// tagsOf are the tags of a request, in the tag store's form.
func tagsOf(in url.Values) []any {
	var list []any
	for i := 1; ; i++ {
		prefix := "Tags.Tag." + strconv.Itoa(i)
		key := in.Get(prefix + ".Key")
		if key == "" {
			return list
		}
		list = append(list, map[string]any{"Key": key, "Value": in.Get(prefix + ".Value")})
	}
}

// tagged finds what the request's ARN names. What the gateway does not keep is the emulator's to find.
func (s *Service) tagged(in url.Values) (arn string, err error) {
	arn = in.Get("ResourceName")
	parts := strings.SplitN(arn, ":", 7)
	if len(parts) < 7 {
		return "", awsapi.BadRequest("InvalidARN", "%q is not an ARN of ElastiCache.", arn)
	}
	kind, name := parts[5], parts[6]
	known, fault := false, ""
	switch kind {
	case "parametergroup":
		_, known = s.parameters[name]
		fault = "CacheParameterGroupNotFound"
	case "subnetgroup":
		_, known = s.subnets[name]
		fault = "CacheSubnetGroupNotFoundFault"
	case "replicationgroup":
		_, known = s.groups[name]
		fault = "ReplicationGroupNotFoundFault"
	case "cluster":
		_, _, known = s.member(name)
		fault = "CacheClusterNotFound"
	default:
		return "", errEmulator
	}
	if !known {
		return "", awsapi.NotFound(fault, "%s not found.", arn)
	}
	return arn, nil
}

func (s *Service) addTags(in url.Values) (any, error) {
	arn, err := s.tagged(in)
	if err != nil {
		return nil, err
	}
	s.tags.Add(arn, tagsOf(in))
	return s.tagsAt(arn), nil
}

func (s *Service) removeTags(in url.Values) (any, error) {
	arn, err := s.tagged(in)
	if err != nil {
		return nil, err
	}
	for _, key := range awsapi.Members(in, "TagKeys.member") {
		delete(s.tags[arn], key)
	}
	return s.tagsAt(arn), nil
}

func (s *Service) listTags(in url.Values) (any, error) {
	arn, err := s.tagged(in)
	if err != nil {
		return nil, err
	}
	return s.tagsAt(arn), nil
}

func (s *Service) tagsAt(arn string) tagList {
	var tags tagList
	for _, kept := range s.tags.List(arn) {
		tags.Tags = append(tags.Tags, tag{Key: awsapi.Text(kept, "Key"), Value: awsapi.Text(kept, "Value")})
	}
	return tags
}
