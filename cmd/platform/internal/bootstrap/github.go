package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/genericcorp/platform/internal/awsvalue"
	"github.com/genericcorp/platform/internal/check"
	"github.com/genericcorp/platform/internal/environments"
)

// GitHubOptions say which repository is set up, for which accounts, and who approves.
type GitHubOptions struct {
	Repository string // owner/name
	Branch     string // the branch that is deployed
	Region     string // of all environments
	Registry   environments.Registry
	Accounts   map[string]string // the number of each environment's AWS account
	// Reviewers approve previews with credentials and deployments to production; Offboarders the removal of a tenant. Each
	// is a user's login, or a team as owner/slug.
	Reviewers   []string
	Offboarders []string
}

var reviewerName = regexp.MustCompile(`^([A-Za-z0-9-]{1,39}/)?[A-Za-z0-9][A-Za-z0-9_-]{0,99}$`)

const maxReviewers = 6 // that an environment of GitHub takes

// Check returns every mistake at once.
func (o GitHubOptions) Check() error {
	p := check.Under("--")
	awsvalue.Repository.Check(p, "repository", o.Repository)
	p.Require(isBranch(o.Branch), "branch", o.Branch, "the name of a branch, without wildcards")
	awsvalue.Region.Check(p, "region", o.Region)
	o.checkAccounts(p)
	checkReviewers(p, "reviewer", o.Reviewers)
	checkReviewers(p, "offboard-reviewer", o.Offboarders)
	return p.Err()
}

// checkAccounts wants an account of its own for each environment, and for nothing else.
func (o GitHubOptions) checkAccounts(p *check.Problems) {
	for _, name := range slices.Sorted(maps.Keys(o.Accounts)) {
		_, known := o.Registry.Find(name)
		p.Require(known, "account", name, "one of "+strings.Join(o.Registry.Names(), ", ")+", and = and its account")
	}
	owner := map[string]string{}
	for _, name := range o.Registry.Names() {
		account := o.Accounts[name]
		p.Require(awsvalue.AccountID.Valid(account), "account", name+"="+account, name+"= and the 12 digits of its AWS account")
		p.Require(owner[account] == "" || account == "", "account", name+"="+account, "another account than that of "+owner[account])
		owner[account] = name
	}
}

func checkReviewers(p *check.Problems, flag string, names []string) {
	p.Require(len(names) > 0 && len(names) <= maxReviewers, flag, strings.Join(names, " "), fmt.Sprintf("1 to %d users or teams", maxReviewers))
	for _, name := range names {
		p.Require(reviewerName.MatchString(name), flag, name, `a user's login, or a team as "owner/slug"`)
	}
}

// GitHubReport is what SetUpGitHub found and did.
type GitHubReport struct {
	Repository string `json:"repository"`
	DryRun     bool   `json:"dryRun"`
	Items      []Item `json:"items"`
}

// repository is the repository on GitHub being set up.
type repository struct {
	GitHubOptions
	*gitHub
	private                bool
	reviewers, offboarders []reviewer
}

// SetUpGitHub makes the settings of the repository that deliveries rely on: environments with who approves them,
// variables, the subject of tokens, and the rules of the branch. With dryRun it tells what it would do.
func SetUpGitHub(ctx context.Context, api, token string, options GitHubOptions, dryRun bool) (*GitHubReport, error) {
	if err := options.Check(); err != nil {
		return nil, err
	}
	r := &repository{GitHubOptions: options, gitHub: newGitHub(api, token)}
	if err := r.prepare(ctx); err != nil {
		return nil, err
	}
	report := &GitHubReport{Repository: options.Repository, DryRun: dryRun}
	var err error
	report.Items, err = reconcileAll(ctx, r.everything(), dryRun)
	return report, err
}

// prepare finds out, before anything is changed, whether all can be.
func (r *repository) prepare(ctx context.Context) error {
	var found struct {
		Private     bool
		Permissions struct{ Admin bool }
	}
	err := r.call(ctx, "GET", r.path(""), nil, &found)
	switch {
	case errors.Is(err, errAbsent):
		return fmt.Errorf("repository %s: GitHub knows none, or the token may not see it: nothing was changed", r.Repository)
	case err != nil:
		return err
	case !found.Permissions.Admin:
		return fmt.Errorf("repository %s: the token is not an administrator's of it: nothing was changed", r.Repository)
	}
	r.private = found.Private
	var first, second error
	r.reviewers, first = r.findReviewers(ctx, r.Reviewers)
	r.offboarders, second = r.findReviewers(ctx, r.Offboarders)
	return errors.Join(first, second)
}

// everything is all that the repository needs. The environments come first: a workflow that names one that is missing
// makes it, unprotected.
func (r *repository) everything() []desired {
	var list []desired
	for _, e := range r.environments() {
		list = append(list, r.environment(e)...)
	}
	list = append(list, r.subject(), r.workflowToken(), r.rules())
	if !r.private { // where nobody from outside could report anything, GitHub knows no such setting
		list = append(list, r.privateReports())
	}
	list = append(list, r.variable(environments.RegionVariable, r.Region))
	for _, e := range r.Registry {
		account := Options{Account: r.Accounts[e.Name], Region: r.Region}
		list = append(list, r.variable(e.AccountVariable(), account.Account), r.variable(e.BackendVariable(), account.Backend()))
	}
	return list
}

func (r *repository) path(rest string) string { return "repos/" + r.Repository + rest }
