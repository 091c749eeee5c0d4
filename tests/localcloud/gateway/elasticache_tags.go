package gateway

import (
	"net/url"
	"strconv"
	"strings"
)

type cacheTag struct {
	Key   string `xml:"Key"`
	Value string `xml:"Value"`
}

type cacheTags struct {
	Tags []cacheTag `xml:"TagList>Tag"`
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
		list = append(list, object{"Key": key, "Value": in.Get(prefix + ".Value")})
	}
}

// tagged finds what the request's ARN names. What the gateway does not keep is the emulator's to find.
func (e *elasticache) tagged(in url.Values) (arn string, err error) {
	arn = in.Get("ResourceName")
	parts := strings.SplitN(arn, ":", 7)
	if len(parts) < 7 {
		return "", badRequest("InvalidARN", "%q is not an ARN of ElastiCache.", arn)
	}
	kind, name := parts[5], parts[6]
	known, fault := false, ""
	switch kind {
	case "parametergroup":
		_, known = e.parameters[name]
		fault = "CacheParameterGroupNotFound"
	case "subnetgroup":
		_, known = e.subnets[name]
		fault = "CacheSubnetGroupNotFoundFault"
	case "replicationgroup":
		_, known = e.groups[name]
		fault = "ReplicationGroupNotFoundFault"
	case "cluster":
		_, _, known = e.member(name)
		fault = "CacheClusterNotFound"
	default:
		return "", errForward
	}
	if !known {
		return "", notFound(fault, "%s not found.", arn)
	}
	return arn, nil
}

func (e *elasticache) addTags(in url.Values) (any, error) {
	arn, err := e.tagged(in)
	if err != nil {
		return nil, err
	}
	e.tags.add(arn, tagsOf(in))
	return e.tagsAt(arn), nil
}

func (e *elasticache) removeTags(in url.Values) (any, error) {
	arn, err := e.tagged(in)
	if err != nil {
		return nil, err
	}
	for _, key := range numbered(in, "TagKeys.member") {
		delete(e.tags[arn], key)
	}
	return e.tagsAt(arn), nil
}

func (e *elasticache) listTags(in url.Values) (any, error) {
	arn, err := e.tagged(in)
	if err != nil {
		return nil, err
	}
	return e.tagsAt(arn), nil
}

func (e *elasticache) tagsAt(arn string) cacheTags {
	var tags cacheTags
	for _, tag := range e.tags.list(arn) {
		tags.Tags = append(tags.Tags, cacheTag{Key: text(tag, "Key"), Value: text(tag, "Value")})
	}
	return tags
}
