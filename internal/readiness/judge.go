package readiness

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/genericcorp/platform/internal/printable"
)

// State is how a check or a criterion stands. Only Passed is ready.
type State string

// The states.
const (
	Passed  State = "passed"
	Old     State = "too old"
	Unknown State = "unknown" // there is no evidence, or none that can be believed
	Failed  State = "failed"  // it did not pass, or a number misses its goal
)

// severity orders them: a criterion is as its worst check.
var severity = []State{Passed, Old, Unknown, Failed}

// Facts are what is judged.
type Facts struct {
	Environment string            // that is to be launched; empty: none was asked
	Deployed    string            // the commit that is deployed there; empty: not known
	Evidence    []Evidence        // from files
	Live        []Evidence        // what the environment answered
	Unanswered  map[string]string // by check: why it was not asked, or did not answer
	Now         time.Time
}

// Verdict is the judgement.
type Verdict struct {
	Go          bool      `json:"go"`
	Environment string    `json:"environment,omitempty"`
	Deployed    string    `json:"deployed,omitempty"`
	At          time.Time `json:"at"`
	Headline    string    `json:"headline"`
	Criteria    []Judged  `json:"criteria"`
	Ignored     []string  `json:"ignored"` // evidence that counted for nothing, and why
}

// Judged is a criterion with its checks.
type Judged struct {
	Name     string        `json:"name"`
	Question string        `json:"question"`
	State    State         `json:"state"`
	Checks   []JudgedCheck `json:"checks"`
}

// JudgedCheck is a check with its newest evidence.
type JudgedCheck struct {
	Name      string           `json:"name"`
	Shows     string           `json:"shows"`
	State     State            `json:"state"`
	Why       string           `json:"why,omitempty"`  // it is not ready
	Note      string           `json:"note,omitempty"` // what there is to know besides
	Where     string           `json:"where,omitempty"`
	Ran       string           `json:"ran,omitempty"`
	At        *time.Time       `json:"at,omitempty"`
	Commit    string           `json:"commit,omitempty"`
	Numbers   []MeasuredNumber `json:"numbers"`
	GoodUntil *time.Time       `json:"goodUntil,omitempty"` // absent: it was asked now
	Fresh     string           `json:"fresh"`               // the command that makes new evidence
	Page      string           `json:"page"`
	Link      string           `json:"link,omitempty"`
}

// MeasuredNumber is a number against its goal.
type MeasuredNumber struct {
	Number
	Goal   string `json:"goal,omitempty"` // empty: it is only told
	Missed bool   `json:"missed"`
}

// Amount is the value with its unit.
func (n MeasuredNumber) Amount() string { return quantity(n.Value, n.Unit) }

// Text is the number with its unit and goal: "creation: 9.3 s, at most 120 s".
func (n MeasuredNumber) Text() string {
	text := n.Name + ": " + n.Amount()
	if n.Goal != "" {
		text += ", " + n.Goal
	}
	return text
}

// skew is how far another machine's clock may be ahead.
const skew = 5 * time.Minute

// Judge compares evidence with the list. Of several pieces for a check the newest counts.
func Judge(f Facts) Verdict {
	v := Verdict{Go: true, Environment: f.Environment, Deployed: f.Deployed, At: f.Now.UTC(), Criteria: []Judged{}, Ignored: []string{}}
	newest := map[string]Evidence{}
	add := func(e Evidence, live bool) {
		known, found := Find(e.Check)
		switch last, has := newest[e.Check]; {
		case !found:
			v.Ignored = append(v.Ignored, fmt.Sprintf("check %q: the list has none of that name", e.Check))
		case known.Live() && !live:
			v.Ignored = append(v.Ignored, fmt.Sprintf("check %q: it is asked of the environment, and a file is no evidence for it", e.Check))
		case !has || e.At.After(last.At) || e.At.Equal(last.At) && last.Passed: // of two at once the worse counts
			newest[e.Check] = e
		}
	}
	for _, e := range f.Evidence {
		add(e, false)
	}
	for _, e := range f.Live {
		add(e, true)
	}
	slices.Sort(v.Ignored)
	v.Ignored = slices.Compact(v.Ignored)
	for _, criterion := range Criteria() {
		judged := Judged{Name: criterion.Name, Question: criterion.Question, State: Passed, Checks: []JudgedCheck{}}
		for _, check := range criterion.Checks {
			e, found := newest[check.Name]
			made := f.judge(check, e, found)
			judged.Checks = append(judged.Checks, made)
			judged.State = severity[max(slices.Index(severity, judged.State), slices.Index(severity, made.State))]
		}
		v.Go = v.Go && judged.State == Passed
		v.Criteria = append(v.Criteria, judged)
	}
	v.Headline = v.headline()
	return v
}

// judge judges one check by its newest evidence.
func (f Facts) judge(c Check, e Evidence, found bool) JudgedCheck {
	j := JudgedCheck{Name: c.Name, Shows: c.Shows, State: Passed, Numbers: []MeasuredNumber{}, Fresh: c.fresh(f.Environment), Page: c.Page}
	if !found {
		j.State, j.Why = Unknown, "there is no evidence"
		if why := f.Unanswered[c.Name]; why != "" {
			j.Why = why
		} else if c.Live() {
			j.Why = "no environment was asked"
		}
		return j
	}
	at := e.At.UTC()
	j.Where, j.Ran, j.At, j.Commit, j.Link, j.Note = e.Where, e.Ran, &at, e.Commit, e.Link, f.note(e)
	missing, missed := j.measure(c.Goals, e.Numbers)
	if !c.Live() {
		until := at.Add(c.Age)
		j.GoodUntil = &until
	}
	switch {
	case at.After(f.Now.Add(skew)):
		j.State, j.Why = Unknown, "its evidence is from the future: "+at.Format(time.RFC3339)
	case !e.Passed:
		j.State, j.Why = Failed, e.Problem
	case len(missed) > 0:
		j.State, j.Why = Failed, strings.Join(missed, "; ")
	case len(missing) > 0:
		j.State, j.Why = Unknown, "not measured: "+strings.Join(missing, ", ")
	case !c.Live() && f.Now.After(at.Add(c.Age)):
		j.State, j.Why = Old, fmt.Sprintf("its evidence is %s old, and counts for %s", days(f.Now.Sub(at)), days(c.Age))
	}
	return j
}

// measure puts the numbers beside their goals, those with one first.
func (j *JudgedCheck) measure(goals []Goal, numbers []Number) (missing, missed []string) {
	rest := slices.Clone(numbers)
	for _, goal := range goals {
		at := slices.IndexFunc(rest, func(n Number) bool { return n.Name == goal.Number })
		if at < 0 {
			missing = append(missing, goal.Number)
			continue
		}
		why := goal.missed(rest[at])
		if why != "" {
			missed = append(missed, why)
		}
		j.Numbers = append(j.Numbers, MeasuredNumber{rest[at], goal.String(), why != ""})
		rest = slices.Delete(rest, at, at+1)
	}
	for _, n := range rest {
		j.Numbers = append(j.Numbers, MeasuredNumber{Number: n})
	}
	return missing, missed
}

// note says how the commit of the evidence differs from what is deployed.
func (f Facts) note(e Evidence) string {
	commit, changed := strings.CutSuffix(e.Commit, "-dirty")
	switch {
	case changed:
		return "of commit " + Short(commit) + " with changes that no commit has"
	case f.Deployed != "" && e.Commit != "" && commit != f.Deployed:
		return "of commit " + Short(commit) + ", while " + Short(f.Deployed) + " is deployed"
	default:
		return ""
	}
}

// headline is the verdict in a sentence.
func (v Verdict) headline() string {
	var open []string
	for _, c := range v.Criteria {
		if c.State != Passed {
			open = append(open, c.Name+" "+string(c.State))
		}
	}
	if len(open) == 0 {
		return fmt.Sprintf("Go: all %d criteria are met.", len(v.Criteria))
	}
	return fmt.Sprintf("No-go: %d of %d criteria are met; %s.", len(v.Criteria)-len(open), len(v.Criteria), strings.Join(open, ", "))
}

// fresh is the command that makes new evidence, for an environment.
func (c Check) fresh(environment string) string {
	if environment == "" {
		environment = "prod"
	}
	return strings.ReplaceAll(c.Fresh, "%s", environment)
}

// Short is a commit as people write it.
func Short(commit string) string {
	const digits = 8
	return commit[:min(digits, len(commit))]
}

// days is a duration in whole days, or in hours where it is shorter than two.
func days(d time.Duration) string {
	if d < 2*day {
		return printable.Count(int(d/time.Hour), "hour")
	}
	return printable.Count(int(d/day), "day")
}
