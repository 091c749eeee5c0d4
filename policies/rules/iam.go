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
			Types:    append([]string{iamRoleAttachment, iamGroupAttachment, iamUserAttachment, iamPolicyAttachment}, written...),
			Must:     "no policy may allow every action on every resource",
			Remedy:   "name the actions and resources that are needed",
			Limits:   "checks policy documents and AWS's AdministratorAccess; what the account has outside the stack is not seen",
			evaluate: checkAdministrator,
		},
		{
			ID: "iam-no-service-wildcard", Severity: Mandatory, Frameworks: []string{"IAM.21"}, Types: written,
			Must:     "no policy may allow every action of a service",
			Remedy:   "name the actions that are needed",
			evaluate: checkServiceWildcards,
		},
		{
			ID: "iam-no-user-policies", Severity: Mandatory, Frameworks: []string{"IAM.2", "CKV_AWS_40"},
			Types:    []string{iamUserPolicy, iamUserAttachment, iamPolicyAttachment},
			Must:     "permissions must be granted to roles and groups, never to a user",
			Remedy:   "let people assume a role",
			evaluate: checkUserPolicies,
		},
		{
			ID: "iam-role-bounded", Severity: Mandatory, Frameworks: []string{"own"}, Types: []string{iamRole},
			Must:     "a role must have a permissions boundary",
			Remedy:   "set permissionsBoundary to the policy that `platform bootstrap` made (components/permissionsboundary)",
			evaluate: mustBeSet("permissionsBoundary"),
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

func checkAdministrator(_ Environment, r *Resource) []string {
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

func checkServiceWildcards(_ Environment, r *Resource) []string {
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

func checkUserPolicies(_ Environment, r *Resource) []string {
	if r.Type != iamPolicyAttachment {
		return []string{"this grants them to a user"}
	}
	users := r.Properties.Texts("users")
	if len(users.Value) == 0 && !users.Partial {
		return nil
	}
	return []string{"users is not empty"}
}
