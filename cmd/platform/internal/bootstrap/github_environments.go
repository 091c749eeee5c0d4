package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/genericcorp/platform/internal/check"
	"github.com/genericcorp/platform/internal/environments"
)

// reviewer is a person or a team who approves, as GitHub numbers them.
type reviewer struct {
	Type string `json:"type"` // User or Team
	ID   int64  `json:"id"`
}

// findReviewers asks GitHub for the numbers of users and teams, and names all that it does not know.
func (r *repository) findReviewers(ctx context.Context, names []string) ([]reviewer, error) {
	var list []reviewer
	p := check.Under("--")
	for _, name := range names {
		kind, path := "User", "users/"+name
		if owner, team, ok := strings.Cut(name, "/"); ok {
			kind, path = "Team", "orgs/"+owner+"/teams/"+team
		}
		var found struct{ ID int64 }
		err := r.call(ctx, "GET", path, nil, &found)
		if errors.Is(err, errAbsent) {
			p.Require(false, "reviewer", name, "a user or a team that GitHub knows")
			continue
		}
		p.Add(err)
		list = append(list, reviewer{Type: kind, ID: found.ID})
	}
	return list, p.Err()
}

// deploymentEnvironment is one environment of GitHub: the place that a job with credentials runs in.
type deploymentEnvironment struct {
	name      string
	reviewers []reviewer // one of them approves; empty: nobody is asked
	others    bool       // who asked cannot approve
}

// environments are those of GitHub that the registry asks for: for a production, nobody deploys by his own approval alone.
func (r *repository) environments() []deploymentEnvironment {
	list := []deploymentEnvironment{{name: environments.PreviewEnvironment, reviewers: r.reviewers}}
	for _, e := range r.Registry {
		deploy := deploymentEnvironment{name: e.DeployEnvironment()}
		if e.Production {
			deploy.reviewers, deploy.others = r.reviewers, true
		}
		list = append(list, deploy, deploymentEnvironment{name: e.OffboardEnvironment(), reviewers: r.offboarders, others: true})
	}
	return list
}

// protection puts what protects an environment into words.
func protection(reviewers []reviewer, others, bypass, custom bool) string {
	names := make([]string, len(reviewers))
	for i, one := range reviewers {
		names[i] = fmt.Sprintf("%s %d", one.Type, one.ID)
	}
	slices.Sort(names)
	text := "approved by " + strings.Join(names, ", ")
	if len(reviewers) == 0 {
		text = "approved by nobody"
	}
	if others {
		text += ", not by who asked"
	}
	if bypass {
		text += ", administrators need no approval"
	}
	if !custom {
		text += ", any branch"
	}
	return text
}

// environment wants one environment, with its approval and the one branch that it takes.
func (r *repository) environment(e deploymentEnvironment) []desired {
	resource, path := "environment "+e.name, r.path("/environments/"+e.name)
	return []desired{
		{
			resource: resource, aspect: "approval", want: protection(e.reviewers, e.others, false, true),
			read: func(ctx context.Context) (string, error) { return r.readProtection(ctx, path) },
			write: func(ctx context.Context) error {
				return r.call(ctx, "PUT", path, map[string]any{
					"wait_timer": 0, "reviewers": append([]reviewer{}, e.reviewers...), "prevent_self_review": e.others, "can_admins_bypass": false,
					"deployment_branch_policy": map[string]bool{"protected_branches": false, "custom_branch_policies": true},
				}, nil)
			},
		},
		{
			resource: resource, aspect: "branches", want: r.Branch,
			read:  func(ctx context.Context) (string, error) { return joined(r.readBranches(ctx, path)) },
			write: func(ctx context.Context) error { return r.writeBranches(ctx, path) },
		},
	}
}

func (r *repository) readProtection(ctx context.Context, path string) (string, error) {
	var found struct {
		CanAdminsBypass bool `json:"can_admins_bypass"`
		ProtectionRules []struct {
			Type              string
			PreventSelfReview bool `json:"prevent_self_review"`
			Reviewers         []struct {
				Type     string
				Reviewer struct{ ID int64 }
			}
		} `json:"protection_rules"`
		BranchPolicy *struct {
			Custom bool `json:"custom_branch_policies"`
		} `json:"deployment_branch_policy"`
	}
	if err := r.call(ctx, "GET", path, nil, &found); err != nil {
		return "", err
	}
	var reviewers []reviewer
	others := false
	for _, rule := range found.ProtectionRules {
		if rule.Type != "required_reviewers" {
			continue
		}
		others = rule.PreventSelfReview
		for _, one := range rule.Reviewers {
			reviewers = append(reviewers, reviewer{Type: one.Type, ID: one.Reviewer.ID})
		}
	}
	return protection(reviewers, others, found.CanAdminsBypass, found.BranchPolicy != nil && found.BranchPolicy.Custom), nil
}

// branchPolicy is one branch that may deploy to an environment.
type branchPolicy struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

func (r *repository) branchPolicies(ctx context.Context, path string) ([]branchPolicy, error) {
	var found struct {
		Policies []branchPolicy `json:"branch_policies"`
	}
	err := r.call(ctx, "GET", path+"/deployment-branch-policies?per_page=100", nil, &found)
	return found.Policies, err
}

func (r *repository) readBranches(ctx context.Context, path string) ([]string, error) {
	policies, err := r.branchPolicies(ctx, path)
	names := make([]string, len(policies))
	for i, policy := range policies {
		names[i] = policy.Name
	}
	return names, err
}

// writeBranches adds the one branch before it takes the others away.
func (r *repository) writeBranches(ctx context.Context, path string) error {
	policies, err := r.branchPolicies(ctx, path)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(policies, func(p branchPolicy) bool { return p.Name == r.Branch }) {
		if err := r.call(ctx, "POST", path+"/deployment-branch-policies", map[string]string{"name": r.Branch, "type": "branch"}, nil); err != nil {
			return err
		}
	}
	for _, policy := range policies {
		if policy.Name == r.Branch {
			continue
		}
		if err := r.call(ctx, "DELETE", fmt.Sprintf("%s/deployment-branch-policies/%d", path, policy.ID), nil, nil); err != nil {
			return err
		}
	}
	return nil
}
