package readiness

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/internal/environments"
	"github.com/genericcorp/platform/internal/readiness"
)

var (
	now    = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	commit = strings.Repeat("a", 40)
)

func onboarding() readiness.Evidence {
	return readiness.Evidence{
		Check: "onboarding", Where: "local cloud", Ran: "make e2e", At: now.Add(-time.Hour), Commit: commit, Passed: true,
		Numbers: []readiness.Number{{Name: "creation", Value: 9.3, Unit: "s"}}, Link: "https://github.com/genericcorp/platform/actions/runs/1",
	}
}

func TestFlags(t *testing.T) {
	t.Parallel()
	for args, refused := range map[string]string{
		"":                   "",
		"--evidence=.":       "",
		"--evidence=nowhere": `--evidence: got "nowhere", expected a folder`,
		"--evidence=text.go": `--evidence: got "text.go", expected a folder`,
		"--commit=main":      `--commit: got "main", expected 40 hexadecimal digits`,
		"--commit=" + commit: "",
		"now":                `unknown command "now" for "readiness"`,
	} {
		ran := false
		cmd := newReadiness(&cmdutil.Factory{}, func(context.Context, *options) error {
			ran = true
			return nil
		})
		cmd.SetOut(io.Discard)
		cmd.SetErr(io.Discard)
		cmd.SetArgs(strings.Fields(args))
		err := cmd.Execute()
		require.Equal(t, refused == "", ran, args)
		if refused != "" {
			require.ErrorContains(t, err, refused, args)
			require.Equal(t, exit.Usage, exit.Of(err), args)
		}
	}
}

// written is what the command prints of a folder, and how it ends.
func written(t *testing.T, change func(*options)) (string, error) {
	t.Helper()
	var out bytes.Buffer
	o := &options{Factory: &cmdutil.Factory{Out: &out, Err: io.Discard}, now: now}
	o.target.Name, o.target.CloudName, o.target.Dir = environments.Local, "default", filepath.Join(t.TempDir(), "none") // nobody answers
	change(o)
	err := judge(t.Context(), o)
	return out.String(), err
}

func TestEvidenceOfAFolder(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	require.NoError(t, readiness.Write(folder, onboarding()))
	out, err := written(t, func(o *options) { o.folder, o.commit = folder, strings.Repeat("b", 40) })
	require.ErrorContains(t, err, "No-go: 1 of 10 criteria are met; database unknown, ")
	require.Equal(t, exit.Failed, exit.Of(err))
	for _, want := range []string{
		"No-go: 1 of 10 criteria are met; ",
		"onboarding  passed   Is a new tenant there in under two minutes?\n",
		"onboarding          passed   2026-11-30T11:00:00Z  aaaaaaaa  local cloud  make e2e  creation: 9.3 s, at most 120 s\n",
		"of commit aaaaaaaa, while bbbbbbbb is deployed\n",
		"https://github.com/genericcorp/platform/actions/runs/1\n",
		"users: there is no evidence: `make edge`, docs/load.md\n",
		"report-sent: ", ": `platform readiness --env local`, docs/report.md\n",
	} {
		assert.Contains(t, out, want)
	}
	out, err = written(t, func(o *options) { o.folder, o.json = folder, true })
	require.Equal(t, exit.Failed, exit.Of(err))
	var verdict readiness.Verdict
	require.NoError(t, json.Unmarshal([]byte(out), &verdict))
	assert.False(t, verdict.Go)
	assert.Equal(t, readiness.Passed, verdict.Criteria[1].State)

	page := filepath.Join(t.TempDir(), "page.html")
	out, err = written(t, func(o *options) { o.folder, o.html = folder, cmdutil.Page(page) })
	require.ErrorContains(t, err, "No-go: ")
	require.Empty(t, out)
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	assert.Contains(t, string(text), "<!doctype html>")
	out, _ = written(t, func(o *options) { o.folder, o.html = folder, cmdutil.ToStdout })
	assert.Equal(t, string(text)+"\n", out)
	_, err = written(t, func(o *options) { o.folder, o.html = folder, cmdutil.Page(t.TempDir()) })
	require.ErrorContains(t, err, "--html: ")
	require.Equal(t, exit.Usage, exit.Of(err))

	require.NoError(t, os.WriteFile(filepath.Join(folder, "broken.json"), []byte("{"), 0o600))
	_, err = written(t, func(o *options) { o.folder = folder })
	require.ErrorContains(t, err, "broken.json: unexpected EOF")
	require.Equal(t, exit.Usage, exit.Of(err), "it is not said to be a no-go")
}

// A checkout whose tests have written nothing yet has no evidence, which is no mistake.
func TestCheckoutWithoutEvidence(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "go.mod"), []byte("module github.com/genericcorp/platform\n"), 0o600))
	out, err := written(t, func(o *options) { o.Folder = folder })
	require.ErrorContains(t, err, "No-go: 0 of 10 criteria are met; ")
	assert.Contains(t, out, "there is no evidence")
	require.NoError(t, readiness.Write(filepath.Join(folder, "bin", "evidence"), onboarding()))
	_, err = written(t, func(o *options) { o.Folder = folder })
	require.ErrorContains(t, err, "No-go: 1 of 10 criteria are met; ")
	_, err = written(t, func(o *options) { o.Folder = t.TempDir() })
	require.ErrorContains(t, err, "-C: got ")
	require.Equal(t, exit.Usage, exit.Of(err))
}
