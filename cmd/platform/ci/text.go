package ci

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/genericcorp/platform/internal/printable"
)

// forLog makes a text fit for a job's log, where lines that begin with :: or have ##[ in them are commands to the runner.
func forLog(text string) string {
	text = strings.ReplaceAll(printable.Text(text), "##[", "# #[")
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if rest := strings.TrimSpace(line); strings.HasPrefix(rest, "::") {
			lines[i] = ": " + rest[1:]
		}
	}
	return strings.Join(lines, "\n")
}

// What a block of code holds at most: GitHub refuses a comment of more than 65,536 characters.
const (
	widestLine = 2000
	mostFenced = 8000
)

// fence shows a text as a block of code, from which nothing leads into the page's markup. Of a long one the first lines are
// shown.
func fence(text string) string {
	var out strings.Builder
	size, more := 0, 0
	for line := range strings.Lines(strings.ReplaceAll(printable.Text(text), "`", "'")) {
		line = "    " + cut(strings.TrimSuffix(line, "\n"), widestLine) + "\n"
		if size += len(line); size > mostFenced {
			more++
			continue
		}
		out.WriteString(line)
	}
	if more > 0 {
		fmt.Fprintf(&out, "    (and %s more)\n", printable.Count(more, "line"))
	}
	return out.String()
}

// cut shortens a text to so many bytes, between two characters.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most]
}

// lastLines is the end of a text.
func lastLines(text string, most int) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-most):], "\n")
}

// logWriter passes whole lines on to a job's log.
type logWriter struct {
	to   io.Writer
	rest []byte
}

// Write passes on what is whole and keeps the rest.
func (w *logWriter) Write(text []byte) (int, error) {
	w.rest = append(w.rest, text...)
	if end := strings.LastIndexByte(string(w.rest), '\n') + 1; end > 0 {
		whole := string(w.rest[:end])
		w.rest = append([]byte(nil), w.rest[end:]...)
		if _, err := io.WriteString(w.to, forLog(whole)); err != nil {
			return 0, err
		}
	}
	return len(text), nil
}

// Close passes on a last line without an end.
func (w *logWriter) Close() error {
	if len(w.rest) == 0 {
		return nil
	}
	_, err := w.Write([]byte("\n"))
	return err
}
