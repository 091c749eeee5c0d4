package estimator

import (
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// index finds the resources that others refer to.
type index struct {
	byURN  map[string]*Resource
	byType map[string][]*Resource // in the order in which they were added
	byID   map[string][]*Resource // by id, ARN and name, whichever are known
}

func newIndex() *index {
	return &index{byURN: map[string]*Resource{}, byType: map[string][]*Resource{}, byID: map[string][]*Resource{}}
}

// referred are the types that others refer to; only these are found by id, ARN or name.
var referred = map[string]bool{
	launchTemplateType: true, launchConfigurationType: true, databaseType: true, subnetType: true, taskDefinitionType: true,
	replicationGroupType: true,
}

func (x *index) add(r *Resource) {
	x.byURN[r.URN] = r
	x.byType[r.Type] = append(x.byType[r.Type], r)
	if !referred[r.Type] {
		return
	}
	identities := []string{r.ID}
	for _, name := range []string{"id", "arn", "name", "identifier", "replicationGroupId"} {
		if v := r.Properties.Get(name); v.IsString() && !v.Secret() {
			identities = append(identities, v.AsString())
		}
	}
	slices.Sort(identities)
	for _, identity := range slices.Compact(identities) {
		if identity != "" {
			x.byID[identity] = append(x.byID[identity], r)
		}
	}
}

// find returns the resources of a type that a property of r refers to: by recorded dependency, else by a known id.
func (x *index) find(r *Resource, name, token string) []*Resource {
	value := r.Properties.Get(name)
	var found []*Resource
	take := func(candidates ...*Resource) {
		for _, c := range candidates {
			if c != nil && c.Type == token && !slices.Contains(found, c) {
				found = append(found, c)
			}
		}
	}
	for _, urn := range r.Dependencies[name] {
		take(x.byURN[urn])
	}
	for _, urn := range value.Dependencies() {
		take(x.byURN[string(urn)])
	}
	if len(found) == 0 {
		eachString(value, func(text string) { take(x.byID[text]...) })
	}
	return found
}

// eachString calls f for every string inside a value.
func eachString(v property.Value, f func(string)) {
	switch {
	case v.IsString():
		f(v.AsString())
	case v.IsArray():
		for _, item := range v.AsArray().All {
			eachString(item, f)
		}
	case v.IsMap():
		for _, item := range v.AsMap().AllStable {
			eachString(item, f)
		}
	}
}
