package delivery

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/testcloud"
)

// script runs one of the workflows' steps as a job does, with no other variables than those given.
func script(t *testing.T, environ []string, args ...string) testcloud.Result {
	t.Helper()
	repository := testcloud.Repository(t)
	cmd := exec.CommandContext(t.Context(), filepath.Join(repository, args[0]), args[1:]...)
	cmd.Dir = repository
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}, environ...)
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if cmd.ProcessState == nil {
		require.NoError(t, err)
	}
	return testcloud.Result{Stdout: stdout.String(), Stderr: stderr.String(), Code: cmd.ProcessState.ExitCode()}
}

// hostile are inputs that do harm where one of them reaches a shell, a path or a query as more than text.
var hostile = []string{
	"$(touch PWNED)", "`touch PWNED`", "a; touch PWNED", "a && touch PWNED", "a | touch PWNED", "a\ntouch PWNED", "'; touch PWNED; '", `"; touch PWNED; "`,
	"--help", "-rf", "../../etc/passwd", "a b", "*", "acmé", "аcme", "ACME", "1acme", "acme-", "a--b", "a'b", "${IFS}", "\x01", "%00", "tenant\\",
}

func TestTenantRefusesHostileInputs(t *testing.T) {
	repository := testcloud.Repository(t)
	valid := map[string]string{"ACTION": "create", "TENANT": "acme", "TIER": "pro", "ENVIRONMENT": "dev", "PULUMI_BACKEND_URL": "s3://none", "AWS_REGION": "us-east-1"}
	for _, variable := range []string{"ACTION", "TENANT", "TIER", "ENVIRONMENT"} {
		for _, value := range hostile {
			var environ []string
			for key, ordinary := range valid {
				if key == variable {
					ordinary = value
				}
				environ = append(environ, key+"="+ordinary)
			}
			result := script(t, environ, ".ci/tenant")
			assert.Equal(t, 2, result.Code, "%s=%q: %s", variable, value, result.Stderr)
			assert.Contains(t, result.Stderr, variable+": got ")
			assert.Contains(t, result.Stderr, "expected ")
			assert.Empty(t, result.Stdout, "nothing was started")
		}
	}
	assert.NoFileExists(t, filepath.Join(repository, "PWNED"))
	assert.NoFileExists(t, "PWNED")
}

func TestStepsNameAllThatIsMissing(t *testing.T) {
	cases := []struct {
		args    []string
		environ []string
		missing []string
	}{
		{[]string{".ci/tenant"}, nil, []string{"ACTION", "TENANT", "ENVIRONMENT"}},
		{[]string{".ci/tenant"}, []string{"ACTION=create", "TENANT=acme", "ENVIRONMENT=prod"}, []string{"PULUMI_BACKEND_URL", "AWS_REGION"}},
		{[]string{".ci/deploy", "plan", "prod", "plan.json"}, nil, []string{"PULUMI_BACKEND_URL", "AWS_REGION"}},
		{[]string{".ci/place", "dev", "prod"}, []string{"PROD_ACCOUNT=123456789012"}, []string{"AWS_REGION", "DEV_ACCOUNT", "DEV_BACKEND", "PROD_BACKEND"}},
		{[]string{".ci/settle", "dev"}, nil, []string{"PULUMI_BACKEND_URL"}},
		{[]string{".ci/latest", "programs.tar"}, nil, []string{"GITHUB_OUTPUT", "GITHUB_REPOSITORY", "GH_TOKEN"}},
		{[]string{".ci/pack", "a", "b"}, nil, []string{"GITHUB_OUTPUT"}},
		{[]string{".ci/unpack", "a"}, nil, []string{"CHECKSUM"}},
		{[]string{".ci/drift", "prod", "out"}, nil, []string{"PULUMI_BACKEND_URL", "AWS_REGION"}},
		{[]string{".ci/preview", ".", "out", "dev"}, []string{"PREVIEW_ON=aws"}, []string{"PULUMI_BACKEND_URL", "AWS_REGION"}},
		{[]string{".ci/comment"}, nil, []string{"GITHUB_REPOSITORY", "PULL_REQUEST", "GH_TOKEN"}},
		{[]string{".ci/issue", "out", "dev"}, nil, []string{"GITHUB_REPOSITORY", "GH_TOKEN"}},
		{[]string{".ci/output", "report", "file"}, nil, []string{"GITHUB_OUTPUT"}},
		{[]string{".ci/plugins"}, nil, []string{"GITHUB_PATH"}},
	}
	for _, c := range cases {
		result := script(t, append(c.environ, "GITHUB_ACTIONS=true"), c.args...)
		assert.Equal(t, 2, result.Code, "%v: %s", c.args, result.Stderr)
		assert.Contains(t, result.Stderr, "missing: "+strings.Join(c.missing, " "), "%v", c.args)
		assert.Contains(t, result.Stdout, "::error::", "GitHub shows it on top of the job")
	}
}

func TestStepsRefuseUnknownStacks(t *testing.T) {
	for _, args := range [][]string{
		{".ci/deploy", "plan", "production", "p"}, {".ci/deploy", "undo", "dev", "p"}, {".ci/deploy", "apply", "dev", "no-such-plan"},
		{".ci/drift", "$(id)", "out"}, {".ci/drift-step", "dev"}, {".ci/preview", ".", "out", "live"}, {".ci/preview", "."}, {".ci/output"},
		{".ci/place"}, {".ci/place", "live"}, {".ci/settle", "../dev"}, {".ci/pack", "archive"}, {".ci/unpack"}, {".ci/plugins", "no engine here"},
	} {
		result := script(t, []string{"GITHUB_OUTPUT=/dev/null", "GITHUB_PATH=/dev/null", "PULUMI_BACKEND_URL=s3://none", "AWS_REGION=us-east-1"}, args...)
		assert.NotZero(t, result.Code, "%v", args)
		assert.NotEmpty(t, result.Stderr, "%v", args)
	}
}

// TestOutput hands on text that tries to end itself and to set another output.
func TestOutput(t *testing.T) {
	dir := t.TempDir()
	report, target := filepath.Join(dir, "report.md"), filepath.Join(dir, "output")
	require.NoError(t, os.WriteFile(report, []byte("first\nEOF\nother=value\nreport<<x\nx\n"), 0o600))
	require.Zero(t, script(t, []string{"GITHUB_OUTPUT=" + target}, ".ci/output", "report", report).Code)
	raw, err := os.ReadFile(target)
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(raw)), "\n")
	mark, found := strings.CutPrefix(lines[0], "report<<")
	require.True(t, found)
	assert.GreaterOrEqual(t, len(mark), 32, "nobody guesses the line that ends the text")
	assert.Equal(t, mark, lines[len(lines)-1])
	assert.Equal(t, 2, strings.Count(string(raw), mark))

}

// TestThreeFullReportsFit into one comment, with characters that must not be cut.
func TestThreeFullReportsFit(t *testing.T) {
	dir := t.TempDir()
	report := filepath.Join(dir, "report.md")
	parts := map[string]string{}
	for name, begins := range map[string]string{"local": "", "dev": "x", "prod": "xy"} {
		text := begins + strings.Repeat("€", 20_000) // three bytes each: of three places to cut only one is between characters
		require.NoError(t, os.WriteFile(report, []byte(text), 0o600))
		target := filepath.Join(dir, name)
		require.Zero(t, script(t, []string{"GITHUB_OUTPUT=" + target}, ".ci/output", "report", report).Code)
		raw, err := os.ReadFile(target)
		require.NoError(t, err)
		lines := strings.SplitN(string(raw), "\n", 2)
		part, _, found := strings.Cut(lines[1], "\n"+strings.TrimPrefix(lines[0], "report<<"))
		require.True(t, found)
		assert.True(t, utf8.ValidString(part), "it is cut between two characters")
		assert.Contains(t, part, "(cut: the whole report is on the page of the job)")
		parts[name] = part
	}
	environ, calls := fakeGitHub(t, "")
	result := script(t, append(environ, "PULL_REQUEST=7", "REPORT="+parts["local"], "REPORT_AWS="+parts["dev"]+parts["prod"]), ".ci/comment")
	require.Zero(t, result.Code, result.Stderr)
	_, document, _ := strings.Cut(calls(), "--method POST")
	_, document, _ = strings.Cut(document, "\n")
	var sent struct{ Body string }
	require.NoError(t, json.Unmarshal([]byte(document), &sent))
	assert.Equal(t, 3, strings.Count(sent.Body, "(cut:"))
	assert.LessOrEqual(t, len(sent.Body), 65_536, "GitHub takes no more, whether it counts characters or bytes")
}

// fakeGitHub puts a gh on the PATH that writes its arguments and its input down and answers what it is told to.
func fakeGitHub(t *testing.T, answer string) (environ []string, calls func() string) {
	t.Helper()
	dir := t.TempDir()
	log := filepath.Join(dir, "calls")
	program := fmt.Sprintf(`#!/bin/bash
printf '%%s\n' "gh $*" >>%[1]q
while [ $# -gt 0 ]; do
	case $1 in --input | --body-file) cat "$2" >>%[1]q ;; esac
	shift
done
case $(tail -n 1 %[1]q) in gh*--jq*) cat %[2]q ;; esac
`, log, filepath.Join(dir, "answer"))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "gh"), []byte(program), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "answer"), []byte(answer), 0o600))
	return []string{"PATH=" + dir + ":" + os.Getenv("PATH"), "GITHUB_REPOSITORY=genericcorp/platform", "GH_TOKEN=token"}, func() string {
		raw, _ := os.ReadFile(log)
		return string(raw)
	}
}

func TestComment(t *testing.T) {
	t.Run("the first time it is made", func(t *testing.T) {
		environ, calls := fakeGitHub(t, "")
		report := "## Preview\n$(touch PWNED) `touch PWNED` \"quotes\" 'and' \\n\n"
		result := script(t, append(environ, "PULL_REQUEST=7", "REPORT="+report), ".ci/comment")
		require.Zero(t, result.Code, result.Stderr)
		_, body, found := strings.Cut(calls(), "--method POST repos/genericcorp/platform/issues/7/comments")
		require.True(t, found, calls())
		_, document, _ := strings.Cut(body, "\n")
		var sent struct{ Body string }
		require.NoError(t, json.Unmarshal([]byte(document), &sent), document)
		assert.True(t, strings.HasPrefix(sent.Body, "<!-- platform-preview -->\n"))
		assert.Contains(t, sent.Body, report, "what a pull request says is text")
	})
	t.Run("later it is changed", func(t *testing.T) {
		environ, calls := fakeGitHub(t, "4711\n4712\n")
		result := script(t, append(environ, "PULL_REQUEST=7", "REPORT=x"), ".ci/comment")
		require.Zero(t, result.Code, result.Stderr)
		assert.Contains(t, calls(), "--method PATCH repos/genericcorp/platform/issues/comments/4711")
		assert.NotContains(t, calls(), "POST")
	})
	t.Run("without a report it says so", func(t *testing.T) {
		environ, calls := fakeGitHub(t, "")
		require.Zero(t, script(t, append(environ, "PULL_REQUEST=7"), ".ci/comment").Code)
		assert.Contains(t, calls(), "ended without a report")
	})
	for _, number := range hostile {
		environ, calls := fakeGitHub(t, "")
		result := script(t, append(environ, "PULL_REQUEST="+number), ".ci/comment")
		assert.Equal(t, 2, result.Code, "%q", number)
		assert.Empty(t, calls())
	}
	assert.NoFileExists(t, filepath.Join(testcloud.Repository(t), "PWNED"))
}

func TestIssue(t *testing.T) {
	const drifted = "the VPC has another tag"
	for _, c := range []struct{ name, dev, prod, open, does, says string }{
		{"drift, no issue yet", "0", "3", "", "gh issue create", drifted},
		{"drift, told already", "3", "0", "12\n", "gh issue edit 12", drifted},
		{"no drift any more", "0", "0", "12\n", "gh issue close 12", ""},
		{"no drift", "0", "0", "", "", ""},
		{"it could not be told", "0", "1", "12\n", "gh issue edit 12", drifted},
		{"the job ended before", "0", "", "", "gh issue create", "## Environment `prod`\n\n**Whether it has drifted could not be told**"},
	} {
		t.Run(c.name, func(t *testing.T) {
			out := t.TempDir()
			for environment, code := range map[string]string{"dev": c.dev, "prod": c.prod} {
				if code == "" {
					continue
				}
				dir := filepath.Join(out, "drift-"+environment)
				require.NoError(t, os.Mkdir(dir, 0o700))
				require.NoError(t, os.WriteFile(filepath.Join(dir, "code"), []byte(code+"\n"), 0o600))
				require.NoError(t, os.WriteFile(filepath.Join(dir, "drift.md"), []byte("## Environment `"+environment+"`\n\n"+drifted+"\n"), 0o600))
			}
			environ, calls := fakeGitHub(t, c.open)
			result := script(t, environ, ".ci/issue", out, "dev", "prod")
			require.Zero(t, result.Code, result.Stderr)
			_, did, _ := strings.Cut(calls(), "\n") // after the question which issue is open
			if c.does == "" {
				assert.Empty(t, did)
				return
			}
			assert.Contains(t, did, c.does)
			assert.Contains(t, did, c.says)
			if c.says != "" {
				assert.Contains(t, did, "## Environment `dev`")
				assert.Contains(t, did, "## Environment `prod`", "one issue tells of all")
			}
		})
	}
}

// TestLatest takes the programs of the newest deployment, or says that there is none.
func TestLatest(t *testing.T) {
	for _, c := range []struct{ name, run, found string }{{"deployed before", "4711\n", "yes"}, {"never deployed", "", "no"}, {"older than GitHub keeps", "4711\n", "no"}} {
		t.Run(c.name, func(t *testing.T) {
			environ, calls := fakeGitHub(t, c.run)
			dir := t.TempDir()
			archive, target := filepath.Join(dir, "programs.tar"), filepath.Join(dir, "output")
			if c.found == "yes" {
				require.NoError(t, os.WriteFile(archive, []byte("programs"), 0o600)) // as gh leaves it there
			}
			result := script(t, append(environ, "GITHUB_OUTPUT="+target), ".ci/latest", archive)
			require.Zero(t, result.Code, result.Stderr)
			said, err := os.ReadFile(target)
			require.NoError(t, err)
			assert.Contains(t, string(said), "found="+c.found+"\n")
			assert.Contains(t, calls(), "--workflow deploy.yml --branch main --status success")
			if c.found == "yes" {
				assert.Contains(t, string(said), fmt.Sprintf("checksum=%x\n", sha256.Sum256([]byte("programs"))))
				assert.Contains(t, calls(), "gh run download 4711 --repo genericcorp/platform --name programs")
			}
		})
	}
}

// TestPackages finds what the local cloud needs of the operating system, as a job's user does.
func TestPackages(t *testing.T) {
	result := script(t, nil, ".ci/packages")
	require.Zero(t, result.Code, result.Stderr)
}
