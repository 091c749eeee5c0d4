package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/genericcorp/platform/internal/printable"
)

// Level says whether a report needs somebody.
type Level string

// The levels.
const (
	Fine  Level = "fine"  // it needs nobody
	Watch Level = "watch" // it is worth a look
	Act   Level = "act"   // somebody must do something
)

// Problem is a reason for a level.
type Problem struct {
	Level Level  `json:"level"`
	Text  string `json:"text"` // part of a sentence
}

// nearPercent is the share of the limit from which a forecast is worth a look: that of the policy pack and of the budget.
const nearPercent = 90

// problems are the reasons for which somebody should look, what must be done first.
func (f Facts) problems(r Report) []Problem {
	problems := []Problem{}
	add := func(level Level, format string, arguments ...any) {
		problems = append(problems, Problem{level, fmt.Sprintf(format, arguments...)})
	}
	if f.Unpriced != "" {
		add(Act, "what it costs is not known, because %s", f.Unpriced)
	} else {
		f.overLimit(*r.Cost, add)
	}
	f.Standing.problem(add)
	switch {
	case f.Meter.Blind:
		add(Act, "no usage was counted in the %s until %s, so the meter may be blind", hours(f.Meter.To.Sub(f.Meter.From)), f.Meter.To.UTC().Format("2006-01-02 15:04"))
	case f.Meter.BlindDay:
		add(Act, "no usage was counted %s, so the meter was blind", f.onDay())
	}
	if len(f.Blind) > 0 {
		add(Watch, "the breaker is blind, because %s", strings.Join(f.Blind, ", and "))
	}
	for _, text := range f.Mail {
		add(Watch, "%s", text)
	}
	byState := map[string]int{}
	for _, held := range f.Held {
		byState[held.State]++
	}
	for _, state := range slices.Sorted(maps.Keys(byState)) {
		add(Watch, "%s %s", printable.Count(byState[state], "tenant"), state)
	}
	if losses := r.Tenants.losses(); losses > 0 {
		add(Watch, "%s at a loss", printable.Count(losses, "paying tenant"))
	}
	return problems
}

// overLimit adds what is wrong with the cost.
func (f Facts) overLimit(c Cost, add func(Level, string, ...any)) {
	over := func(m Money) string { return m.minus(c.Limit).short() }
	const all = 100
	switch {
	case c.Month.Cents > c.Limit.Cents:
		add(Act, "the month is USD %s over its limit already", over(c.Month))
	case c.Forecast.Cents > c.Limit.Cents:
		add(Act, "the month will be USD %s over its limit", over(c.Forecast))
	case c.Forecast.Cents*all >= c.Limit.Cents*nearPercent:
		add(Watch, "the month will take %d %% of its limit", c.Forecast.Cents*all/c.Limit.Cents)
	}
}

// headline is the first line: what is wrong, if anything, and what it costs.
func (f Facts) headline(r Report) (Level, string) {
	level, lead := Fine, "Within the limit: "
	texts := make([]string, 0, len(r.Problems)+1)
	for _, problem := range r.Problems {
		switch {
		case problem.Level == Act:
			level, lead = Act, "Needs you: "
		case level == Fine:
			level, lead = Watch, "Worth a look: "
		}
		texts = append(texts, problem.Text)
	}
	c := r.Cost
	if c == nil {
		return level, lead + strings.Join(texts, "; ") + "."
	}
	amounts := fmt.Sprintf("USD %s %s, USD %s %s, forecast USD %s of %s.", c.Day.short(), f.onDay(), c.Month.short(), f.inMonth(), c.Forecast.short(), c.Limit.short())
	if f.left() <= 0 {
		amounts = fmt.Sprintf("USD %s %s, USD %s of %s %s.", c.Day.short(), f.onDay(), c.Month.short(), c.Limit.short(), f.inMonth())
	}
	return level, lead + strings.Join(append(texts, amounts), "; ")
}
