package runbooks

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// headings are those of every page, in this order.
var headings = []string{"When", "Impact", "Who decides", "Before you start", "Steps", "Check", "Undo", "After"}

// leastShare is how much of all commands must be tried, in per cent of the blocks.
const leastShare = 70

// A page fits on two screens, and says enough to be worth opening.
const fewestLines, mostLines = 40, 100

// TestShape holds every page to the same shape: whoever has used one finds the step on any other.
func TestShape(t *testing.T) {
	t.Parallel()
	for _, p := range pages(t) {
		t.Run(p.file, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, headings, p.headings)
			assert.GreaterOrEqual(t, p.lines, fewestLines)
			assert.LessOrEqual(t, p.lines, mostLines)
			assert.NotZero(t, p.count(runs)+p.count(awsOnly), "a page has commands")
		})
	}
}

// TestShare counts how much of what the pages say is tried.
func TestShare(t *testing.T) {
	t.Parallel()
	tried, all := 0, 0
	for _, p := range pages(t) {
		run, remote := p.count(runs), p.count(awsOnly)
		t.Logf("%-36s %2d of %2d blocks are run", p.file, run, run+remote)
		tried, all = tried+run, all+run+remote
	}
	t.Logf("%-36s %2d of %2d blocks are run, %d %%", "all pages", tried, all, 100*tried/all)
	assert.GreaterOrEqual(t, 100*tried, leastShare*all, "per cent of all blocks are run")
}

// TestIndex finds every page in the index, and behind every link of the index and the pages a file.
func TestIndex(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)
	linked := map[string]bool{}
	files, err := filepath.Glob(filepath.Join(folder(t), "*.md"))
	require.NoError(t, err)
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, found := range link.FindAllStringSubmatch(string(raw), -1) {
			assert.FileExists(t, filepath.Join(folder(t), found[1]), "link in %s", filepath.Base(file))
			if filepath.Base(file) == "README.md" {
				linked[found[1]] = true
			}
		}
	}
	for _, p := range pages(t) {
		assert.True(t, linked[p.file], "README.md does not lead to %s", p.file)
	}
}

// TestParseRefuses keeps the rules about blocks themselves true.
func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ markdown, want string }{
		"unknown words":       {"```sh\nls\n```\n", `page.md:1: block "sh": expected "sh run", "sh aws-only: <reason>" or "text"`},
		"no reason":           {"a\n\n```sh aws-only: \nls\n```\n", `page.md:3: "sh aws-only: " gives no reason why the block is not run`},
		"no expectation":      {"```sh run\nls\n```\n", `page.md:1: the block says nowhere what to expect: it needs a line "# expect: <regexp>"`},
		"a wrong expectation": {"```sh run\n# expect: (\n```\n", "page.md:1: error parsing regexp: missing closing ): `(?m)(`"},
		"no end":              {"```sh run\nls\n", "page.md:1: the block is not closed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := parse("page.md", c.markdown)
			assert.EqualError(t, err, c.want)
		})
	}
}
