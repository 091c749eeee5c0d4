package printable_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/printable"
)

func TestTextNamesWhatWouldAct(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "a\\u000d# b \\u001b[2J\\u0000\\u202e\\u0085 ✅ é\nc d", printable.Text("a\r# b \x1b[2J\x00\u202e\u0085 ✅ é\nc\td"))
}

func TestLineIsOne(t *testing.T) {
	t.Parallel()
	assert.Equal(t, `a\n::error::b\t\u001b[2J\u000d\u202e é`, printable.Line("a\n::error::b\t\x1b[2J\r\u202e é"))
}

// FuzzWriter gives a document with any text to a writer, in two parts: all of it is printable, and it is the document.
func FuzzWriter(f *testing.F) {
	for _, text := range []string{"acme", "\x1b]0;title\a", "a\rb\n::error::x", "\u202eevil\u2066", "\U000e0001tag", "\x80\xff", "é✅"} {
		f.Add(text, 5)
	}
	f.Fuzz(func(t *testing.T, text string, at int) {
		document, err := json.Marshal(text)
		require.NoError(t, err)
		at = min(max(at, 0), len(document))
		var out strings.Builder
		w := &printable.Writer{To: &out}
		for _, part := range [][]byte{document[:at], document[at:]} {
			n, err := w.Write(part)
			require.NoError(t, err)
			require.Equal(t, len(part), n)
		}
		for _, r := range out.String() + printable.Text(text) {
			require.True(t, r == '\n' || unicode.IsPrint(r), "%q", r)
		}
		require.NotContains(t, printable.Line(text), "\n")
		var read string
		require.NoError(t, json.Unmarshal([]byte(out.String()), &read))
		require.Equal(t, strings.ToValidUTF8(text, string(utf8.RuneError)), toValid(read, text))
	})
}

// toValid is what was read, where the text had no invalid bytes: those are told apart by nothing.
func toValid(read, text string) string {
	if utf8.ValidString(text) {
		return read
	}
	return strings.ToValidUTF8(text, string(utf8.RuneError))
}

func TestCount(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "0 objects", 1: "1 object", 2: "2 objects"} {
		require.Equal(t, want, printable.Count(n, "object"))
	}
}
