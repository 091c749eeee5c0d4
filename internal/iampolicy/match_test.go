package iampolicy

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The wildcards are those of a regular expression, whatever the texts.
func TestGlobIsThatOfARegularExpression(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		pattern, text := rapid.StringOfN(rapid.RuneFrom([]rune("ab*?")), 0, 8, -1).Draw(t, "pattern"), rapid.StringOfN(rapid.RuneFrom([]rune("ab")), 0, 8, -1).Draw(t, "text")
		want := regexp.MustCompile("^" + strings.NewReplacer("*", ".*", "?", ".").Replace(pattern) + "$").MatchString(text)
		if got := glob(pattern, text); got != want {
			t.Fatalf("glob(%q, %q): got %t, expected %t", pattern, text, got, want)
		}
	})
}
