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

// slowResourceLike is resourceLike by trying everything.
func slowResourceLike(pattern, arn string, colons int) bool {
	if pattern == "" {
		return arn == ""
	}
	wide := colons >= arnParts-1
	switch {
	case pattern[0] == '*':
		wide = wide || pattern == "*" || pattern[1] == ':'
		for i := 0; ; i++ {
			if slowResourceLike(pattern[1:], arn[i:], colons) {
				return true
			}
			if i == len(arn) || arn[i] == ':' && !wide {
				return false
			}
		}
	case arn == "":
		return false
	case pattern[0] == '?':
		return (wide || arn[0] != ':') && slowResourceLike(pattern[1:], arn[1:], colons)
	case pattern[0] == ':':
		colons++
	}
	return pattern[0] == arn[0] && slowResourceLike(pattern[1:], arn[1:], colons)
}

func TestResourcesMatchAsASlowOracleSays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringOfN(rapid.RuneFrom([]rune("aa::**?")), 0, 12, -1).Draw(t, "pattern")
		arn := rapid.StringOfN(rapid.RuneFrom([]rune("a:")), 0, 12, -1).Draw(t, "arn")
		if got, want := resourceLike(pattern, arn), slowResourceLike(pattern, arn, 0); got != want {
			t.Fatalf("resourceLike(%q, %q): got %t, expected %t", pattern, arn, got, want)
		}
	})
}

func FuzzResourceLike(f *testing.F) {
	f.Add("arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket/key")
	f.Add("arn:*:?**:a", "arn:aws:logs:us-east-1:a")
	f.Fuzz(func(t *testing.T, pattern, arn string) {
		if len(pattern) > 20 || len(arn) > 20 {
			return // the oracle is slow
		}
		if got, want := resourceLike(pattern, arn), slowResourceLike(pattern, arn, 0); got != want {
			t.Errorf("resourceLike(%q, %q): got %t, expected %t", pattern, arn, got, want)
		}
		if glob(pattern, arn) && !glob("*"+pattern, arn) {
			t.Errorf("glob(%q, %q): got true, and false behind a star", pattern, arn)
		}
	})
}
