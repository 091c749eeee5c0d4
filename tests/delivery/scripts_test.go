package delivery

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/testcloud"
)

func TestScriptsNameAllThatIsMissing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args    []string
		missing string
	}{
		{[]string{".ci/artifact", "latest"}, "GITHUB_OUTPUT GITHUB_REPOSITORY GH_TOKEN"},
		{[]string{".ci/artifact", "pack"}, "GITHUB_OUTPUT"},
		{[]string{".ci/artifact", "unpack"}, "CHECKSUM"},
	} {
		result := script(t, []string{"GITHUB_ACTIONS=true"}, c.args...)
		assert.Equal(t, 2, result.Code, "%v: %s", c.args, result.Stderr)
		assert.Contains(t, result.Stderr, "missing: "+c.missing+" (the variables", "%v", c.args)
		assert.Contains(t, result.Stdout, "::error::", "GitHub shows it on top of the job")
	}
	for _, args := range [][]string{{".ci/artifact"}, {".ci/artifact", "copy"}, {".ci/sandbox"}} {
		result := script(t, []string{"GITHUB_OUTPUT=/dev/null"}, args...)
		assert.NotZero(t, result.Code, "%v", args)
		assert.NotEmpty(t, result.Stderr, "%v", args)
	}
}

// fakeGitHub is a folder with a gh that writes its arguments and its input down and answers a question as it is told to.
func fakeGitHub(t *testing.T, answer string) (environ []string, calls func() string) {
	t.Helper()
	dir := t.TempDir()
	log := filepath.Join(dir, "calls")
	program := fmt.Sprintf("#!/bin/bash\nprintf '%%s\\n' \"gh $*\" >>%[1]q\ncase \"$*\" in\n*--jq*) cat %[2]q ;;\n*' -'*) cat >>%[1]q ;;\nesac\n", log, filepath.Join(dir, "answer"))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "gh"), []byte(program), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "answer"), []byte(answer), 0o600))
	return []string{"PATH=" + dir + ":" + os.Getenv("PATH"), "GITHUB_REPOSITORY=genericcorp/platform", "GH_TOKEN=token"}, func() string {
		raw, _ := os.ReadFile(log)
		return string(raw)
	}
}

// TestLatest takes the programs of the newest deployment, or says that there is none.
func TestLatest(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, run, found string }{{"deployed before", "4711\n", "yes"}, {"never deployed", "", "no"}, {"older than GitHub keeps", "4711\n", "no"}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			environ, calls := fakeGitHub(t, c.run)
			dir := t.TempDir()
			target := filepath.Join(dir, "output")
			if c.found == "yes" {
				require.NoError(t, os.WriteFile(filepath.Join(dir, "programs.tar"), []byte("programs"), 0o600)) // as gh leaves it there
			}
			latest := exec.CommandContext(t.Context(), filepath.Join(testcloud.Repository(t), ".ci", "artifact"), "latest")
			latest.Dir, latest.Env = dir, slices.Concat(environ, []string{"GITHUB_OUTPUT=" + target})
			text, err := latest.CombinedOutput()
			require.NoError(t, err, string(text))
			output, err := os.ReadFile(target)
			require.NoError(t, err)
			assert.Contains(t, string(output), "found="+c.found+"\n")
			assert.Contains(t, calls(), "--workflow deploy.yml --branch main --status success")
			if c.found == "yes" {
				assert.Contains(t, string(output), fmt.Sprintf("checksum=%x\n", sha256.Sum256([]byte("programs"))))
				assert.Contains(t, calls(), "gh run download 4711 --repo genericcorp/platform --name programs")
			}
		})
	}
}

// TestArtifact hands programs on, and something else in their place.
func TestArtifact(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	output, program := filepath.Join(dir, "output"), filepath.Join(dir, "bin", "program")
	artifact := func(step string, environ ...string) (text string, code int) {
		cmd := exec.CommandContext(t.Context(), filepath.Join(testcloud.Repository(t), ".ci", "artifact"), step)
		cmd.Dir, cmd.Env = dir, slices.Concat(environ, []string{"PATH=" + os.Getenv("PATH"), "GITHUB_OUTPUT=" + output})
		said, _ := cmd.CombinedOutput() // the code says how it ended
		return string(said), cmd.ProcessState.ExitCode()
	}
	require.NoError(t, os.Mkdir(filepath.Dir(program), 0o700))
	require.NoError(t, os.WriteFile(program, []byte("program"), 0o700))
	said, code := artifact("pack")
	require.Zero(t, code, said)
	raw, err := os.ReadFile(output)
	require.NoError(t, err)
	checksum := strings.TrimSpace(strings.TrimPrefix(string(raw), "checksum="))
	require.NoError(t, os.RemoveAll(filepath.Dir(program)))
	for _, wrong := range []string{strings.Repeat("0", 64), "x", checksum + "\n", "$(id)"} {
		said, code = artifact("unpack", "CHECKSUM="+wrong)
		assert.Equal(t, 2, code, said)
		assert.NoFileExists(t, program)
	}
	said, code = artifact("unpack", "CHECKSUM="+checksum)
	require.Zero(t, code, said)
	assert.FileExists(t, program)
}

// TestGitHubSteps runs the steps that write to GitHub in the workflows' own words: what they send is tested with the steps.
func TestGitHubSteps(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ file, job, words, does string }{
		{"preview.yml", "comment", "go run ./cmd/ci comment", "gh api --method PATCH repos/genericcorp/platform/issues/comments/4711"},
		{"preview.yml", "comment-aws", "go run ./cmd/ci comment", "gh api --method PATCH repos/genericcorp/platform/issues/comments/4711"},
		{"drift.yml", "tell", "go run ./cmd/ci issue", "gh issue edit 4711 --repo genericcorp/platform"},
	} {
		environ, calls := fakeGitHub(t, "4711\n")
		machine := map[string]string{"HOME": os.Getenv("HOME")}
		for _, line := range environ {
			name, value, _ := strings.Cut(line, "=")
			machine[name] = value
		}
		r := newRunner(t, testcloud.Repository(t), machine, map[string]string{
			"github.token": "token", "github.event.pull_request.number": "7", "toJSON(vars)": "{}",
		})
		r.must(t, c.file, c.job, c.words)
		assert.Contains(t, calls(), c.does)
		assert.Contains(t, calls(), map[string]string{"comment": "ended without a report", "comment-aws": "ended without a report", "tell": "is unknown"}[c.job])
	}
}

// TestReadinessOfTheRun shows the evidence that jobs have left, of which here is none, as the workflow's own step does.
func TestReadinessOfTheRun(t *testing.T) {
	t.Parallel()
	repository := testcloud.Repository(t)
	r := newRunner(t, repository, map[string]string{"HOME": os.Getenv("HOME"), "PATH": os.Getenv("PATH")}, nil)
	require.NoDirExists(t, filepath.Join(repository, "evidence"), "what was downloaded by hand")
	r.must(t, "test.yml", "readiness", "go run ./cmd/ci readiness evidence")
	assert.Contains(t, r.page(t), "## No-go: 0 of 10 criteria are met; ")
}

// TestPackages finds what the local cloud needs of the operating system, as a job's user does.
func TestPackages(t *testing.T) {
	t.Parallel()
	result := script(t, nil, ".ci/packages")
	require.Zero(t, result.Code, result.Stderr)
}

// look is a program that tells what it sees where it runs.
const look = `#!/bin/sh
echo "user $(id -u):$(id -g) groups $(id -G)"
echo "root" $(ls /)
echo "tmp" $(find /tmp -mindepth 1 | sort)
echo "processes" $(ls /proc | grep -c '^[0-9]')
echo "network" $(ip -brief link | wc -l)
echo "capabilities" $(grep CapEff /proc/self/status) $(grep NoNewPrivs /proc/self/status)
for file in "$0" /usr/lib/os-release /proc/sys/kernel/hostname "$(dirname "$0")/new" /new; do echo x 2>/dev/null >"$file" && echo "wrote $file"; done
echo mine >/tmp/mine && echo "wrote /tmp"
cat "$1"
echo "in $PWD, $TMPDIR"
sleep 20 & echo left
`

// TestSandbox looks around inside.
func TestSandbox(t *testing.T) {
	t.Parallel()
	parent, err := os.MkdirTemp("", "platform-sandbox-") // where everybody may read, as a preview's folder is
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(parent) })
	own, other := filepath.Join(parent, "own"), filepath.Join(parent, "other")
	for _, dir := range []string{own, other} {
		require.NoError(t, os.Mkdir(dir, 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "look"), []byte(look), 0o755))
	}
	require.NoError(t, os.Chmod(parent, 0o755))
	cmd := exec.CommandContext(t.Context(), filepath.Join(testcloud.Repository(t), ".ci", "sandbox"), filepath.Join(own, "look"), filepath.Join(other, "look"))
	cmd.Dir = own
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + own}
	raw, err := cmd.CombinedOutput() // which waits for whoever has the output
	require.NoError(t, err, string(raw))
	saw := string(raw)
	assert.Contains(t, saw, "user 65534:65534 groups 65534\n")
	assert.Regexp(t, `(?m)^root bin dev lib( lib64)? proc sbin tmp usr$`, saw)
	assert.Contains(t, saw, "tmp "+strings.Join([]string{parent, own, filepath.Join(own, "look")}, " ")+"\n", "no other's folder")
	assert.Regexp(t, `(?m)^processes [2-5]$`, saw, "its own")
	assert.Contains(t, saw, "network 1\n", "itself")
	assert.Regexp(t, `capabilities CapEff:\s+0000000000000000 NoNewPrivs:\s+1\n`, saw)
	assert.Equal(t, 1, strings.Count(saw, "wrote"), saw)
	assert.Contains(t, saw, "wrote /tmp\n")
	assert.Contains(t, saw, "look: No such file or directory")
	assert.Contains(t, saw, "in "+own+", /tmp\n")
	assert.NoFileExists(t, "/tmp/mine", "what it writes ends with it")
	assert.Contains(t, saw, "left\n")
}

// TestTheEngineCanBecomeNobodyElse runs the engine that a preview puts in front.
func TestTheEngineCanBecomeNobodyElse(t *testing.T) {
	t.Parallel()
	engine := filepath.Join(t.TempDir(), "engine")
	require.NoError(t, os.WriteFile(engine, []byte("#!/bin/sh\ngrep NoNewPrivs /proc/self/status; echo \"$*\"\n"), 0o700))
	result := script(t, []string{"PLATFORM_ENGINE=" + engine}, ".ci/unprivileged/pulumi", "preview", "a b")
	require.Zero(t, result.Code, result.Stderr)
	assert.Equal(t, "NoNewPrivs:\t1\npreview a b\n", result.Stdout)
}
