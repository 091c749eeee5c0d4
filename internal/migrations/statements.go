package migrations

import (
	"slices"
	"strings"
)

// Statement is one of a script's.
type Statement struct {
	Text string // without the semicolon, and without what stands before its first word
	Line int    // of the script, on which its first word stands, from 1
	// words are its first words and symbols, in capitals, to tell what it is.
	words []string
}

// mostWords is how many words tell what a statement is. Only those of an index's name may be many.
const mostWords = 40

// Split divides a script at its semicolons as psql does: not within texts, names, comments, parentheses or the body of a function.
func Split(script string) []Statement {
	l := lexer{text: script}
	var all []Statement
	line, counted := 1, 0
	for {
		s, begin, more := l.statement()
		if s.Text != "" {
			line += strings.Count(script[counted:begin], "\n")
			s.Line, counted = line, begin
			all = append(all, s)
		}
		if !more {
			return all
		}
	}
}

// alone are the beginnings of statements that PostgreSQL runs in no transaction, and of those that begin or end one.
var alone = [][]string{
	{"VACUUM"}, {"ALTER", "SYSTEM"}, {"CREATE", "DATABASE"}, {"DROP", "DATABASE"}, {"CREATE", "TABLESPACE"}, {"DROP", "TABLESPACE"},
	{"CREATE", "SUBSCRIPTION"}, {"DROP", "SUBSCRIPTION"}, {"REINDEX", "SCHEMA"}, {"REINDEX", "DATABASE"}, {"REINDEX", "SYSTEM"},
	{"BEGIN"}, {"START", "TRANSACTION"}, {"COMMIT"}, {"END"}, {"ROLLBACK"}, {"ABORT"}, {"PREPARE", "TRANSACTION"},
}

// concurrent are the beginnings of statements that CONCURRENTLY keeps out of a transaction.
var concurrent = [][]string{{"CREATE", "INDEX"}, {"CREATE", "UNIQUE", "INDEX"}, {"DROP", "INDEX"}, {"REINDEX"}, {"ALTER", "TABLE"}}

// RunsAlone tells whether the statement cannot be one of several in a transaction.
func (s Statement) RunsAlone() bool {
	begins := func(words []string) bool {
		return len(s.words) >= len(words) && slices.Equal(s.words[:len(words)], words)
	}
	if slices.ContainsFunc(alone, begins) {
		return !begins([]string{"ROLLBACK", "TO"})
	}
	return slices.ContainsFunc(concurrent, begins) && slices.Contains(s.words, "CONCURRENTLY")
}

// RunsAlone tells whether any of the statements cannot be one of several in a transaction.
func RunsAlone(statements []Statement) bool {
	return slices.ContainsFunc(statements, Statement.RunsAlone)
}

// readsInput tells whether the statement's rows would follow it, as psql sends them.
func (s Statement) readsInput() bool {
	return len(s.words) > 0 && s.words[0] == "COPY" && slices.Contains(s.words, "STDIN")
}

// Shown is the statement on one line, cut, and without what stands in its texts: a migration may hold data.
func (s Statement) Shown() string {
	const most = 160
	l := lexer{text: s.Text}
	var out strings.Builder
	for out.Len() < most {
		token, kind := l.next()
		if kind == end {
			return strings.TrimSpace(out.String())
		}
		switch {
		case kind == text && token[0] != '"':
			out.WriteString("'…'")
		case kind == space:
			if !strings.HasSuffix(out.String(), " ") {
				out.WriteString(" ")
			}
		default:
			out.WriteString(token)
		}
	}
	return strings.ToValidUTF8(out.String()[:most], "") + "…"
}

// statement reads up to a semicolon, or the end. It begins at a place in the text, or holds nothing.
func (l *lexer) statement() (s Statement, begin int, more bool) {
	begin, parentheses, body := -1, 0, 0
	for {
		at := l.at
		token, kind := l.next()
		switch kind {
		case end:
			return l.finish(s, begin, at), begin, false
		case space:
			continue
		case symbol:
			switch {
			case token == "(":
				parentheses++
			case token == ")":
				parentheses = max(0, parentheses-1)
			case token == ";" && parentheses == 0 && body == 0:
				return l.finish(s, begin, at), begin, true
			}
		case word:
			body = depth(s.words, body, strings.ToUpper(token))
		case text:
		}
		if begin < 0 {
			begin = at
		}
		if kind != text && len(s.words) < mostWords {
			s.words = append(s.words, strings.ToUpper(token))
		}
	}
}

func (l *lexer) finish(s Statement, begin, at int) Statement {
	if begin >= 0 {
		s.Text = strings.TrimSpace(l.text[begin:at])
	}
	return s
}

// depth is how deep a word leads into a function's body between BEGIN ATOMIC and END, where semicolons end nothing.
func depth(words []string, body int, word string) int {
	routine := len(words) > 1 && words[0] == "CREATE" && (isRoutine(words[1]) || len(words) > 3 && words[1] == "OR" && isRoutine(words[3]))
	switch {
	case routine && word == "BEGIN", body > 0 && word == "CASE":
		return body + 1
	case body > 0 && word == "END":
		return body - 1
	}
	return body
}

func isRoutine(word string) bool { return word == "FUNCTION" || word == "PROCEDURE" }
