package ci

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// previewer is a machine with a checkout and a candidate, whose platform answers every preview with this.
func previewer(t *testing.T, answer string, code int) *machine {
	t.Helper()
	m := newMachine(t)
	m.Platform = m.file(t, "bin/platform", "the command")
	tools := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(tools, "pulumi"), nil, 0o700))
	m.Environ = []string{"PATH=" + tools, "AWS_SECRET_ACCESS_KEY=x", "PULUMI_BACKEND_URL=s3://dev", "AWS_REGION=us-east-1"}
	for _, file := range []string{"bin/platform-policies", "Pulumi.yaml", "candidate/Pulumi.dev.yaml", "bin/programs/base", "bin/programs/candidate"} {
		m.file(t, file, file)
	}
	m.answer = func(c call) (string, int) {
		switch {
		case strings.Contains(c.line(), "local env --json"):
			return `{"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "PULUMI_BACKEND_URL": "file:///the/cloud/s"}`, 0
		case strings.HasPrefix(c.line(), "git"):
			return "0123abc\n", 0
		case strings.Contains(c.line(), " --settings "+m.path("Pulumi.")): // the base's
			m.file(t, "out/base."+c.flag("--stack")+".steps", "the base's")
			return previewed, 0
		case c.args[1] == "preview":
			return answer, code
		case c.args[1] == "iam":
			return "Rights: no change\n", 0
		}
		return "", 0
	}
	return m
}

// previews are the calls that preview somebody's program.
func (m *machine) previews(t *testing.T, settings string) (found []call) {
	t.Helper()
	for _, c := range m.calls {
		if strings.HasPrefix(c.line(), "platform preview ") && strings.Contains(c.line(), " --settings "+settings) {
			found = append(found, c)
		}
	}
	return found
}

// flag is what a call says after a flag.
func (c call) flag(name string) string {
	for i, arg := range c.args[:len(c.args)-1] {
		if arg == name {
			return c.args[i+1]
		}
	}
	return ""
}

func TestPreviewKeepsTheCandidateApart(t *testing.T) {
	t.Parallel()
	m := previewer(t, previewed, 0)
	require.NoError(t, m.step(t, "preview", "--programs", "bin/programs", "--cloud", "cloud", "candidate", "out"))
	candidates, bases := m.previews(t, m.path("candidate", "Pulumi.")), m.previews(t, m.path("Pulumi."))
	require.Len(t, candidates, 2)
	require.Len(t, bases, 2)
	folders := map[string]bool{}
	for _, c := range append(candidates, bases...) {
		assert.Equal(t, m.path(".ci", "sandbox"), c.flag("--sandbox"), "the base's own programs, too, are run in it")
		assert.Equal(t, m.path("bin", "platform-policies"), c.flag("--policy-pack"), "never the candidate's")
		assert.Contains(t, c.args, "--redact-secrets")
		assert.Equal(t, m.Dir, c.dir, "with the project file of the base")
		folder := filepath.Dir(c.args[0])
		folders[folder] = true
		assert.Equal(t, folder, filepath.Dir(c.flag("--program")), "what the sandbox shows of this machine is the program's folder")
		assert.Equal(t, filepath.Join(folder, "tmp"), c.variable("TMPDIR"), "and what the command puts there for it")
		assert.True(t, strings.HasPrefix(c.variable("PATH"), m.path(".ci", "unprivileged")+":"))
		assert.Equal(t, "pulumi", filepath.Base(c.variable("PLATFORM_ENGINE")))
		assert.NotContains(t, c.variable("PLATFORM_ENGINE"), "unprivileged")
		assert.Equal(t, "http://127.0.0.1:1", c.variable("AWS_ENDPOINT_URL"))
		assert.Regexp(t, "^file://.*platform-preview-[^/]*/backend$", c.variable("PULUMI_BACKEND_URL"), "a state of its own")
	}
	assert.Len(t, folders, 4, "no preview sees another's")
	for folder := range folders {
		assert.NoDirExists(t, folder, "nothing is left")
	}
	assert.Equal(t, "platform local start --dir "+m.path("cloud"), m.find(t, "platform local start").line())
	page := readText(m.path("out", "report.md"))
	assert.Contains(t, page, "## Preview of 0123abc\nPreviewed on the local cloud")
	assert.Contains(t, page, "### Stack `dev`: ✅ may be deployed")
	assert.Contains(t, page, "### Stack `prod`: ✅ may be deployed")
	assert.Contains(t, page, "\nRights: no change\n")
	m.find(t, "platform iam diff --file "+m.path("out", "candidate.dev.steps")+" --against "+m.path("out", "base.dev.steps"))
}

func TestPreviewAgainstAWS(t *testing.T) {
	t.Parallel()
	m := previewer(t, previewed, 0)
	require.NoError(t, m.step(t, "preview", "--aws", "--programs", "bin/programs", "candidate", "out", "prod"))
	candidates := m.previews(t, m.path("candidate", "Pulumi.prod.yaml"))
	require.Len(t, candidates, 1)
	assert.Empty(t, m.previews(t, m.path("Pulumi.")), "it is compared with what is deployed")
	assert.NotContains(t, candidates[0].args, "--redact-secrets")
	assert.Equal(t, "s3://dev", candidates[0].variable("PULUMI_BACKEND_URL"))
	assert.NotContains(t, readText(m.path("out", "report.md")), "`dev`")
	assert.NotContains(t, m.err.String(), "the base")
	assert.Equal(t, "platform iam diff --file "+m.path("out", "candidate.prod.steps"), m.find(t, "platform iam").line())
	for _, c := range m.calls {
		assert.NotContains(t, c.line(), "platform local")
	}
}

func TestPreviewFailsWhenTheCandidateIsRefused(t *testing.T) {
	t.Parallel()
	for answer, says := range map[string]string{
		`{"failed": true, "problems": [{"message": "too expensive"}]}`: "❌ refused",
		"panic: wrong settings": "❌ no preview",
	} {
		m := previewer(t, answer, 1)
		page := m.runnerFile(t, "GITHUB_STEP_SUMMARY")
		require.ErrorIs(t, m.step(t, "preview", "--programs", "bin/programs", "candidate", "out", "dev"), errRefused)
		assert.Contains(t, page(), says)
	}
}

// A candidate that does not compile is told so in the report, whether this job compiled it or the one before.
func TestACandidateThatDoesNotCompile(t *testing.T) {
	t.Parallel()
	const why = "main.go:1: undefined: x `<b>`"
	check := func(m *machine, err error) {
		require.ErrorIs(t, err, errRefused)
		page := readText(m.path("out", "report.md"))
		assert.Contains(t, page, "### Stack `prod`: ❌ no preview\n\nNothing could be previewed:\n\n    ")
		assert.Contains(t, page, "undefined: x '<b>'")
		assert.Empty(t, m.previews(t, m.path("candidate")))
	}
	m := previewer(t, previewed, 0)
	answer := m.answer
	m.answer = func(c call) (string, int) {
		if strings.HasPrefix(c.line(), "go build") && c.dir == m.path("candidate") {
			return why, 1
		}
		return answer(c)
	}
	require.NoError(t, m.step(t, "compile", "candidate", "bin/programs"), "the job that compiles goes on, so that the report is made")
	require.NoError(t, os.Remove(m.path("bin", "programs", "candidate")))
	check(m, m.step(t, "preview", "--programs", "bin/programs", "candidate", "out"))
	for _, c := range m.calls {
		if strings.HasPrefix(c.line(), "go build") {
			assert.Equal(t, []string{"0", "local", "off"}, []string{c.variable("CGO_ENABLED"), c.variable("GOTOOLCHAIN"), c.variable("GOWORK")}, "nothing of a checkout is run")
			assert.True(t, strings.HasPrefix(c.variable("GOFLAGS"), "-mod=readonly "))
		}
	}
	m.answer = func(c call) (string, int) {
		if strings.HasPrefix(c.line(), "go build") {
			return why, 1
		}
		return answer(c)
	}
	require.ErrorContains(t, m.step(t, "compile", "candidate", "bin/programs"), "undefined: x", "the base must compile")
}

func TestReportShowsWhatACandidateSaysAsText(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.answer = func(call) (string, int) { return "| `a\rb` |", 0 }
	const evil = "x\r\n\r\n# heading\r<!-- `--><b>\x1b[31m\u202e"
	e := m.Environments[0]
	write := func(text string) { m.file(t, "out/candidate.dev.json", text) }
	write(`{"failed": true, "counts": {"create": 1}, "changes": [{"operation": "create", "type": "t\r\n# heading", "name": "n", "properties": ["p\r# heading"]}],
		"problems": [{"message": ` + quote(evil) + `}, {"warning": true, "resource": "r\n# heading", "message": ` + quote(evil) + `}]}`)
	for _, page := range []string{m.report(t.Context(), e, m.path("out"), "Pulumi.dev.yaml", nil), func() string {
		write("no JSON")
		m.file(t, "out/candidate.dev.log", evil)
		return m.report(t.Context(), e, m.path("out"), "Pulumi.dev.yaml", nil)
	}()} {
		assert.Contains(t, page, "### Stack `dev`: ❌")
		assert.NotContains(t, page, "\r")
		assert.NotContains(t, page, "\x1b")
		assert.NotContains(t, page, "\u202e")
		for line := range strings.Lines(page) {
			if strings.Contains(line, "heading") || strings.Contains(line, "<b>") || strings.Contains(line, "<!--") {
				assert.True(t, strings.HasPrefix(line, "    "), "%q", line)
			}
		}
	}
}

func quote(text string) string {
	return `"` + strings.NewReplacer("\r", `\r`, "\n", `\n`, "\x1b", `\u001b`).Replace(text) + `"`
}
