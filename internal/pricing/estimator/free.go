package estimator

import (
	_ "embed"
	"strings"
	"sync"
)

// freeFile lists what costs nothing: a type, or a beginning of types with a *, then the reason.
//
//go:embed free.txt
var freeFile string

type freeRule struct{ pattern, reason string }

var freeRules = sync.OnceValue(func() []freeRule {
	var rules []freeRule
	for line := range strings.Lines(freeFile) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		pattern, reason, _ := strings.Cut(line, " ")
		rules = append(rules, freeRule{pattern, strings.TrimSpace(reason)})
	}
	return rules
})

// freeTypes remembers the types that were asked for; a stack has few.
var freeTypes sync.Map

// freeReason tells why a type costs nothing. AWS types may leave out the part after the colon.
func freeReason(token string) (string, bool) {
	if reason, ok := freeTypes.Load(token); ok {
		text, _ := reason.(string)
		return text, text != ""
	}
	for _, rule := range freeRules() {
		if fits(rule.pattern, token) {
			freeTypes.Store(token, rule.reason)
			return rule.reason, true
		}
	}
	freeTypes.Store(token, "")
	return "", false
}
