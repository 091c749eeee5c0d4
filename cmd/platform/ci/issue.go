package ci

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

const (
	issueTitle = "Drift"
	issueLabel = "drift"
)

func newIssue(h *Host) *cobra.Command {
	return &cobra.Command{
		Use:   "issue <found>",
		Short: "Keep the one issue about drift: open it, update it, and close it when no environment has any",
		Long: `Keep the one issue about drift: open it, update it, and close it when no environment has any. In <found>/drift-<environment>
is what platform ci drift left; of an environment without, drift is unknown.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return h.issue(cmd.Context(), h.absolute(args[0])) },
	}
}

func (h *Host) issue(ctx context.Context, found string) error {
	if err := h.requireEnv("GITHUB_REPOSITORY", "GH_TOKEN"); err != nil {
		return err
	}
	repository, err := h.repository()
	if err != nil {
		return err
	}
	body, drifted := h.issueText(found)
	list, err := h.gh(ctx, "", "issue", "list", "--repo", repository, "--state", "open", "--label", issueLabel, "--json", "number,title",
		"--jq", fmt.Sprintf(".[] | select(.title == %q) | .number", issueTitle))
	if err != nil {
		return err
	}
	number := firstLine(list)
	switch {
	case !drifted && number == "":
		return nil
	case !drifted:
		_, err = h.gh(ctx, "", "issue", "close", number, "--repo", repository, "--comment", "The drift is gone.")
	case number != "":
		_, err = h.gh(ctx, body, "issue", "edit", number, "--repo", repository, "--body-file", "-")
	default:
		if _, err = h.gh(ctx, "", "label", "create", issueLabel, "--repo", repository, "--force",
			"--description", "What is deployed is not what is written"); err == nil {
			_, err = h.gh(ctx, body, "issue", "create", "--repo", repository, "--title", issueTitle, "--label", issueLabel, "--body-file", "-")
		}
	}
	return err
}

// issueText joins what was found in all environments, and says whether any has drifted or is not known not to have.
func (h *Host) issueText(found string) (body string, drifted bool) {
	for _, e := range h.Environments {
		folder := filepath.Join(found, "drift-"+e.Name)
		result, err := os.ReadFile(filepath.Join(folder, driftResult))
		drifted = drifted || err != nil || strings.TrimSpace(string(result)) != string(inSync)
		text := readText(filepath.Join(folder, driftPage))
		if text == "" {
			text = fmt.Sprintf("## Environment `%s`\n\n%s: see the log of the job, and %s\n", e.Name, unknownDrift, stuckRunbook)
		}
		body += shorten(text, mostComment/len(h.Environments), "\n\n(cut: the whole list is on the page of the job)\n") + "\n"
	}
	return body, drifted
}
