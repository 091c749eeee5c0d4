package rightsdiff

import (
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/genericcorp/platform/internal/iampolicy"
	"github.com/genericcorp/platform/internal/pricing/estimator"
)

// right is one action on one resource that one statement speaks of.
type right struct {
	subject  string // whose policy it is, such as "role report"
	kind     *kind
	who      string // in policies of resources
	action   string
	resource string
	when     string // the conditions
}

// found is what resources say of rights.
type found struct {
	rights  map[right][]string // with the policies that it is in
	unknown map[string]string  // policies that cannot be read, and why
	roles   map[string]string  // by the name that AWS knows, the program's
}

func read(resources []estimator.Resource) found {
	f := found{rights: map[right][]string{}, unknown: map[string]string{}, roles: map[string]string{}}
	for _, r := range resources {
		if r.Type == roleType && r.ID != "" {
			f.roles[r.ID] = r.Name
		}
	}
	for _, r := range resources {
		if strings.HasPrefix(r.Type, "aws:") && !notOfIAM[r.Type] {
			f.take(r)
		}
	}
	return f
}

const roleType = "aws:iam/role:Role"

// policyProperties are the inputs in which AWS's resources have policies.
var policyProperties = []string{"policy", "policyDocument", "assumeRolePolicy"}

// notOfIAM have something else in such an input.
var notOfIAM = map[string]bool{"aws:ecr/lifecyclePolicy:LifecyclePolicy": true, "aws:dlm/lifecyclePolicy:LifecyclePolicy": true}

// subjects are what a reader calls resources with a policy; others are called by their type.
var subjects = map[string]string{
	"aws:ec2/vpcEndpoint:VpcEndpoint": "endpoint", "aws:ecr/repositoryPolicy:RepositoryPolicy": "repository", "aws:iam/policy:Policy": "policy",
	"aws:kms/key:Key": "key", "aws:kms/keyPolicy:KeyPolicy": "key", roleType: "role", "aws:s3/bucketPolicy:BucketPolicy": "bucket",
	"aws:secretsmanager/secret:Secret": "secret", "aws:secretsmanager/secretPolicy:SecretPolicy": "secret", "aws:sns/topic:Topic": "topic",
	"aws:sns/topicPolicy:TopicPolicy": "topic",
}

// take takes in one resource.
func (f *found) take(r estimator.Resource) {
	subject := f.subjectOf(r)
	for _, name := range policyProperties {
		if value, ok := r.Properties.GetOk(name); ok && !value.IsNull() {
			f.policy(r, subject, name, value)
		}
	}
	f.plain(r, subject)
	inline, _ := r.Properties.GetOk("inlinePolicies")
	if r.Type == roleType && inline.IsArray() {
		for _, policy := range inline.AsArray().All {
			if policy.IsMap() {
				f.policy(r, subject, "inlinePolicies", policy.AsMap().Get("policy"))
			}
		}
	}
}

// subjectOf is what rights of a resource are said of: of a role's policy the role.
func (f *found) subjectOf(r estimator.Resource) string {
	if role, ok := r.Properties.GetOk("role"); ok && strings.HasPrefix(r.Type, "aws:iam/rolePolicy") {
		if name := f.roles[plain(role)]; name != "" {
			return "role " + name
		}
		return "role of " + r.Name
	}
	if word := subjects[r.Type]; word != "" {
		return word + " " + r.Name
	}
	return r.Type[strings.LastIndex(r.Type, ":")+1:] + " " + r.Name
}

// policy takes in a document.
func (f *found) policy(r estimator.Resource, subject, name string, value property.Value) {
	policy := subject + " (" + r.Type[strings.LastIndex(r.Type, ":")+1:] + " " + r.Name + "." + name + ")"
	if !value.IsString() {
		f.unknown[policy] = "it is not known before what it names is made"
		return
	}
	document, err := iampolicy.Parse(value.AsString())
	if err != nil {
		f.unknown[policy] = err.Error()
		return
	}
	for _, s := range document.Statement {
		kind := kindOf(r, s, name)
		for _, who := range whom(s) {
			for _, action := range orAllBut(s.Action, s.NotAction) {
				for _, resource := range orAllBut(s.Resource, s.NotResource) {
					right := right{subject: subject, kind: kind, who: who, action: action, resource: resource, when: when(s.Condition)}
					f.rights[right] = append(f.rights[right], policy)
				}
			}
		}
	}
}

// kindOf is how the rights of a statement are said.
func kindOf(r estimator.Resource, s iampolicy.Statement, name string) *kind {
	kinds := [2]*kind{lets, refuses}
	switch {
	case name == "assumeRolePolicy":
		kinds = [2]*kind{trusts, distrust}
	case s.Principal == nil && s.NotPrincipal == nil:
		kinds = [2]*kind{may, mayNot}
	case strings.HasPrefix(r.Type, "aws:kms/"):
		kinds = [2]*kind{opens, closes}
	}
	if s.Effect == iampolicy.Deny {
		return kinds[1]
	}
	return kinds[0]
}

const (
	everybody = "anybody"
	allBut    = "all but "
)

func whom(s iampolicy.Statement) []string {
	switch {
	case s.NotPrincipal != nil:
		return []string{allBut + strings.Join(names(*s.NotPrincipal), " and ")}
	case s.Principal != nil:
		return names(*s.Principal)
	}
	return []string{""}
}

// names are those of principals, whose kind their form tells.
func names(p iampolicy.Principals) (list []string) {
	for _, kind := range slices.Sorted(maps.Keys(p)) {
		for _, name := range p[kind] {
			if name == "*" {
				name = everybody
			}
			list = append(list, name)
		}
	}
	return list
}

func orAllBut(these, but iampolicy.List) []string {
	switch {
	case len(these) > 0:
		return these
	case len(but) > 0:
		return []string{allBut + strings.Join(but, " and ")}
	}
	return []string{""}
}

// when is the conditions, in an order of their own.
func when(c iampolicy.Conditions) string {
	var list []string
	for _, operator := range slices.Sorted(maps.Keys(c)) {
		for _, key := range slices.Sorted(maps.Keys(c[operator])) {
			values := slices.Sorted(slices.Values(c[operator][key]))
			list = append(list, key+" "+operator+" "+strings.Join(values, " or "))
		}
	}
	return joined(list)
}

func joined(conditions []string) string {
	slices.Sort(conditions)
	return strings.Join(conditions, " and ")
}
