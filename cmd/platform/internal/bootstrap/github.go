package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/genericcorp/platform/internal/check"
)

// GitHubOptions say which repository is set up, for which accounts, and who approves.
type GitHubOptions struct {
	Repository  string // owner/name
	Branch      string // the branch that is deployed
	Region      string // of both environments
	DevAccount  string // the numbers of the AWS accounts
	ProdAccount string
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
	p.Require(repositoryName.MatchString(o.Repository), "repository", o.Repository, `"owner/name" as GitHub spells it`)
	p.Require(isBranch(o.Branch), "branch", o.Branch, "the name of a branch, without wildcards")
	p.Require(regionName.MatchString(o.Region), "region", o.Region, `a region such as "us-east-1"`)
	p.Require(accountNumber.MatchString(o.DevAccount), "dev-account", o.DevAccount, "the 12 digits of the AWS account")
	p.Require(accountNumber.MatchString(o.ProdAccount), "prod-account", o.ProdAccount, "the 12 digits of the AWS account")
	p.Require(o.DevAccount != o.ProdAccount || o.DevAccount == "", "prod-account", o.ProdAccount, "another account than that of dev")
	checkReviewers(p, "reviewer", o.Reviewers)
	checkReviewers(p, "offboard-reviewer", o.Offboarders)
	return p.Err()
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
	report.Items, err = settleAll(ctx, r.everything(), dryRun)
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
func (r *repository) everything() []wanted {
	var list []wanted
	for _, e := range r.environments() {
		list = append(list, r.environment(e)...)
	}
	list = append(list, r.subject(), r.workflowToken(), r.rules())
	if !r.private { // where nobody from outside could report anything, GitHub knows no such setting
		list = append(list, r.privateReports())
	}
	dev := Options{Account: r.DevAccount, Region: r.Region}
	prod := Options{Account: r.ProdAccount, Region: r.Region}
	for _, v := range []struct{ name, value string }{
		{"AWS_REGION", r.Region}, {"DEV_ACCOUNT", r.DevAccount}, {"PROD_ACCOUNT", r.ProdAccount},
		{"DEV_BACKEND", dev.Backend()}, {"PROD_BACKEND", prod.Backend()},
	} {
		list = append(list, r.variable(v.name, v.value))
	}
	return list
}

func (r *repository) path(rest string) string { return "repos/" + r.Repository + rest }
