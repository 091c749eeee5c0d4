// Package progress turns the engine's events into what a waiting person wants to know: how far it is, what
// takes so long, and what went wrong.
package progress

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
)

// Tracker follows one operation of the engine. It is safe for use by several goroutines.
type Tracker struct {
	expected int // resources that the operation will probably handle; 0 is unknown
	now      func() time.Time

	mutex    sync.Mutex
	started  time.Time
	done     int
	changes  map[apitype.OpType]int
	changed  []Step
	running  map[string]Step
	problems []Problem
}

// Step is a change of one resource.
type Step struct {
	Op    apitype.OpType
	Type  string // the resource's type token
	Name  string
	Since time.Time
	Diffs []string // input properties that change
}

// Problem is an error or a warning of the engine, a provider or a policy.
type Problem struct {
	Warning  bool
	Resource string // "<type> <name>", or empty
	Message  string
}

// Snapshot is the state of an operation at one moment.
type Snapshot struct {
	At       time.Time
	Elapsed  time.Duration
	Done     int
	Expected int
	Changes  map[apitype.OpType]int
	Changed  []Step // what was, or in a preview would be, changed, in the order of the engine
	Running  []Step // the longest first
	Problems []Problem
}

// NewTracker returns a tracker of an operation on about expected resources; 0 is unknown.
func NewTracker(expected int, now func() time.Time) *Tracker {
	return &Tracker{
		expected: expected, now: now, started: now(),
		changes: map[apitype.OpType]int{}, running: map[string]Step{},
	}
}

// Observe takes in one event.
func (t *Tracker) Observe(event apitype.EngineEvent) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	switch {
	case event.ResourcePreEvent != nil:
		t.begin(event.ResourcePreEvent.Metadata)
	case event.ResOutputsEvent != nil:
		t.end(event.ResOutputsEvent.Metadata, true)
	case event.ResOpFailedEvent != nil:
		t.end(event.ResOpFailedEvent.Metadata, false)
	case event.DiagnosticEvent != nil:
		t.diagnose(event.DiagnosticEvent)
	case event.PolicyEvent != nil:
		t.judge(event.PolicyEvent)
	case event.ErrorEvent != nil:
		t.add(Problem{Message: event.ErrorEvent.Error})
	}
}

// Snapshot returns where the operation is now.
func (t *Tracker) Snapshot() Snapshot {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	now := t.now()
	s := Snapshot{
		At: now, Elapsed: now.Sub(t.started), Done: t.done, Expected: t.expected,
		Changes: map[apitype.OpType]int{}, Problems: slices.Clone(t.problems), Changed: slices.Clone(t.changed),
	}
	for op, count := range t.changes {
		s.Changes[op] = count
	}
	for _, step := range t.running {
		s.Running = append(s.Running, step)
	}
	slices.SortFunc(s.Running, func(a, b Step) int {
		return cmp.Or(a.Since.Compare(b.Since), strings.Compare(a.Name, b.Name))
	})
	return s
}

func (t *Tracker) begin(m apitype.StepEventMetadata) {
	if ofInterest(m) && m.Op != apitype.OpSame {
		t.running[key(m)] = stepOf(m, t.now())
	}
}

func (t *Tracker) end(m apitype.StepEventMetadata, succeeded bool) {
	delete(t.running, key(m))
	if ofInterest(m) && succeeded {
		t.done++
		t.changes[m.Op]++
		if m.Op != apitype.OpSame {
			t.changed = append(t.changed, stepOf(m, t.now()))
		}
	}
}

func (t *Tracker) diagnose(d *apitype.DiagnosticEvent) {
	if d.Ephemeral || (d.Severity != "error" && d.Severity != "warning") {
		return
	}
	t.add(Problem{Warning: d.Severity == "warning", Resource: resourceOf(d.URN), Message: plain(d.Message)})
}

func (t *Tracker) judge(p *apitype.PolicyEvent) {
	message := plain(p.Message)
	if _, violation, described := strings.Cut(message, "\n"); described { // the policy's description is the first line
		message = violation
	}
	if !strings.HasPrefix(message, p.PolicyName+": ") {
		message = p.PolicyName + ": " + message
	}
	t.add(Problem{
		Warning:  p.EnforcementLevel != "mandatory",
		Resource: resourceOf(p.ResourceURN),
		Message:  "policy " + message,
	})
}

// add keeps a problem once. Terraform's providers tell each error twice, with different marks around it.
func (t *Tracker) add(p Problem) {
	p.Message = strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(p.Message, "[ERROR] : "), ":"))
	if p.Message != "" && !closing.MatchString(p.Message) && !slices.Contains(t.problems, p) {
		t.problems = append(t.problems, p)
	}
}

// closing are the engine's last words, which say nothing new.
var closing = regexp.MustCompile(`^(update|preview|destroy|refresh) (failed|canceled)$`)

// ofInterest leaves out what is only bookkeeping: components, providers and the logical half of a replacement.
func ofInterest(m apitype.StepEventMetadata) bool {
	state := m.New
	if state == nil {
		state = m.Old
	}
	return state != nil && state.Custom && !strings.HasPrefix(m.Type, "pulumi:") && m.Op != apitype.OpReplace
}

func key(m apitype.StepEventMetadata) string { return string(m.Op) + " " + m.URN }

func stepOf(m apitype.StepEventMetadata, now time.Time) Step {
	return Step{Op: m.Op, Type: m.Type, Name: urn.URN(m.URN).Name(), Since: now, Diffs: m.Diffs}
}

func resourceOf(text string) string {
	u := urn.URN(text)
	if !u.IsValid() || strings.HasPrefix(string(u.Type()), "pulumi:pulumi:") {
		return ""
	}
	return string(u.Type()) + " " + u.Name()
}

// plain removes the engine's marks for colours, such as <{%fg 1%}>, and space around the text.
func plain(text string) string {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, "<{%")
		out.WriteString(before)
		if !found {
			return strings.TrimSpace(out.String())
		}
		_, text, _ = strings.Cut(rest, "%}>")
	}
}
