package ci

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/internal/environments"
)

const (
	// mark begins the one comment that the preview keeps.
	mark = "<!-- platform-preview -->"
	// mostComment is what GitHub takes of a comment or an issue, whether it counts characters or bytes, less what joins the parts.
	mostComment = 65_000
)

var numberPattern = regexp.MustCompile(`[1-9][0-9]*`)

func newComment(h *Host) *cobra.Command {
	return &cobra.Command{
		Use:   "comment <reports>",
		Short: "Write the reports of the previews into the one comment on a pull request",
		Long: `Write the reports of the previews into the one comment that is kept on the pull request PULL_REQUEST: made the first time,
changed later. The folder holds report-local/report.md and report-<environment>/report.md, as far as there are any.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return h.comment(cmd.Context(), h.absolute(args[0])) },
	}
}

func (h *Host) comment(ctx context.Context, reports string) error {
	if err := h.requireEnv("GITHUB_REPOSITORY", "PULL_REQUEST", "GH_TOKEN"); err != nil {
		return err
	}
	number := h.getenv("PULL_REQUEST")
	if err := requireMatch("PULL_REQUEST", number, numberPattern, "the number of a pull request"); err != nil {
		return err
	}
	repository, err := h.repository()
	if err != nil {
		return err
	}
	body, err := json.Marshal(map[string]string{"body": mark + "\n" + h.commentText(reports)})
	if err != nil {
		return err
	}
	comments := fmt.Sprintf("repos/%s/issues/%s/comments", repository, number)
	ids, err := h.gh(ctx, "", "api", "--paginate", comments,
		"--jq", fmt.Sprintf(`.[] | select(.user.login == "github-actions[bot]" and (.body | startswith(%q))) | .id`, mark))
	if err != nil {
		return err
	}
	method, path := "POST", comments
	if id := firstLine(ids); id != "" {
		method, path = "PATCH", fmt.Sprintf("repos/%s/issues/comments/%s", repository, id)
	}
	_, err = h.gh(ctx, string(body), "api", "--method", method, path, "--input", "-", "--silent")
	return err
}

// commentText joins the reports. Each has an equal share of the room; what is longer is cut and says so.
func (h *Host) commentText(folder string) string {
	var reports []string
	for _, name := range append([]string{environments.Local}, h.Environments.Names()...) {
		if text := readText(filepath.Join(folder, "report-"+name, "report.md")); text != "" {
			reports = append(reports, text)
		}
	}
	if len(reports) == 0 {
		return "The preview ended without a report: see the log of the job."
	}
	for i, report := range reports {
		reports[i] = shorten(report, mostComment/len(reports), "\n\n</details>\n\n(cut: the whole report is on the page of the job)\n")
	}
	return strings.Join(reports, "\n")
}

// shorten cuts a text that is too long, and ends it with a notice.
func shorten(text string, most int, notice string) string {
	if len(text) <= most {
		return text
	}
	return cut(text, most-len(notice)) + notice
}
