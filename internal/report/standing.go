package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/internal/printable"
)

// Standing is how the environment stands with its own limit, as the breaker sees it now. Levels are warned, limited and suspended; none is
// empty.
type Standing struct {
	Forecast  decimal.Decimal `json:"forecastUsd"` // of the month, the breaker's own
	Limit     decimal.Decimal `json:"limitUsd"`
	Level     string          `json:"level"`     // that holds
	Due       string          `json:"due"`       // that would hold without the override
	Holds     string          `json:"holds"`     // what the level means, as a sentence
	Suspended []string        `json:"suspended"` // tenants, so that the environment costs less
	Override  *Override       `json:"override"`  // null: nobody lets it cost more
}

// Override is a person's word that the environment may cost more than its limit.
type Override struct {
	By    string    `json:"by"`
	Why   string    `json:"why"`
	Until time.Time `json:"until"`
}

// problem is why the standing needs somebody, if it does.
func (s *Standing) problem(add func(Level, string, ...any)) {
	if s == nil {
		return
	}
	switch s.Level {
	case "suspended":
		add(Act, "the breaker has suspended %s so that the environment costs less, and lets no tenant be made", printable.Count(len(s.Suspended), "tenant"))
	case "limited":
		add(Act, "the breaker lets no tenant be made, and none get a larger tier")
	case "warned":
		add(Watch, "the breaker has warned of the limit")
	}
	if o := s.Override; o != nil {
		add(Watch, "%s lets the environment cost more than its limit until %s", o.By, o.Until.UTC().Format(minute))
	}
}

const minute = "2006-01-02 15:04"

// mostNames is how many tenants a person reads in one line.
const mostNames = 10

// standingLines are the breaker's level, what it is by, and whom it holds.
func (r Report) standingLines() []string {
	s := r.Standing
	if s == nil {
		return nil
	}
	level := "nothing is held; 90 warns, 100 limits, 200 suspends"
	if s.Level != "" {
		level = s.Level + ": " + s.Holds
	}
	const hundred = 2
	lines := []string{fmt.Sprintf("forecast USD %s of %s, %s per cent (%s)", s.Forecast.StringFixed(2), s.Limit.StringFixed(2), s.Forecast.Shift(hundred).Div(s.Limit).Floor(), level)}
	if n := len(s.Suspended); n > 0 {
		names := strings.Join(s.Suspended[:min(n, mostNames)], ", ")
		if n > mostNames {
			names += fmt.Sprintf(" and %d more: platform breaker", n-mostNames)
		}
		lines = append(lines, "suspended for it: "+names)
	}
	if o := s.Override; o != nil {
		line := fmt.Sprintf("overridden by %s until %s, because: %s", o.By, o.Until.UTC().Format(minute), o.Why)
		if s.Due != s.Level {
			line += "; without that: " + s.Due
		}
		lines = append(lines, line)
	}
	return lines
}
