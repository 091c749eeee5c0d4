package runbooks

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/testcloud"
)

// kind is what is done with a block.
type kind int

const (
	plain   kind = iota // no command
	runs                // run on a local cloud
	awsOnly             // not run, for a reason
)

// block is one fenced block of a page.
type block struct {
	line    int    // of its fence
	section string // the heading that it stands below
	kind    kind
	reason  string // why it is not run
	body    string
	expect  []*regexp.Regexp // each must match the output
}

// page is one runbook, or another page with the same kinds of blocks.
type page struct {
	file     string
	text     string
	lines    int
	headings []string // of the second level
	blocks   []block
}

// of are the page's blocks of a kind.
func (p page) of(k kind) (list []block) {
	for _, b := range p.blocks {
		if b.kind == k {
			list = append(list, b)
		}
	}
	return list
}

func folder(t *testing.T) string {
	t.Helper()
	return filepath.Join(testcloud.Repository(t), "runbooks")
}

// index is the page that leads to all others.
const index = "README.md"

// symptoms is the table of what people see, which is written from the code; the tests of stacks hold it to that.
const symptoms = "symptoms.md"

// pages reads every runbook: every page but the index and the table of symptoms.
func pages(t *testing.T) []page {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder(t), "*.md"))
	require.NoError(t, err)
	var all []page
	for _, file := range files {
		if name := filepath.Base(file); name != index && name != symptoms {
			all = append(all, read(t, file))
		}
	}
	require.NotEmpty(t, all)
	return all
}

func read(t *testing.T, file string) page {
	t.Helper()
	raw, err := os.ReadFile(file)
	require.NoError(t, err)
	p, err := parse(filepath.Base(file), string(raw))
	require.NoError(t, err)
	return p
}

const (
	fence   = "```"
	because = "sh aws-only: "
	expects = "# expect: "
)

// exported finds what a block tells people to set.
var exported = regexp.MustCompile(`(?m)^export ([A-Z_]+)=`)

// parse reads one page; the error names every block that is not as doc.go says.
func parse(file, markdown string) (page, error) {
	p := page{file: file, text: markdown}
	var problems []error
	wrong := func(line int, format string, args ...any) {
		problems = append(problems, fmt.Errorf("%s:%d: %s", file, line, fmt.Sprintf(format, args...)))
	}
	var open *block
	for line := range strings.Lines(markdown) {
		p.lines++
		line = strings.TrimRight(line, "\n")
		info, fenced := strings.CutPrefix(line, fence)
		switch {
		case fenced && open == nil:
			open = &block{line: p.lines}
			if len(p.headings) > 0 {
				open.section = p.headings[len(p.headings)-1]
			}
			switch reason, remote := strings.CutPrefix(info, because); {
			case info == "sh run":
				open.kind = runs
			case remote:
				open.kind, open.reason = awsOnly, reason
				if reason == "" {
					wrong(p.lines, "%q gives no reason why the block is not run", because)
				}
			case info != "text":
				wrong(p.lines, `block %q: expected "sh run", "sh aws-only: <reason>" or "text"`, info)
			}
		case fenced:
			if open.kind == runs && len(open.expect) == 0 && len(problems) == 0 {
				wrong(open.line, `the block says nowhere what to expect: it needs a line "# expect: <regexp>"`)
			}
			if open.kind != plain {
				if _, err := open.shell(); err != nil {
					wrong(open.line, "bash cannot read the block: %v", err)
				}
			}
			p.blocks = append(p.blocks, *open)
			open = nil
		case open == nil && strings.HasPrefix(line, "## "):
			p.headings = append(p.headings, strings.TrimPrefix(line, "## "))
		case open != nil:
			if expected, found := strings.CutPrefix(line, expects); found && open.kind == runs {
				pattern, err := regexp.Compile("(?m)" + expected)
				if err != nil {
					wrong(open.line, "%v", err)
				} else {
					open.expect = append(open.expect, pattern)
				}
			}
			open.body += line + "\n" // with the expectations, which bash takes for comments, so that lines can be counted
		}
	}
	if open != nil {
		wrong(open.line, "the block is not closed")
	}
	return p, errors.Join(problems...)
}

// missing says what the page promises of a block's output and the output lacks.
func (b block) missing(output string) (list []string) {
	for _, pattern := range b.expect {
		if !pattern.MatchString(output) {
			list = append(list, fmt.Sprintf("the output does not match %q:\n%s", strings.TrimPrefix(pattern.String(), "(?m)"), output))
		}
	}
	return list
}
