package catalogue

import (
	"strconv"
	"strings"
	"time"
)

var lifecycleColumns = []string{"service", "engine", "version", "extended", "year3", "ends", "source", "confidence"}

type versionKey struct{ service, engine, version string }

// Lifecycle is the support calendar of one version.
type Lifecycle struct {
	Extended time.Time // first day on which extended support is billed
	Year3    time.Time // first day of the third year's price; zero where there is none
	Ends     time.Time // first day without any support; zero where not known
}

// SupportPhase is where a version stands on a day.
type SupportPhase string

// The phases of support.
const (
	Standard     SupportPhase = "standard"
	ExtendedYear SupportPhase = "year-1-2" // first and second year of extended support
	ExtendedLast SupportPhase = "year-3"   // third year, and whatever follows
)

// PhaseOn returns the phase on a day. After the end of support AWS upgrades by force; the last price is kept as the
// upper bound until then.
func (l Lifecycle) PhaseOn(day time.Time) SupportPhase {
	switch {
	case l.Extended.IsZero() || day.Before(l.Extended):
		return Standard
	case l.Year3.IsZero() || day.Before(l.Year3):
		return ExtendedYear
	default:
		return ExtendedLast
	}
}

// Support finds the calendar of a version: an exact row first, then the version's shorter forms ("11.22" finds "11").
// A version older than every known one of its engine counts as the oldest, a newer one as supported; known tells whether
// a row was found.
func (c *Catalogue) Support(service, engine, version string) (found Lifecycle, known bool) {
	for v := version; v != ""; v = shorter(v) {
		if l, ok := c.lifecycle[versionKey{service, engine, v}]; ok {
			return l, true
		}
	}
	oldest := ""
	for key := range c.lifecycle {
		if key.service == service && key.engine == engine && (oldest == "" || versionLess(key.version, oldest)) {
			oldest = key.version
		}
	}
	if oldest != "" && versionLess(version, oldest) {
		return c.lifecycle[versionKey{service, engine, oldest}], true
	}
	return Lifecycle{}, false
}

func shorter(version string) string {
	if i := strings.LastIndexByte(version, '.'); i >= 0 {
		return version[:i]
	}
	return ""
}

// versionLess compares dotted numbers; a part that is no number makes the version the newest, so that it is never
// mistaken for an old one.
func versionLess(a, b string) bool {
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(as), len(bs)) {
		x, errX := strconv.Atoi(as[i])
		y, errY := strconv.Atoi(bs[i])
		switch {
		case errX != nil:
			return false
		case errY != nil:
			return true
		case x != y:
			return x < y
		}
	}
	return false
}

// version checks one row of lifecycle.csv and takes it when nothing is wrong with it.
func (l *loader) version(file string, line int, cell []string) {
	before := len(l.errs)
	key := versionKey{cell[0], cell[1], cell[2]}
	if key.service == "" || key.engine == "" || key.version == "" {
		l.problem(file, line, "service, engine and version must be given")
	}
	dates := Lifecycle{Extended: l.date(file, line, "extended", cell[3])}
	if cell[4] != "" {
		dates.Year3 = l.date(file, line, "year3", cell[4])
	}
	if cell[5] != "" {
		dates.Ends = l.date(file, line, "ends", cell[5])
	}
	if !dates.Year3.IsZero() && !dates.Year3.After(dates.Extended) || !dates.Ends.IsZero() && !dates.Ends.After(dates.Extended) {
		l.problem(file, line, "year3 and ends must come after extended")
	}
	if strings.TrimSpace(cell[6]) == "" {
		l.problem(file, line, "the source is missing")
	}
	if !confidences[Confidence(cell[7])] {
		l.problem(file, line, "unknown confidence %q", cell[7])
	}
	if l.unique(file, line, strings.Join(cell[:3], " ")) && len(l.errs) == before {
		l.c.lifecycle[key] = dates
	}
}
