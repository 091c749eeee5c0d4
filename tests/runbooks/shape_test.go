package runbooks

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// headings are those of every page, in this order.
var headings = []string{"When", "Impact", "Who decides", "Before you start", "Steps", "Check", "Undo", "After"}

// leastShare is how much of all commands must be tried, in per cent.
const leastShare = 70

// A page fits on two screens, and says enough to be worth opening.
const fewestLines, mostLines = 40, 130

// TestShape holds every page to the same shape: whoever has used one finds the step on any other.
func TestShape(t *testing.T) {
	t.Parallel()
	for _, p := range pages(t) {
		t.Run(p.file, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, headings, p.headings)
			assert.GreaterOrEqual(t, p.lines, fewestLines)
			assert.LessOrEqual(t, p.lines, mostLines)
			assert.NotEmpty(t, append(p.of(runs), p.of(awsOnly)...), "a page has commands")
		})
	}
}

// TestShapeOfVariables lets nobody meet a variable that the page neither sets nor asks for at its top.
func TestShapeOfVariables(t *testing.T) {
	t.Parallel()
	told := regexp.MustCompile(`(?m)^Uses (.*): \[set (?:it|them) first\]\(README\.md#set-your-shell\)\.$`)
	name := regexp.MustCompile(`\$([A-Z_]+)`)
	const silent = "PGSSLROOTCERT" // which psql reads, and no command names
	var offered []string
	for _, b := range read(t, filepath.Join(folder(t), index)).blocks {
		for _, set := range exported.FindAllStringSubmatch(b.body, -1) {
			offered = append(offered, set[1])
		}
	}
	for _, p := range pages(t) {
		var asked []string
		if line := told.FindStringSubmatch(p.text); assert.NotNil(t, line, "%s: a line says which variables it uses", p.file) {
			for _, found := range name.FindAllStringSubmatch(line[1], -1) {
				asked = append(asked, found[1])
			}
		}
		for _, variable := range asked {
			assert.Contains(t, offered, variable, "%s asks for it, and %s does not say how to set it", p.file, index)
			assert.True(t, variable == silent || p.unset(slices.DeleteFunc(slices.Clone(asked), func(s string) bool { return s == variable })) != nil,
				"%s asks for $%s and does not use it", p.file, variable)
		}
		assert.NoError(t, p.unset(asked))
	}
}

// TestShapeOfSentences keeps commands that are meant to be copied in blocks, where they are counted and tried.
func TestShapeOfSentences(t *testing.T) {
	t.Parallel()
	inline := regexp.MustCompile("`((?:platform|aws|kubectl|pulumi|gh|psql|pg_dump|pg_restore|git|make|rm) [^`]*(?: -|\\$)[^`]*)`")
	block := regexp.MustCompile("(?ms)^```.*?^```$")
	for _, p := range append(pages(t), read(t, filepath.Join(folder(t), index))) {
		for _, found := range inline.FindAllStringSubmatch(block.ReplaceAllString(p.text, ""), -1) {
			t.Errorf("%s: the command %q is in a sentence: give it a block", p.file, found[1])
		}
	}
}

// TestShare counts how many of the commands are tried, and tells why each of the others is not.
func TestShare(t *testing.T) {
	t.Parallel()
	tried, all := 0, 0
	var rest []string
	for _, p := range append(pages(t), read(t, filepath.Join(folder(t), index))) {
		run, total := 0, 0
		for _, b := range p.blocks {
			if b.kind == plain {
				continue
			}
			for _, c := range b.commands() {
				total++
				if b.kind == runs {
					run++
				} else {
					rest = append(rest, fmt.Sprintf("%s:%d: %s\n    because %s", p.file, c.line, c.text, b.reason))
				}
			}
		}
		t.Logf("%-36s %3d of %3d commands are run", p.file, run, total)
		tried, all = tried+run, all+total
	}
	t.Logf("%-36s %3d of %3d commands are run, %d %%", "all pages", tried, all, 100*tried/all)
	t.Logf("not run:\n%s", strings.Join(rest, "\n"))
	assert.GreaterOrEqual(t, 100*tried, leastShare*all, "per cent of all commands are run")
}

// TestIndex finds every page in the index, and behind every link of the index and the pages a file.
func TestIndex(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)
	linked := map[string]bool{}
	for _, p := range append(pages(t), read(t, filepath.Join(folder(t), index))) {
		for _, found := range link.FindAllStringSubmatch(p.text, -1) {
			assert.FileExists(t, filepath.Join(folder(t), found[1]), "link in %s", p.file)
			if p.file == index {
				linked[found[1]] = true
			}
		}
	}
	for _, p := range pages(t) {
		assert.True(t, linked[p.file], "%s does not lead to %s", index, p.file)
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
		"no shell":            {"```sh aws-only: a\nls <id> <id>\n```\n", "page.md:1: bash cannot read the block: 1:7: `>` must be followed by a word"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := parse("page.md", c.markdown)
			assert.EqualError(t, err, c.want)
		})
	}
}

// TestParseCounts keeps what is counted as a command, and as a variable that is missing, true.
func TestParseCounts(t *testing.T) {
	t.Parallel()
	p, err := parse("page.md", "```text\nexport OLD=<its address>\n```\n"+
		"```sh run\nout() { aws \"$1\"; }\nA=1 B=$(out \"$A\")   # one\nfor C in $B; do\n  aws \"$C\"   # with the loop one\ndone; aws \"$OLD\" | tail\n"+
		"echo \"$TENANT\"\n# expect: a\nread -r D <<<\"${E:-}\"\naws \"$D\" \"$F\"\n```\n")
	require.NoError(t, err)
	var lines []int
	for _, c := range p.blocks[1].commands() {
		lines = append(lines, c.line)
	}
	assert.Equal(t, []int{6, 7, 9, 12, 13}, lines)
	assert.EqualError(t, p.unset([]string{"TENANT"}), "page.md:13: $F is set nowhere")
}
