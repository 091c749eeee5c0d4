package rules

import (
	"fmt"
	"strings"

	"github.com/genericcorp/platform/internal/property"
)

// iamRules are the rules of permissions.
func iamRules() []*Rule {
	written := []string{iamPolicy, iamRole, iamRolePolicy, iamGroupPolicy, iamUserPolicy}
	return []*Rule{
		{
			ID: "iam-no-administrator", Severity: Mandatory, Frameworks: []string{"IAM.1", "CKV_AWS_1"},
			Types:  append([]string{iamRoleAttachment, iamGroupAttachment, iamUserAttachment, iamPolicyAttachment}, written...),
			Must:   "nothing may be allowed every action on every resource",
			Remedy: "name the actions and resources that are needed",
			Limits: "judges documents and AWS's AdministratorAccess; what an account holds besides the stack is not seen",
			judge:  judgeAdministrator,
		},
		{
			ID: "iam-no-service-wildcard", Severity: Mandatory, Frameworks: []string{"IAM.21"}, Types: written,
			Must:   "nothing may be allowed every action of a service",
			Remedy: "name the actions that are needed",
			judge:  judgeServiceWildcards,
		},
		{
			ID: "iam-no-user-policies", Severity: Mandatory, Frameworks: []string{"IAM.2", "CKV_AWS_40"},
			Types:  []string{iamUserPolicy, iamUserAttachment, iamPolicyAttachment},
			Must:   "permissions must be given to roles and groups, never to a user",
			Remedy: "let people assume a role",
			judge:  judgeUserPolicies,
		},
		{
			ID: "iam-role-bounded", Severity: Mandatory, Frameworks: []string{"own"}, Types: []string{iamRole},
			Must:   "a role must have a permissions boundary",
			Remedy: "set permissionsBoundary to the policy that `platform bootstrap` made (components/permissionsboundary)",
			judge:  mustBeSet("permissionsBoundary"),
		},
	}
}

// eachDocument calls visit for each permission document of a resource, with its path.
func eachDocument(o property.Object, visit func(path string, statements []statement)) {
	if statements, ok := documentOf(o); ok {
		visit("policy", statements)
	}
	for i, inline := range o.Objects("inlinePolicies").Value {
		if statements, ok := documentOf(inline); ok {
			visit(fmt.Sprintf("inlinePolicies.%d.policy", i), statements)
		}
	}
}

const administratorAccess = ":aws:policy/AdministratorAccess"

func judgeAdministrator(_ Environment, r *Resource) []string {
	var seen []string
	if strings.HasSuffix(r.Properties.Text("policyArn").Value, administratorAccess) {
		seen = append(seen, "policyArn is AWS's AdministratorAccess")
	}
	for _, arn := range r.Properties.Texts("managedPolicyArns").Value {
		if strings.HasSuffix(arn, administratorAccess) {
			seen = append(seen, "managedPolicyArns includes AWS's AdministratorAccess")
		}
	}
	eachDocument(r.Properties, func(path string, statements []statement) {
		for i, s := range statements {
			if s.grantsEverything() {
				seen = append(seen, fmt.Sprintf("statement %d of %s does", i+1, path))
			}
		}
	})
	return seen
}

func judgeServiceWildcards(_ Environment, r *Resource) []string {
	var seen []string
	eachDocument(r.Properties, func(path string, statements []statement) {
		for i, s := range statements {
			if wildcard, ok := s.serviceWildcard(); ok {
				seen = append(seen, fmt.Sprintf("statement %d of %s allows %s", i+1, path, wildcard))
			}
		}
	})
	return seen
}

func judgeUserPolicies(_ Environment, r *Resource) []string {
	if r.Type != iamPolicyAttachment {
		return []string{"this gives them to one"}
	}
	users := r.Properties.Texts("users")
	if len(users.Value) == 0 && !users.Partial {
		return nil
	}
	return []string{"users names some"}
}
