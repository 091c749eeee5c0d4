package rightsdiff

import (
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/genericcorp/platform/internal/pricing/estimator"
)

// plain takes in what a resource hands over without a document.
func (f *found) plain(r estimator.Resource, subject string) {
	input := func(name string) string { return plain(r.Properties.Get(name)) }
	switch r.Type {
	case roleType:
		f.each(r, "managedPolicyArns", func(policy string) right { return right{subject: subject, kind: has, action: "policy " + policy} })
		if boundary := input("permissionsBoundary"); boundary != "" {
			f.note(r, right{subject: subject, kind: within, action: "boundary " + boundary})
		}
	case "aws:lambda/permission:Permission":
		var conditions []string
		for name, key := range map[string]string{"sourceArn": "aws:SourceArn ArnLike ", "sourceAccount": "aws:SourceAccount StringEquals "} {
			if value := input(name); value != "" {
				conditions = append(conditions, key+value)
			}
		}
		f.note(r, right{subject: "function " + input("function"), kind: opens, who: input("principal"), action: input("action"), when: joined(conditions)})
	case "aws:eks/accessEntry:AccessEntry":
		entry := right{subject: input("principalArn"), kind: has, action: "an entry in the cluster"}
		f.note(r, entry)
		f.each(r, "kubernetesGroups", func(group string) right { entry.action = "the cluster's group " + group; return entry })
	case "aws:eks/accessPolicyAssociation:AccessPolicyAssociation":
		where := "the cluster"
		if scope := r.Properties.Get("accessScope"); scope.IsMap() {
			where = plain(scope.AsMap().Get("type")) + " " + plain(scope.AsMap().Get("namespaces"))
		}
		f.note(r, right{subject: input("principalArn"), kind: has, action: "access policy " + input("policyArn") + " in " + strings.TrimSpace(where)})
	case "aws:eks/podIdentityAssociation:PodIdentityAssociation":
		f.note(r, right{subject: "pods of " + input("serviceAccount") + " in " + input("namespace"), kind: has, action: "role " + input("roleArn")})
	case "aws:kms/grant:Grant":
		f.each(r, "operations", func(operation string) right {
			return right{subject: "key " + input("keyId"), kind: opens, who: input("granteePrincipal"), action: "kms:" + operation, when: plain(r.Properties.Get("constraints"))}
		})
	}
	if strings.HasPrefix(r.Type, "aws:iam/") && strings.HasSuffix(r.Type, "PolicyAttachment") {
		f.note(r, right{subject: subject, kind: has, action: "policy " + input("policyArn")})
	}
}

func (f *found) note(r estimator.Resource, one right) {
	f.rights[one] = append(f.rights[one], r.Type+" "+r.Name)
}

func (f *found) each(r estimator.Resource, input string, about func(value string) right) {
	list := r.Properties.Get(input)
	if list.IsNull() {
		return
	}
	if !list.IsArray() {
		f.note(r, about(unknownValue))
		return
	}
	for _, value := range list.AsArray().All {
		f.note(r, about(plain(value)))
	}
}

// unknownValue stands for a value that is not known before its resource is made.
const unknownValue = "(not known yet)"

// plain is a value as a reader sees it.
func plain(value property.Value) string {
	switch {
	case value.IsNull():
		return ""
	case value.IsString():
		return value.AsString()
	case value.IsArray():
		var list []string
		for _, element := range value.AsArray().All {
			list = append(list, plain(element))
		}
		return strings.Join(list, ", ")
	case value.IsMap():
		var list []string
		for key, element := range value.AsMap().AllStable {
			list = append(list, key+" "+plain(element))
		}
		return strings.Join(list, ", ")
	}
	return unknownValue
}
