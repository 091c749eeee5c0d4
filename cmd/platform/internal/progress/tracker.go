// Package progress tells a waiting person how far an operation is, what takes so long, and what went wrong. The engine's
// events and the command's own work feed it alike.
package progress

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// Action is what is done to one thing, by the engine's words ("create", "update") or by those of the command's own work.
type Action string

// The actions that are spoken of by name.
const (
	Create            Action = "create"
	Update            Action = "update"
	Delete            Action = "delete"
	Same              Action = "same" // nothing to do
	Read              Action = "read"
	Refresh           Action = "refresh"
	CreateReplacement Action = "create-replacement"
	DeleteReplaced    Action = "delete-replaced"
)

// Step is one action on one thing.
type Step struct {
	Action Action
	Type   string // a resource's type token, or a word
	Name   string
	ID     string    // tells steps of the same action apart
	Diffs  []string  // input properties that change
	Since  time.Time // set by the tracker
}

func (s Step) key() string { return string(s.Action) + " " + s.ID }

// Problem is an error or a warning of the engine, a provider or a policy.
type Problem struct {
	Warning  bool   `json:"warning"`
	Resource string `json:"resource,omitempty"` // "<type> <name>", or empty
	Message  string `json:"message"`
}

// Observer hears what an operation does.
type Observer interface {
	Begin(Step)
	Done(Step)
	Failed(Step)
	Report(Problem)
}

// Tracker is the observer that remembers where one operation is. It is safe for use by several goroutines.
type Tracker struct {
	expected int // steps that the operation will probably take; 0 is unknown
	now      func() time.Time

	mutex    sync.Mutex
	started  time.Time
	done     int
	changes  map[Action]int
	changed  []Step
	running  map[string]Step
	problems []Problem
}

// Snapshot is the state of an operation at one moment.
type Snapshot struct {
	At       time.Time
	Elapsed  time.Duration
	Done     int
	Expected int
	Changes  map[Action]int
	Changed  []Step // what was, or in a preview would be, changed, in order
	Running  []Step // the longest first
	Problems []Problem
}

// NewTracker returns a tracker of an operation of about expected steps; 0 is unknown.
func NewTracker(expected int, now func() time.Time) *Tracker {
	return &Tracker{
		expected: expected, now: now, started: now(),
		changes: map[Action]int{}, running: map[string]Step{},
	}
}

// Begin takes in that a step has begun.
func (t *Tracker) Begin(s Step) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	s.Since = t.now()
	t.running[s.key()] = s
}

// Done takes in that a step has succeeded, or was found to be unnecessary.
func (t *Tracker) Done(s Step) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	delete(t.running, s.key())
	t.done++
	t.changes[s.Action]++
	if s.Action != Same {
		t.changed = append(t.changed, s)
	}
}

// Failed takes in that a step has failed.
func (t *Tracker) Failed(s Step) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	delete(t.running, s.key())
}

// Report takes in a problem, and keeps it once.
func (t *Tracker) Report(p Problem) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if p.Message != "" && !slices.Contains(t.problems, p) {
		t.problems = append(t.problems, p)
	}
}

// Snapshot returns where the operation is now.
func (t *Tracker) Snapshot() Snapshot {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	now := t.now()
	s := Snapshot{
		At: now, Elapsed: now.Sub(t.started), Done: t.done, Expected: t.expected,
		Changes: maps.Clone(t.changes), Problems: slices.Clone(t.problems), Changed: slices.Clone(t.changed),
	}
	for _, step := range t.running {
		s.Running = append(s.Running, step)
	}
	slices.SortFunc(s.Running, func(a, b Step) int {
		return cmp.Or(a.Since.Compare(b.Since), strings.Compare(a.Name, b.Name))
	})
	return s
}
