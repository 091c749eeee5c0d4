package awsapi

import (
	"fmt"
	"maps"
	"slices"
)

// TagStore keeps tags by the ARN of what carries them.
type TagStore map[string]map[string]string

// Add takes a list of objects with Key and Value.
func (t TagStore) Add(arn string, list any) {
	if t[arn] == nil {
		t[arn] = map[string]string{}
	}
	items, _ := list.([]any)
	for _, item := range items {
		if tag, ok := item.(object); ok {
			t[arn][Text(tag, "Key")] = Text(tag, "Value")
		}
	}
}

// remove takes a list of keys.
func (t TagStore) remove(arn string, keys any) {
	list, _ := keys.([]any)
	for _, key := range list {
		delete(t[arn], fmt.Sprint(key))
	}
}

// List is sorted by key; each object has Key and Value.
func (t TagStore) List(arn string) []map[string]any {
	tags := []object{}
	for _, key := range slices.Sorted(maps.Keys(t[arn])) {
		tags = append(tags, object{"Key": key, "Value": t[arn][key]})
	}
	return tags
}

// Operations are the three that every service of the JSON protocol has, with the names that this one gives their fields.
func (t TagStore) Operations(arnField, tagsField, keysField string) map[string]JSONOperation {
	return map[string]JSONOperation{
		"TagResource": func(in object) (object, error) {
			t.Add(Text(in, arnField), in[tagsField])
			return object{}, nil
		},
		"UntagResource": func(in object) (object, error) {
			t.remove(Text(in, arnField), in[keysField])
			return object{}, nil
		},
		"ListTagsForResource": func(in object) (object, error) {
			return object{tagsField: t.List(Text(in, arnField))}, nil
		},
	}
}
