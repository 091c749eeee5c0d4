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

	"github.com/genericcorp/platform/tests/lab"
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
	line   int // of its fence
	kind   kind
	body   string
	expect []*regexp.Regexp // each must match the output
}

// page is one runbook.
type page struct {
	file     string
	lines    int
	headings []string // of the second level
	blocks   []block
}

// count tells how many blocks are of a kind.
func (p page) count(k kind) (n int) {
	for _, b := range p.blocks {
		if b.kind == k {
			n++
		}
	}
	return n
}

func folder(t *testing.T) string {
	t.Helper()
	return filepath.Join(lab.Repository(t), "runbooks")
}

// pages reads every runbook but the index.
func pages(t *testing.T) []page {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder(t), "*.md"))
	require.NoError(t, err)
	var all []page
	for _, file := range files {
		if filepath.Base(file) == "README.md" {
			continue
		}
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		p, err := parse(filepath.Base(file), string(raw))
		require.NoError(t, err)
		all = append(all, p)
	}
	require.NotEmpty(t, all)
	return all
}

const (
	fence   = "```"
	because = "sh aws-only: "
	expects = "# expect: "
)

// parse reads one page; the error names every block that is not as doc.go says.
func parse(file, markdown string) (page, error) {
	p := page{file: file}
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
			switch reason, remote := strings.CutPrefix(info, because); {
			case info == "sh run":
				open.kind = runs
			case remote:
				open.kind = awsOnly
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
			p.blocks = append(p.blocks, *open)
			open = nil
		case open == nil && strings.HasPrefix(line, "## "):
			p.headings = append(p.headings, strings.TrimPrefix(line, "## "))
		case open != nil && open.kind == runs && strings.HasPrefix(line, expects):
			pattern, err := regexp.Compile("(?m)" + strings.TrimPrefix(line, expects))
			if err != nil {
				wrong(open.line, "%v", err)
				continue
			}
			open.expect = append(open.expect, pattern)
		case open != nil:
			open.body += line + "\n"
		}
	}
	if open != nil {
		wrong(open.line, "the block is not closed")
	}
	return p, errors.Join(problems...)
}
