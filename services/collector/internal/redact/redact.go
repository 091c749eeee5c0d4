// Package redact removes from a line of a log what looks like a secret. It errs on the side of removing too much.
package redact

import (
	"regexp"
	"strings"
)

// Removed stands in the place of a secret.
const Removed = "***"

// rule replaces what matches. Most lines have none of its words, which is cheaper to see than that the expression does not match.
type rule struct {
	words       []string // in lower case; one of them is in every line that matches
	expression  *regexp.Regexp
	replacement string
}

// named is the name of a field that holds a secret, in whatever spelling: DB_PASSWORD, clientSecret, x-api-key.
const named = `[\w.-]*(?:passw(?:or)?d|passphrase|\bpwd|secret|token|api[_-]?key|access[_-]?key|account[_-]?key|private[_-]?key|signing[_-]?key|credential|signature|session[_-]?id)[\w.-]*`

const (
	field = `(?i)(` + named + `\\*["']?\s*(?:=>|[:=])\s*)`

	quoted  = `(?:"(?:[^"\\]|\\.)*"|'[^']*')`
	escaped = `\\+"(?:[^"\\]|\\[^"])*\\+"` // in JSON within JSON
	bare    = `[^\s,;&"'}\])\\]+`
)

var words = []string{"passw", "passphrase", "pwd", "secret", "token", "key", "credential", "signature", "session"}

// Sources of tokens' forms: AWS IAM User Guide, "IAM identifiers", unique ID prefixes; GitHub Docs, "About authentication to GitHub", token
// formats; Stripe, "API keys"; Slack, "Token types"; RFC 7519 (JWT); RFC 7468 (PEM). Read 2026-11.
var rules = []rule{
	{[]string{"private key"}, regexp.MustCompile(`-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)`), Removed},
	// The lines that follow the first one of a key have nothing beside it.
	{nil, regexp.MustCompile(`^\s*[A-Za-z0-9+/]{60,76}={0,2}\s*$`), Removed},
	{[]string{"cookie"}, regexp.MustCompile(`(?i)((?:set-)?cookie\\*["']?\s*[:=]\s*\\*["'\[]*)[^"'\\\n]+`), "${1}" + Removed},
	{[]string{"authorization"}, regexp.MustCompile(`(?i)((?:proxy-)?authorization\\*["']?\s*[:=]\s*\\*["'\[]*\s*)(?:[A-Za-z][\w-]*\s+)?[^\s"'\\,}\]]+`), "${1}" + Removed},
	{[]string{"bearer", "basic"}, regexp.MustCompile(`(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}`), "${1} " + Removed},
	{[]string{"://"}, regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*://[^\s/:@"']*:)[^\s"']*@`), "${1}" + Removed + "@"},
	{words, regexp.MustCompile(field + quoted), `${1}"` + Removed + `"`},
	{words, regexp.MustCompile(field + escaped), `${1}\"` + Removed + `\"`},
	{words, regexp.MustCompile(field + bare), "${1}" + Removed},
	{[]string{"akia", "asia"}, regexp.MustCompile(`\b(?:AKIA|ASIA)[A-Z0-9]{16}\b`), Removed},
	{[]string{"eyj"}, regexp.MustCompile(`\beyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*)*`), Removed},
	{[]string{"gh", "xox", "_live_", "_test_", "whsec_"}, regexp.MustCompile(`\b(?:gh[pousr]_\w{20,}|github_pat_\w{20,}|xox[abeoprs]-[\w-]{10,}|(?:sk|rk)_(?:live|test)_\w{8,}|whsec_[\w+/=]{8,})`), Removed},
}

// Line is the line without what looks like a secret.
func Line(line string) string {
	lower := strings.ToLower(line)
	for _, r := range rules {
		if r.applies(lower) {
			line = r.expression.ReplaceAllString(line, r.replacement)
		}
	}
	return line
}

func (r rule) applies(lower string) bool {
	for _, word := range r.words {
		if strings.Contains(lower, word) {
			return true
		}
	}
	return r.words == nil
}
