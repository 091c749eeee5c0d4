package ci

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/genericcorp/platform/cmd/platform/internal/exit"
)

// update is one of a stack's past updates, as `pulumi stack history --json` shows it.
type update struct {
	Kind        string            `json:"kind"`
	Environment map[string]string `json:"environment"`
}

// pastUpdates is how many updates are looked at for one that names its commit. A refresh or an import names none.
const pastUpdates = "50"

// requireNewest refuses to put an older commit in place of a newer one. The deployments of two merges come in the order in
// which their tests end, not in that of the merges. A deployment that failed counts, too: part of it stands.
func (o *deployOptions) requireNewest(ctx context.Context) error {
	ours := o.getenv("GITHUB_SHA")
	if ours == "" {
		return nil // by hand: a person knows what is deployed
	}
	text, err := o.output(o.command(ctx, "pulumi", "--non-interactive", "stack", "history", "--stack", o.stack(), "--json", "--page-size", pastUpdates))
	switch {
	case err != nil && strings.Contains(err.Error(), "no stack named"):
		return nil // the preview says how to make it
	case err != nil:
		return fmt.Errorf("find out which commit is deployed: %w", err)
	}
	var history []update
	if err := json.Unmarshal([]byte(text), &history); err != nil {
		return fmt.Errorf("read the history of %s: %w", o.stack(), err)
	}
	deployed := lastCommit(history)
	if deployed == "" || deployed == ours {
		return nil
	}
	newer, err := o.contains(ctx, deployed, ours)
	if err != nil || !newer {
		return err
	}
	said := fmt.Sprintf("%s: commit %s was deployed already, which contains %s: nothing is left to do (to take a change back, merge a commit that reverts it)",
		o.stack(), short(deployed), short(ours))
	return cmp.Or(o.summary("### Stack `"+o.stack()+"`: ⏭ superseded\n\n"+said+"\n"), exit.With(exit.Failed, fmt.Errorf("%s", said)))
}

// lastCommit is the commit of the newest update that names one.
func lastCommit(newestFirst []update) string {
	for _, u := range newestFirst {
		if commit := u.Environment["git.head"]; u.Kind == "update" && commit != "" {
			return commit
		}
	}
	return ""
}

// contains tells whether a commit has another among its ancestors. One that the checkout lacks was never on main: it does not.
func (o *deployOptions) contains(ctx context.Context, commit, ancestor string) (bool, error) {
	const isNot = 1
	if _, err := o.output(o.command(ctx, "git", "cat-file", "-e", commit+"^{commit}")); exitCode(err) != exit.OK {
		o.say("commit %s, which is deployed, is not in this checkout of main: it is replaced", short(commit))
		return false, nil
	}
	_, err := o.output(o.command(ctx, "git", "merge-base", "--is-ancestor", ancestor, commit))
	if exitCode(err) == isNot {
		return false, nil
	}
	return err == nil, err
}

// short is a commit as people read it.
func short(commit string) string { return commit[:min(len(commit), 12)] }
