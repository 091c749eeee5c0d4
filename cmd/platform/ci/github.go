package ci

import (
	"context"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/internal/awsvalue"
	"github.com/genericcorp/platform/internal/printable"
)

// requireEnv refuses to go on while a variable is missing, and names all that are.
func (h *Host) requireEnv(names ...string) error {
	var missing []string
	for _, name := range names {
		if h.getenv(name) == "" {
			missing = append(missing, name)
		}
	}
	return missingVariables(missing)
}

func missingVariables(names []string) error {
	if len(names) == 0 {
		return nil
	}
	return exit.Usagef("missing: %s (the variables of the workflow are listed in docs/delivery.md)", strings.Join(names, " "))
}

// requireMatch refuses a value unless all of it matches the pattern.
func requireMatch(name, value string, pattern *regexp.Regexp, expected string) error {
	if pattern.FindString(value) != value || value == "" {
		return exit.Usagef("%s: got %+q, expected %s", name, value, expected)
	}
	return nil
}

// requireRule refuses a value that breaks one of the platform's rules.
func requireRule(name, value string, rule awsvalue.Rule) error {
	if !rule.Valid(value) {
		return exit.Usagef("%s: got %+q, expected %s", name, value, rule.Expected())
	}
	return nil
}

// annotate shows a mistake on top of the job's page, where nothing was done yet.
func (h *Host) annotate(err error) error {
	if err != nil && exit.Of(err) == exit.Usage {
		h.annotation("error", err.Error())
	}
	return err
}

// annotation shows a line on top of the job's page: an "error" or a "warning".
func (h *Host) annotation(level, text string) {
	if h.getenv("GITHUB_ACTIONS") != "" {
		_, _ = fmt.Fprintf(h.Out, "::%s::%s\n", level, strings.NewReplacer("%", "%25", "\n", "%0A").Replace(printable.Text(text)))
	}
}

// summary shows text on the job's page.
func (h *Host) summary(markdown string) error {
	if h.getenv("GITHUB_STEP_SUMMARY") == "" {
		return nil
	}
	return h.tellRunner("GITHUB_STEP_SUMMARY", markdown)
}

// tellRunner adds lines to a file by which the runner hears from a step.
func (h *Host) tellRunner(variable string, lines ...string) error {
	file, err := os.OpenFile(h.getenv(variable), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("%s: %w", variable, err)
	}
	if _, err = io.WriteString(file, strings.Join(lines, "\n")+"\n"); err != nil {
		_ = file.Close()
		return fmt.Errorf("%s: %w", variable, err)
	}
	return file.Close()
}

var repositoryPattern = regexp.MustCompile(`[A-Za-z0-9-]+/[A-Za-z0-9._-]+`)

// repository is the one on GitHub, as owner/name.
func (h *Host) repository() (string, error) {
	name := h.getenv("GITHUB_REPOSITORY")
	return name, requireMatch("GITHUB_REPOSITORY", name, repositoryPattern, "owner/name")
}

// gh runs GitHub's own command with an input, and returns what it printed.
func (h *Host) gh(ctx context.Context, stdin string, args ...string) (string, error) {
	cmd := h.command(ctx, "gh", args...)
	cmd.Stdin = strings.NewReader(stdin)
	return h.output(cmd)
}

// firstLine is the first of the lines.
func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return strings.TrimSpace(line)
}
