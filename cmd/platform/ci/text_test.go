package ci

import (
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Whatever is in a text, each line of it is one of a block of code.
func TestNothingLeavesAFence(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching("[a#<>`\r\n\t\x1b -]*")).Draw(t, "text")
		fenced := fence(text)
		for line := range strings.Lines(fenced) {
			require.True(t, strings.HasPrefix(line, "    ") && strings.HasSuffix(line, "\n"), "%q", line)
		}
		for _, r := range fenced {
			require.True(t, r == '\n' || unicode.IsPrint(r), "%q", r)
		}
		require.NotContains(t, fenced, "`")
		require.True(t, utf8.ValidString(fenced))
	})
}

func TestLongTextsAreCutAndSaySo(t *testing.T) {
	t.Parallel()
	assert.Less(t, len(fence(strings.Repeat("€", 10_000))), 2100)
	fenced := fence(strings.Repeat(strings.Repeat("x", 995)+"\n", 20) + "short\n")
	assert.Less(t, len(fenced), 8100)
	assert.True(t, strings.HasSuffix(fenced, "    (and 13 lines more)\n"), fenced[len(fenced)-50:])
}

// A runner takes lines that begin with :: and anything after ##[ for its own.
func TestNoTextIsACommandToTheRunner(t *testing.T) {
	t.Parallel()
	command := regexp.MustCompile(`(?m)^\s*::|##\[`)
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching("([:# \r\n\t\\[a]|::error::|##\\[group\\]|\u2028)*").Draw(t, "text")
		require.NotRegexp(t, command, forLog(text))
	})
	var out strings.Builder
	log := &logWriter{to: &out}
	for _, part := range []string{"a:", ":b\n:", ":error::c\n d"} {
		_, err := log.Write([]byte(part))
		require.NoError(t, err)
	}
	require.NoError(t, log.Close())
	assert.Equal(t, "a::b\n: :error::c\n d\n", out.String())
}

func TestCutIsBetweenCharacters(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text, most := rapid.String().Draw(t, "text"), rapid.IntRange(0, 50).Draw(t, "most")
		short := cut(text, most)
		require.True(t, strings.HasPrefix(text, short) && utf8.ValidString(short) && len(short) <= max(most, 0))
		require.True(t, len(text) <= most || len(short) > most-utf8.UTFMax)
	})
}
