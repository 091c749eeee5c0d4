// Package printable makes text that others have chosen (tenants, pull requests, servers) fit to be shown: a terminal, a log
// or a browser acts on some characters instead of showing them. No such text is shown without passing here.
package printable

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Count is a number of things in words: "1 object", "2 objects".
func Count[N int | int64](n N, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}

// Text writes out the characters that would act: terminal codes, marks of direction, carriage returns. Lines stay lines, and
// tabs are spaces.
func Text(text string) string { return strings.ReplaceAll(escape(text), "\t", " ") }

// Line is Text on one line: line ends and tabs are written out, too.
func Line(text string) string { return oneLine.Replace(escape(text)) }

var oneLine = strings.NewReplacer("\n", `\n`, "\t", `\t`)

// escape leaves printable characters, line ends and tabs, and writes others as JSON does: what was a document stays one.
func escape(text string) string {
	var out strings.Builder
	for _, r := range text {
		switch {
		case r == '\n' || r == '\t' || unicode.IsPrint(r):
			out.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&out, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return out.String()
}

// Writer passes on what is printable, and the rest written out.
type Writer struct {
	To   io.Writer
	rest []byte // the beginning of a character
}

// Write takes all of the text, or fails.
func (w *Writer) Write(text []byte) (int, error) {
	all := slices.Concat(w.rest, text)
	whole := len(all)
	for i := max(0, whole-utf8.UTFMax+1); i < whole; i++ {
		if utf8.RuneStart(all[i]) && !utf8.FullRune(all[i:]) {
			whole = i
		}
	}
	w.rest = slices.Clone(all[whole:])
	if _, err := io.WriteString(w.To, escape(string(all[:whole]))); err != nil {
		return 0, err
	}
	return len(text), nil
}

// Unwrap gives what a writer passes on to, for those who write terminal codes of their own.
func Unwrap(w io.Writer) io.Writer {
	if printable, ok := w.(*Writer); ok {
		return printable.To
	}
	return w
}
