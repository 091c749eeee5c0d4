package exemptions

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/genericcorp/platform/internal/printable"
)

// Register applies exemptions and records which of them were used. It is safe for concurrent use.
type Register struct {
	list  []Exemption
	today time.Time

	mu   sync.Mutex
	used []map[string]bool // for each exemption the URNs that it exempted, or would have exempted had it not expired
}

// NewRegister returns a register in which no exemption is used yet.
func NewRegister(list []Exemption, today time.Time) *Register {
	r := &Register{list: list, today: today, used: make([]map[string]bool, len(list))}
	for i := range r.used {
		r.used[i] = map[string]bool{}
	}
	return r
}

// Exempts tells whether a resource is exempt from a rule.
func (r *Register) Exempts(rule, urn string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	free := false
	for i, e := range r.list {
		if e.Rule == rule && e.pattern.MatchString(urn) {
			r.used[i][urn] = true
			free = free || !e.Expired(r.today)
		}
	}
	return free
}

// Report says how each exemption that applies to a stack was used, one line each, in the order of the file.
func (r *Register) Report(stack string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var lines []string
	for i, e := range r.list {
		if e.concerns(stack) {
			lines = append(lines, fmt.Sprintf("%s for %s: %s, until %s (%s)", e.Rule, e.Resources, r.status(i), e.Expires.Format(dateForm), e.Reason))
		}
	}
	return lines
}

// status says how one exemption was used.
func (r *Register) status(i int) string {
	switch n := len(r.used[i]); {
	case r.list[i].Expired(r.today) && n > 0:
		return fmt.Sprintf("EXPIRED, it no longer exempts the %s that it matches", printable.Count(n, "resource"))
	case r.list[i].Expired(r.today):
		return "EXPIRED and unused, remove it"
	case n == 0:
		return "unused, remove it"
	default:
		return fmt.Sprintf("used by %s, %s", printable.Count(n, "resource"), strings.Join(r.names(i), ", "))
	}
}

// names returns the names of the exempted resources.
func (r *Register) names(i int) []string {
	var names []string
	for urn := range r.used[i] {
		names = append(names, urn[strings.LastIndex(urn, ":")+1:])
	}
	slices.Sort(names)
	return names
}
