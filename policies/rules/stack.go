package rules

import (
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/policyx"

	"github.com/genericcorp/platform/internal/pricing/estimator"
	"github.com/genericcorp/platform/internal/property"
)

// Resource is what rules see of one resource.
type Resource struct {
	Type       string
	URN        string
	Name       string
	Parent     string
	Properties property.Object
	// Dependencies says for each property which resources its value was made from.
	Dependencies map[string][]string

	planned estimator.Resource // the same as the estimator takes it
}

// Of takes over a resource from the policy SDK.
func Of(r policyx.AnalyzerResource) *Resource {
	return &Resource{
		Type:         r.Type,
		URN:          r.URN,
		Name:         r.Name,
		Parent:       r.Parent,
		planned:      estimator.FromAnalyzer(r),
		Properties:   property.Of(r.Properties),
		Dependencies: r.PropertyDependencies,
	}
}

// Stack is every resource of a stack, indexed.
type Stack struct {
	byType map[string][]*Resource
	byURN  map[string]*Resource
	root   *Resource // what violations of the stack as a whole are reported at
}

// NewStack indexes resources.
func NewStack(resources []*Resource) *Stack {
	s := &Stack{byType: map[string][]*Resource{}, byURN: make(map[string]*Resource, len(resources)), root: &Resource{Type: stackType}}
	for _, r := range resources {
		s.byType[r.Type] = append(s.byType[r.Type], r)
		s.byURN[r.URN] = r
		if r.Type == stackType {
			s.root = r
		}
	}
	for _, list := range s.byType {
		slices.SortFunc(list, func(a, b *Resource) int { return strings.Compare(a.URN, b.URN) })
	}
	return s
}

// ofType gives the resources of some types, in the order of their URNs within a type.
func (s *Stack) ofType(types ...string) []*Resource {
	var list []*Resource
	for _, token := range types {
		list = append(list, s.byType[token]...)
	}
	return list
}

// pointingAt gives the resources of a type whose property refers to target.
func (s *Stack) pointingAt(target *Resource, path string, types ...string) []*Resource {
	var list []*Resource
	for _, r := range s.ofType(types...) {
		if s.refers(r, path, target) {
			list = append(list, r)
		}
	}
	return list
}

// identities are the outputs by which other resources name one.
var identities = []string{"id", "arn", "name", "bucket", "keyId"}

// passThrough are the types that pass on what one of their properties refers to: a resource that takes a bucket's name
// from its policy, in order to wait for it, means the bucket.
var passThrough = map[string]string{
	routeTableAssociation: "subnetId", keyPolicy: "keyId", topicPolicy: "arn",
	bucketAccessBlock: "bucket", bucketVersioning: "bucket", bucketEncryption: "bucket", bucketLifecycle: "bucket",
	bucketLogging: "bucket", bucketPolicy: "bucket", bucketACL: "bucket", bucketOwnership: "bucket",
}

// refers tells whether a property of one resource refers to another. Known values decide where there are any;
// before that the dependencies of the property do, and a dependency on a component counts for its descendants.
func (s *Stack) refers(from *Resource, path string, to *Resource) bool {
	if value := from.Properties.Text(path); value.Known() {
		for _, identity := range identities {
			if v := to.Properties.Text(identity); v.Known() && v.Value == value.Value {
				return true
			}
		}
		if to.Properties.Text("id").Known() {
			return false
		}
	}
	for within := to; within != nil && within.Type != stackType; within = s.byURN[within.Parent] {
		if slices.Contains(from.Dependencies[path], within.URN) {
			return true
		}
	}
	for _, urn := range from.Dependencies[path] {
		if by, known := s.byURN[urn]; known && by != from && passThrough[by.Type] != "" && s.refers(by, passThrough[by.Type], to) {
			return true
		}
	}
	return false
}

// listed gives the resources of a type that a list of references names. As long as the list is not known, the
// dependencies of the property say so.
func (s *Stack) listed(from *Resource, path string, types ...string) []*Resource {
	ids := from.Properties.Texts(path)
	var list []*Resource
	for _, to := range s.ofType(types...) {
		id := to.Properties.Text("id")
		if id.Known() && ids.Known() && !ids.Partial {
			if slices.Contains(ids.Value, id.Value) {
				list = append(list, to)
			}
		} else if s.refers(from, path, to) {
			list = append(list, to)
		}
	}
	return list
}

// referred gives the resources of some types that a property refers to.
func (s *Stack) referred(from *Resource, path string, types ...string) []*Resource {
	var list []*Resource
	for _, to := range s.ofType(types...) {
		if s.refers(from, path, to) {
			list = append(list, to)
		}
	}
	return list
}
