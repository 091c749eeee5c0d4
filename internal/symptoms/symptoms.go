// Package symptoms finds in the code what it says when something is wrong, and which page of runbooks/ each such message leads to.
//
// A comment beside a message names its page:
//
//	//page:tenant-restore
//	return errors.New("the archive is gone")
//
// It stands right above the message, or in the comment of a function, a variable or the package for all messages in there that have
// none of their own. A message that needs no page says why:
//
//	//page:none what was typed is wrong, and the message says what is right
//
// Every error that begins here must have one: what errors.New, fmt.Errorf, exit.Usagef and the field Message of an api.Error say, unless it
// only says where the error that it wraps came from. So must what the sweep says of a tenant ("tenant %s: ..."). Any other sentence
// is found where such a comment is right above it, or where the comment of its function says so:
//
//	//page:tenant-over-limit sentences
package symptoms

import (
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Message is something that the code says.
type Message struct {
	Text string // as people see it, with … for what differs from time to time
	Page string // of runbooks/, without .md; empty: it needs none
	At   string // file:line, below the folder that was asked for
}

const (
	none      = "none"      // is the page of messages that need none; a reason follows
	sentences = "sentences" // after the page: all sentences of the function are messages
	ofTenant  = "tenant %s: "
)

var (
	directive = regexp.MustCompile(`^//page:(\S+)\s*(.*)$`)
	verb      = regexp.MustCompile(`%[-+# 0]*[\d.]*[a-zA-Z]`)
	// wraps ends a message that says where the error that it wraps came from, and nothing of its own.
	wraps = regexp.MustCompile(`%w\)?$`)
)

// Find gives the messages of the packages below the folders, which are below root. Its error names every message without a page, and
// every comment that no message has.
func Find(root string, folders ...string) ([]Message, error) {
	var all []Message
	var problems []error
	for _, folder := range folders {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil || !entry.IsDir():
				return err
			case entry.Name() == "testdata":
				return filepath.SkipDir
			}
			found, wrong := inPackage(root, path)
			all, problems = append(all, found...), append(problems, wrong...)
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("look for messages below %s: %w", folder, err)
		}
	}
	slices.SortStableFunc(all, func(a, b Message) int { return cmp.Or(cmp.Compare(a.Text, b.Text), cmp.Compare(a.At, b.At)) })
	return all, errors.Join(problems...)
}

// mark is a comment that names a page.
type mark struct {
	page      string
	sentences bool
	from, to  int // the lines that it is for
	at        string
	used      bool
}

// source is one file, and what is known of its messages.
type source struct {
	files *token.FileSet
	path  string // below the root
	file  *ast.File
	marks []*mark // the one with the fewest lines wins
	found []Message
	wrong []error
}

func inPackage(root, folder string) (found []Message, wrong []error) {
	paths, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		return nil, []error{err}
	}
	var sources []*source
	var whole []*mark // in the package's own comment
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		below, err := filepath.Rel(root, path)
		if err != nil {
			return nil, []error{err}
		}
		s := &source{files: token.NewFileSet(), path: filepath.ToSlash(below)}
		if s.file, err = parser.ParseFile(s.files, path, nil, parser.ParseComments|parser.SkipObjectResolution); err != nil {
			return nil, []error{err}
		}
		whole = append(whole, s.read()...)
		sources = append(sources, s)
	}
	for _, s := range sources {
		s.marks = append(s.marks, whole...)
		s.look()
		found, wrong = append(found, s.found...), append(wrong, s.wrong...)
	}
	for _, s := range sources {
		for _, m := range s.marks {
			if !m.used && !slices.Contains(whole, m) {
				wrong = append(wrong, fmt.Errorf("%s: no message belongs to the page %s: remove the comment", m.at, m.page))
			}
		}
	}
	for _, m := range whole {
		if !m.used {
			wrong = append(wrong, fmt.Errorf("%s: no message of the package belongs to the page %s: remove the comment", m.at, m.page))
		}
	}
	return found, wrong
}

func (s *source) line(p token.Pos) int { return s.files.Position(p).Line }

func (s *source) at(p token.Pos) string { return fmt.Sprintf("%s:%d", s.path, s.line(p)) }

// read collects the file's marks, and gives those of the whole package.
func (s *source) read() (whole []*mark) {
	for _, group := range s.file.Comments {
		for _, c := range group.List {
			parts := directive.FindStringSubmatch(c.Text)
			if parts == nil {
				continue
			}
			if parts[1] == none && parts[2] == "" {
				s.wrong = append(s.wrong, fmt.Errorf("%s: it says no reason why the message needs no page", s.at(c.Pos())))
			}
			next := s.line(group.End()) + 1
			m := &mark{page: parts[1], sentences: parts[1] != none && parts[2] == sentences, at: s.at(c.Pos()), from: next, to: next}
			if group == s.file.Doc {
				m.from, m.to = 0, 1<<30
				whole = append(whole, m)
				continue
			}
			for _, declared := range s.file.Decls {
				if doc := docOf(declared); doc == group {
					m.from, m.to = s.line(declared.Pos()), s.line(declared.End())
				}
			}
			s.marks = append(s.marks, m)
		}
	}
	return whole
}

func docOf(declared ast.Decl) *ast.CommentGroup {
	switch d := declared.(type) {
	case *ast.FuncDecl:
		return d.Doc
	case *ast.GenDecl:
		return d.Doc
	}
	return nil
}

// look goes through the file's messages: errors, and the sentences beside which a comment stands.
func (s *source) look() {
	ast.Inspect(s.file, func(n ast.Node) bool {
		if text := errorText(n); text != nil {
			s.add(n, text, true)
		}
		return true
	})
	ast.Inspect(s.file, func(n ast.Node) bool {
		if errorText(n) != nil {
			return false
		}
		text, ok := n.(ast.Expr)
		if !ok {
			return true
		}
		if shown := sentence(text); shown == "" || !strings.Contains(shown, " ") {
			return true
		}
		s.add(text, text, false)
		return false
	})
}

// add notes what is said at a place; a message that begins an error must have a mark, another sentence is one only beside a mark.
func (s *source) add(n ast.Node, text ast.Expr, must bool) {
	shown := sentence(text)
	must = must || strings.HasPrefix(shown, ofTenant)
	if !strings.ContainsFunc(verb.ReplaceAllString(shown, ""), isLetter) || wraps.MatchString(shown) {
		return
	}
	var best *mark
	for _, m := range s.marks {
		spans := m.from <= s.line(n.End()) && s.line(n.Pos()) <= m.to
		if spans && (must || m.from == m.to || m.sentences) && (best == nil || m.to-m.from < best.to-best.from) {
			best = m
		}
	}
	if best == nil {
		if must {
			s.wrong = append(s.wrong, fmt.Errorf("%s: the message %q leads to no page: write //page:<name of a page of runbooks/>, or //page:none <why>, above it", s.at(n.Pos()), shown))
		}
		return
	}
	best.used = true
	page := best.page
	if page == none {
		page = ""
	}
	s.found = append(s.found, Message{Text: visible(shown), Page: page, At: s.at(n.Pos())})
}

// errorText is what the expression that begins an error says; nil where none begins.
func errorText(n ast.Node) ast.Expr {
	switch e := n.(type) {
	case *ast.CallExpr:
		function, ok := e.Fun.(*ast.SelectorExpr)
		if !ok || len(e.Args) == 0 {
			return nil
		}
		from, ok := function.X.(*ast.Ident)
		if ok && slices.Contains([]string{"errors.New", "fmt.Errorf", "exit.Usagef"}, from.Name+"."+function.Sel.Name) {
			return e.Args[0]
		}
	case *ast.CompositeLit:
		kind, ok := e.Type.(*ast.SelectorExpr)
		if !ok || kind.Sel.Name != "Error" {
			return nil
		}
		for _, field := range e.Elts {
			if pair, ok := field.(*ast.KeyValueExpr); ok {
				if key, ok := pair.Key.(*ast.Ident); ok && key.Name == "Message" {
					return pair.Value
				}
			}
		}
	}
	return nil
}

// sentence is the text of an expression: its literals, and %v for what is not known before it runs. Empty: it has no literal.
func sentence(e ast.Expr) string {
	text, known := parts(e)
	if !known {
		return ""
	}
	return text
}

func parts(e ast.Expr) (text string, known bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind == token.STRING {
			unquoted, err := strconv.Unquote(e.Value)
			return unquoted, err == nil
		}
	case *ast.BinaryExpr:
		if e.Op == token.ADD {
			left, knownLeft := parts(e.X)
			right, knownRight := parts(e.Y)
			return left + right, knownLeft || knownRight
		}
	}
	return "%v", false
}

// visible is a format as people see it, without what only leads to the error that it wraps.
func visible(format string) string {
	const percent = "\x00"
	text := strings.ReplaceAll(format, "%%", percent)
	text = strings.ReplaceAll(text, "%q", `"…"`)
	text = strings.ReplaceAll(verb.ReplaceAllString(text, "…"), percent, "%")
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(text, "…: "), "tenant …: "), ": …")
}

func isLetter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }
