package ci

import (
	"errors"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/internal/readiness"
)

func newReadiness(h *Host) *cobra.Command {
	return &cobra.Command{
		Use:   "readiness <evidence>",
		Short: "Show on the job's page what the jobs before have shown of a launch",
		Long: `Show on the job's page what the jobs before have shown of a launch: docs/readiness.md has the list. What only an environment can answer is
unknown here, so that it says no-go, and does not fail for that. A person asks with "platform readiness".`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return h.readiness(h.absolute(args[0]), time.Now()) },
	}
}

func (h *Host) readiness(folder string, now time.Time) error {
	evidence, err := readiness.Read(folder)
	if err != nil && !errors.Is(err, os.ErrNotExist) { // no job has left any
		return exit.UsageError(err)
	}
	v := readiness.Judge(readiness.Facts{Evidence: evidence, Now: now})
	h.say("%s", forLog(v.Headline))
	return h.summary(v.Markdown())
}
