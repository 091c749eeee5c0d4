package migrations

import (
	"regexp"
	"strings"
)

// kind is what a token is, as far as dividing a script needs to know.
type kind int

const (
	end    kind = iota
	space       // or a comment
	word        // a keyword, a name without quotes, or a number
	symbol      // any other character
	text        // 'text', "name" or $$text$$
)

// lexer reads tokens by PostgreSQL's rules, with standard_conforming_strings on.
// https://www.postgresql.org/docs/current/sql-syntax-lexical.html
type lexer struct {
	text string
	at   int
}

var dollarTag = regexp.MustCompile(`^\$([A-Za-z_\x80-\xff][A-Za-z0-9_\x80-\xff]*)?\$`)

func (l *lexer) next() (string, kind) {
	rest := l.text[l.at:]
	if rest == "" {
		return "", end
	}
	length, kind := measure(rest)
	l.at += length
	return rest[:length], kind
}

// measure is how long the first token is, and of which kind.
func measure(rest string) (int, kind) {
	switch c := rest[0]; {
	case strings.IndexByte(" \t\r\n\f\v", c) >= 0:
		return len(rest) - len(strings.TrimLeft(rest, " \t\r\n\f\v")), space
	case strings.HasPrefix(rest, "--"):
		return until(rest, "\n", 0), space
	case strings.HasPrefix(rest, "/*"):
		return comment(rest), space
	case c == '\'':
		return quoted(rest, '\'', false), text
	case (c == 'e' || c == 'E') && len(rest) > 1 && rest[1] == '\'':
		return 1 + quoted(rest[1:], '\'', true), text
	case c == '"':
		return quoted(rest, '"', false), text
	case c == '$' && dollarTag.MatchString(rest):
		tag := dollarTag.FindString(rest)
		return until(rest, tag, len(tag)), text
	case inWord(c):
		return wordLength(rest), word
	default:
		return 1, symbol
	}
}

func wordLength(rest string) int {
	length := 1
	for length < len(rest) && (inWord(rest[length]) || rest[length] == '$') {
		length++
	}
	return length
}

func inWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c >= 0x80
}

// until is the length up to and with the end, which is looked for from a place on; all, if there is none.
func until(rest, end string, from int) int {
	if found := strings.Index(rest[from:], end); found >= 0 {
		return from + found + len(end)
	}
	return len(rest)
}

// quoted is the length of what stands in quotes. Two of them are one of the text.
func quoted(rest string, quote byte, escapes bool) int {
	for i := 1; i < len(rest); i++ {
		switch {
		case escapes && rest[i] == '\\':
			i++
		case rest[i] != quote:
		case i+1 < len(rest) && rest[i+1] == quote:
			i++
		default:
			return i + 1
		}
	}
	return len(rest)
}

// comment is the length of a comment that may hold others.
func comment(rest string) int {
	depth := 0
	for i := 0; i < len(rest); i++ {
		switch {
		case strings.HasPrefix(rest[i:], "/*"):
			depth++
			i++
		case strings.HasPrefix(rest[i:], "*/"):
			i++
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(rest)
}
