package delivery

import (
	"bytes"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/testcloud"
)

// runner runs the steps of one job as GitHub's runner does: each command of a workflow in a shell of its own, with the
// variables that the workflow, the job, the step and earlier steps give it.
type runner struct {
	checkout string
	machine  map[string]string // what the machine itself has in its environment
	values   map[string]string // what stands for the expressions of the workflows
	own      map[string]action
	temp     string
	files    map[string]string // GITHUB_OUTPUT and its like, by their names
}

func newRunner(t *testing.T, checkout string, machine, values map[string]string) *runner {
	t.Helper()
	r := &runner{checkout: checkout, machine: machine, values: maps.Clone(values), own: actions(t, testcloud.Repository(t)), temp: t.TempDir(), files: map[string]string{}}
	for _, name := range []string{"GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STEP_SUMMARY"} {
		r.files[name] = filepath.Join(r.temp, name)
		require.NoError(t, os.WriteFile(r.files[name], nil, 0o600))
	}
	return r
}

// handedOn is what the jobs before have told of the programs.
func (r *runner) handedOn(checksum string) {
	for _, name := range []string{"needs.build.outputs.checksum", "needs.programs.outputs.checksum"} {
		r.values[name] = checksum
	}
}

var expression = regexp.MustCompile(`\$\{\{ ([^}]+) \}\}`)

// fill puts values in the places of expressions. One that nobody gave a value is a fault of the test.
func (r *runner) fill(t *testing.T, text string) string {
	t.Helper()
	return expression.ReplaceAllStringFunc(text, func(found string) string {
		name := expression.FindStringSubmatch(found)[1]
		value, known := r.values[name]
		require.True(t, known, "the test has no value for %s", found)
		return value
	})
}

// find is the step of a job that begins with these words, with the inputs of the action that it belongs to.
func (r *runner) find(t *testing.T, w workflow, jobName, words string) (found step, inputs map[string]string) {
	t.Helper()
	j, known := w.Jobs[jobName]
	require.True(t, known, "%s has no job %s", w.file, jobName)
	begins := func(s step) bool { return strings.HasPrefix(strings.TrimPrefix(s.Run, "exec "), words) }
	for _, s := range j.Steps {
		if begins(s) {
			return s, nil
		}
		a := r.own[s.Uses]
		if at := slices.IndexFunc(a.Runs.Steps, begins); at >= 0 {
			inputs = map[string]string{}
			for name, input := range a.Inputs {
				inputs[name] = input.Default
			}
			for name, value := range s.With {
				inputs[name] = r.fill(t, value)
			}
			return a.Runs.Steps[at], inputs
		}
	}
	require.FailNow(t, "no such step", "%s, %s: no step runs %q", w.file, jobName, words)
	return step{}, nil
}

// command is a step of a workflow, ready to be started: its script and nothing but its environment.
func (r *runner) command(t *testing.T, file, jobName, words string) *exec.Cmd {
	t.Helper()
	w := workflows(t, testcloud.Repository(t))[file]
	s, inputs := r.find(t, w, jobName, words)
	for name, value := range inputs {
		r.values["inputs."+name] = value
	}
	environ := maps.Clone(r.machine)
	maps.Copy(environ, map[string]string{"GITHUB_ACTIONS": "true", "RUNNER_TEMP": r.temp})
	maps.Copy(environ, r.files)
	for _, level := range []map[string]string{w.Env, w.Jobs[jobName].Env, r.written(t, "GITHUB_ENV"), s.Env} {
		for name, value := range level {
			environ[name] = r.fill(t, value)
		}
	}
	script := filepath.Join(t.TempDir(), "step.sh")
	require.NoError(t, os.WriteFile(script, []byte(s.Run+"\n"), 0o600))
	cmd := exec.CommandContext(t.Context(), "bash", "--noprofile", "--norc", "-eo", "pipefail", script)
	cmd.Dir = r.checkout
	for name, value := range environ {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	return cmd
}

// step runs a step to its end. The step is named by the words that its command begins with.
func (r *runner) step(t *testing.T, file, jobName, words string) testcloud.Result {
	t.Helper()
	cmd := r.command(t, file, jobName, words)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if cmd.ProcessState == nil {
		require.NoError(t, err)
	}
	return testcloud.Result{Stdout: stdout.String(), Stderr: stderr.String(), Code: cmd.ProcessState.ExitCode()}
}

// must runs a step that is to succeed.
func (r *runner) must(t *testing.T, file, jobName, words string) testcloud.Result {
	t.Helper()
	result := r.step(t, file, jobName, words)
	require.Zero(t, result.Code, "%s, %s, %s:\n%s\n%s", file, jobName, words, result.Stdout, result.Stderr)
	return result
}

// written reads the name=value lines that steps have written to one of the runner's files.
func (r *runner) written(t *testing.T, name string) map[string]string {
	t.Helper()
	raw, err := os.ReadFile(r.files[name])
	require.NoError(t, err)
	found := map[string]string{}
	for line := range strings.Lines(string(raw)) {
		if key, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "="); ok {
			found[key] = value
		}
	}
	return found
}

// page is what the steps have shown on the job's page since it was last asked for.
func (r *runner) page(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile(r.files["GITHUB_STEP_SUMMARY"])
	require.NoError(t, err)
	require.NoError(t, os.Truncate(r.files["GITHUB_STEP_SUMMARY"], 0))
	return string(raw)
}

// watched collects what a step prints and can be read meanwhile.
type watched struct {
	mu   sync.Mutex
	text bytes.Buffer
}

var _ io.Writer = (*watched)(nil)

func (w *watched) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(p)
}

func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}
