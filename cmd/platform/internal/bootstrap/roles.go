package bootstrap

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/genericcorp/platform/components/budget"
	"github.com/genericcorp/platform/internal/environments"
	"github.com/genericcorp/platform/internal/tenant/slug"
)

// role is one IAM role and what it may.
type role struct {
	name, description string
	session           time.Duration     // how long a session lasts at most
	trust             string            // its trust policy
	permissions       map[string]string // its inline policies
	attached          []string          // the policies that it shares with others, by ARN
}

// roles are the workflows', one each, the two for people that the settings of the environments name, and the breaker's.
func (a *account) roles() []role {
	e := environments.Environment{Name: a.Environment}
	observers := a.managedARNs(observePolicy, guardrailsPolicy)
	var stacks []string // of the environment, and of what is in its cluster
	for _, name := range []string{a.Environment, environments.WorkloadsStack(a.Environment)} {
		stacks = append(stacks, name+".*", name+"/*")
	}
	developers := role{
		name: environments.RoleDeveloper, description: "People, in daily work", session: 4 * time.Hour, trust: a.trustPeople(),
		attached:    append(a.managedARNs(observePolicy), "arn:aws:iam::aws:policy/PowerUserAccess"), // in development they change what they like, but for roles
		permissions: map[string]string{"rights": a.rightsPermissions()},
	}
	if a.production() {
		// They only look, and have what `platform outputs`, `cost` and `preview` read. Tenants are not among it: whoever may call their
		// function may have it do anything.
		developers.attached = append(a.managedARNs(observePolicy), "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess")
		developers.permissions["state"] = a.statePermissions()
	}
	return []role{
		{
			name: environments.RolePreview, description: "Looks at the environment to tell what a change would do", session: time.Hour,
			trust: a.trustWorkflows(
				a.subject("environment:"+environments.PreviewEnvironment, "preview.yml"),
				a.subject(a.onBranch(), "deploy.yml")),
			attached: observers, permissions: map[string]string{"state": a.statePermissions()},
		},
		{
			name: environments.RoleDeployer, description: "Deploys the environment after its preview was approved",
			session:  4 * time.Hour, // an upgrade of the cluster with all its nodes
			trust:    a.trustWorkflows(a.subject("environment:"+e.DeployEnvironment(), "deploy.yml")),
			attached: a.managedARNs(identityPolicy, observePolicy, guardrailsPolicy), permissions: map[string]string{
				"state": a.statePermissions(stacks...), "deploy": a.deployPermissions(),
			},
		},
		{
			name: environments.RoleTenant, description: "Creates, changes and offboards tenants", session: time.Hour,
			trust: a.trustWorkflows(
				a.subject("environment:"+e.DeployEnvironment(), "tenant.yml"),
				a.subject("environment:"+e.OffboardEnvironment(), "tenant.yml"),
				a.subject("environment:"+e.DeployEnvironment(), "deploy.yml")), // its last step tells the breaker what the environment costs
			attached: a.managedARNs(guardrailsPolicy), permissions: map[string]string{
				"observe": a.tenantReadPermissions(), "state": a.statePermissions(slug.StackName(a.Environment, "*")), "tenants": a.tenantPermissions(),
			},
		},
		{
			name: environments.RoleDrift, description: "Compares the environment with its state every night", session: time.Hour,
			trust:    a.trustWorkflows(a.subject(a.onBranch(), "drift.yml")),
			attached: observers, permissions: map[string]string{"state": a.statePermissions(), "compare": a.comparePermissions()},
		},
		{
			name: environments.RoleAdministrator, description: "People, to bring the platform up and out of trouble", session: 4 * time.Hour,
			trust: a.trustPeople(), attached: []string{"arn:aws:iam::aws:policy/AdministratorAccess"},
		},
		developers,
		a.breakerRole(),
	}
}

func (a *account) onBranch() string { return "ref:refs/heads/" + a.Branch }

// subjectClaims are the parts of the subject of GitHub's tokens, which SetUpGitHub asks for. The last makes a token good
// for a workflow file as it stands on the branch alone: one that was changed in a pull request, or any other workflow,
// gets a token with another subject. The first is not "repo", which newer repositories write with numbers.
var subjectClaims = []string{"repository", "context", "job_workflow_ref"}

// subject is what the token of a workflow says of itself.
func (a *account) subject(where, file string) string {
	return fmt.Sprintf("repository:%s:%s:job_workflow_ref:%s/.github/workflows/%s@refs/heads/%s", a.Repository, where, a.Repository, file, a.Branch)
}

func (a *account) trustWorkflows(subjects ...string) string {
	return policy(statement{
		Effect: allow, Principal: principal{"Federated": a.providerARN()}, Action: []string{"sts:AssumeRoleWithWebIdentity"},
		Condition: map[string]map[string][]string{"StringEquals": {issuer + ":aud": {audience}, issuer + ":sub": subjects}},
	})
}

// trustPeople lets in whom IAM of this account lets in, with a second factor.
func (a *account) trustPeople() string {
	return policy(statement{
		Effect: allow, Principal: principal{"AWS": a.rootARN()}, Action: []string{"sts:AssumeRole"},
		Condition: map[string]map[string][]string{"Bool": {"aws:MultiFactorAuthPresent": {"true"}}},
	})
}

// role wants one role with its trust and exactly its permissions.
func (a *account) role(r role) []desired {
	resource, name := "role "+r.name, aws.String(r.name)
	list := []desired{
		{
			resource: resource, aspect: "trust", want: r.trust, same: sameDocument,
			read: func(ctx context.Context) (string, error) {
				out, err := a.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: name})
				if err != nil {
					return "", absent(err, "NoSuchEntity")
				}
				return url.QueryUnescape(aws.ToString(out.Role.AssumeRolePolicyDocument))
			},
			write: func(ctx context.Context) error {
				_, err := a.iam.CreateRole(ctx, &iam.CreateRoleInput{
					RoleName: name, Description: aws.String(r.description), AssumeRolePolicyDocument: aws.String(r.trust), MaxSessionDuration: r.seconds()})
				if isCode(err, "EntityAlreadyExists") {
					_, err = a.iam.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: name, PolicyDocument: aws.String(r.trust)})
				}
				return err
			},
		},
		{
			resource: resource, aspect: "longest session", want: r.session.String(),
			read: func(ctx context.Context) (string, error) {
				out, err := a.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: name})
				if err != nil {
					return "", absent(err, "NoSuchEntity")
				}
				return (time.Duration(aws.ToInt32(out.Role.MaxSessionDuration)) * time.Second).String(), nil
			},
			write: func(ctx context.Context) error {
				_, err := a.iam.UpdateRole(ctx, &iam.UpdateRoleInput{RoleName: name, Description: aws.String(r.description), MaxSessionDuration: r.seconds()})
				return err
			},
		},
		{
			resource: resource, aspect: "attached policies", want: strings.Join(slices.Sorted(slices.Values(r.attached)), " "),
			read:  func(ctx context.Context) (string, error) { return joined(a.attached(ctx, r.name)) },
			write: func(ctx context.Context) error { return a.attach(ctx, r) },
		},
		{
			resource: resource, aspect: "no other permissions", want: "",
			read:  func(ctx context.Context) (string, error) { return joined(a.unmanaged(ctx, r)) },
			write: func(ctx context.Context) error { return a.removeUnmanaged(ctx, r) },
		},
	}
	for _, name := range slices.Sorted(maps.Keys(r.permissions)) {
		list = append(list, a.permission(r, name))
	}
	return list
}

func (r role) seconds() *int32 { return aws.Int32(int32(r.session.Seconds())) }

// permission wants one inline policy of a role.
func (a *account) permission(r role, name string) desired {
	return desired{
		resource: "role " + r.name, aspect: "permission " + name, want: r.permissions[name], same: sameDocument,
		read: func(ctx context.Context) (string, error) {
			out, err := a.iam.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: aws.String(r.name), PolicyName: aws.String(name)})
			if err != nil {
				return "", absent(err, "NoSuchEntity")
			}
			return url.QueryUnescape(aws.ToString(out.PolicyDocument))
		},
		write: func(ctx context.Context) error {
			_, err := a.iam.PutRolePolicy(ctx, &iam.PutRolePolicyInput{
				RoleName: aws.String(r.name), PolicyName: aws.String(name), PolicyDocument: aws.String(r.permissions[name])})
			return err
		},
	}
}

// attached lists the ARNs of the policies attached to a role, without the breaker's: what the budget attached is the
// budget's business, and is undone by its own page of the runbooks.
func (a *account) attached(ctx context.Context, name string) ([]string, error) {
	var list []string
	pages := iam.NewListAttachedRolePoliciesPaginator(a.iam, &iam.ListAttachedRolePoliciesInput{RoleName: aws.String(name)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, absent(err, "NoSuchEntity")
		}
		for _, policy := range page.AttachedPolicies {
			if arn := aws.ToString(policy.PolicyArn); arn != budget.BreakerPolicyARN(a.Account) {
				list = append(list, arn)
			}
		}
	}
	return list, nil
}

func (a *account) attach(ctx context.Context, r role) error {
	found, err := a.attached(ctx, r.name)
	if err != nil {
		return err
	}
	for _, arn := range r.attached {
		if _, err := a.iam.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: aws.String(r.name), PolicyArn: aws.String(arn)}); err != nil {
			return err
		}
	}
	for _, arn := range found {
		if slices.Contains(r.attached, arn) {
			continue
		}
		if _, err := a.iam.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: aws.String(r.name), PolicyArn: aws.String(arn)}); err != nil {
			return err
		}
	}
	return nil
}

// unmanaged lists the names of a role's inline policies that nobody here wrote.
func (a *account) unmanaged(ctx context.Context, r role) ([]string, error) {
	var list []string
	pages := iam.NewListRolePoliciesPaginator(a.iam, &iam.ListRolePoliciesInput{RoleName: aws.String(r.name)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, absent(err, "NoSuchEntity")
		}
		for _, name := range page.PolicyNames {
			if _, ours := r.permissions[name]; !ours {
				list = append(list, name)
			}
		}
	}
	return list, nil
}

func (a *account) removeUnmanaged(ctx context.Context, r role) error {
	names, err := a.unmanaged(ctx, r)
	if err != nil {
		return err
	}
	for _, name := range names {
		if _, err := a.iam.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: aws.String(r.name), PolicyName: aws.String(name)}); err != nil {
			return err
		}
	}
	return nil
}

// joined sorts a list into one text.
func joined(list []string, err error) (string, error) {
	slices.Sort(list)
	return strings.Join(list, " "), err
}
