package localenv

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/genericcorp/platform/cmd/platform/internal/engine"
	"github.com/genericcorp/platform/cmd/platform/internal/progress"
)

// expectedFile remembers, for the progress of the next deployment, how many resources the last one had.
// Losing it costs nothing but the estimate.
func expectedFile(cache string) string { return filepath.Join(cache, "local-resources") }

func readExpected(cache string) int {
	raw, err := os.ReadFile(expectedFile(cache))
	if err != nil {
		return 0
	}
	count, err := strconv.Atoi(strings.TrimSpace(string(raw)))
	if err != nil {
		return 0
	}
	return count
}

func writeExpected(cache string, count int) {
	_ = os.WriteFile(expectedFile(cache), []byte(strconv.Itoa(count)), 0o600) // an estimate only
}

// engineError leaves an interruption as it is and tells of a failure where to read more.
func engineError(err error, last progress.Snapshot, log string) error {
	var failed *engine.Failure
	if !errors.As(err, &failed) {
		return err
	}
	shown := 0
	for _, problem := range last.Problems {
		if !problem.Warning {
			shown++
		}
	}
	return &EngineError{Err: &progress.Failed{Err: err, Shown: last.Errors()}, Errors: shown, Log: log}
}
