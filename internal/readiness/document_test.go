package readiness

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the list in docs/readiness.md again")

const document = "../../docs/readiness.md"

// list is the part of the document that is written from Criteria.
var list = regexp.MustCompile(`(?s)(<!-- begin: [^\n]*-->\n).*(<!-- end -->\n)`)

// The document has the list as it is judged by.
func TestDocument(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(document)
	require.NoError(t, err)
	require.Regexp(t, list, string(text))
	want := list.ReplaceAllStringFunc(string(text), func(found string) string {
		parts := list.FindStringSubmatch(found)
		return parts[1] + tables() + parts[2]
	})
	if *update {
		require.NoError(t, os.WriteFile(document, []byte(want), 0o600))
		return
	}
	require.Equal(t, want, string(text), "run `go generate ./internal/readiness`")
}

// tables are the criteria, each with its checks.
func tables() string {
	var out strings.Builder
	for i, criterion := range Criteria() {
		fmt.Fprintf(&out, "\n### %d. %s\n\n| check | what good evidence shows | goals | counts for | made by |\n|---|---|---|---|---|\n", i+1, criterion.Question)
		for _, c := range criterion.Checks {
			var goals []string
			for _, g := range c.Goals {
				goals = append(goals, g.Number+": "+g.String())
			}
			counts := "is asked at once"
			if !c.Live() {
				counts = days(c.Age)
			}
			link := "../" + c.Page
			if page, ok := strings.CutPrefix(c.Page, "docs/"); ok {
				link = page
			}
			fmt.Fprintf(&out, "| [`%s`](%s) | %s | %s | %s | `%s` |\n", c.Name, link, c.Shows, strings.Join(goals, "; "), counts, c.fresh(""))
		}
	}
	out.WriteString("\n")
	return out.String()
}
