package readiness

import (
	_ "embed"
	"fmt"
	"html/template"
	"strings"
	"time"

	"github.com/genericcorp/platform/internal/printable"
)

//go:embed page.html
var page string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"line": printable.Line, "short": Short, "passed": func(s State) bool { return s == Passed },
	"time":     func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") + " UTC" },
	"sentence": func(text string) string { return strings.ToUpper(text[:1]) + text[1:] }, // the list's own, in ASCII
}).Parse(page))

// HTML is the verdict as one page that needs nothing else: no script, no picture, no other server. What is not ready is unfolded.
func (v Verdict) HTML() (string, error) {
	var out strings.Builder
	if err := pageTemplate.Execute(&out, v); err != nil {
		return "", fmt.Errorf("write the page: %w", err)
	}
	return out.String(), nil
}
