package progress

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	// The SDK's logger starts a goroutine when its package is loaded.
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/golang/glog.(*fileSink).flushDaemon"))
}

const prefix = "urn:pulumi:local::platform::genericcorp:database:Database$"

func metadata(op apitype.OpType, token, name string, custom bool) apitype.StepEventMetadata {
	return apitype.StepEventMetadata{
		Op: op, Type: token, URN: prefix + token + "::" + name,
		New: &apitype.StepEventStateMetadata{Custom: custom},
	}
}

func begin(m apitype.StepEventMetadata) apitype.EngineEvent {
	return apitype.EngineEvent{ResourcePreEvent: &apitype.ResourcePreEvent{Metadata: m}}
}

func end(m apitype.StepEventMetadata) apitype.EngineEvent {
	return apitype.EngineEvent{ResOutputsEvent: &apitype.ResOutputsEvent{Metadata: m}}
}

func fail(m apitype.StepEventMetadata) apitype.EngineEvent {
	return apitype.EngineEvent{ResOpFailedEvent: &apitype.ResOpFailedEvent{Metadata: m}}
}

func diagnostic(severity, urn, message string) apitype.EngineEvent {
	return apitype.EngineEvent{DiagnosticEvent: &apitype.DiagnosticEvent{Severity: severity, URN: urn, Message: message}}
}

// clock is a time that a test moves.
type clock struct{ at time.Time }

func (c *clock) now() time.Time          { return c.at }
func (c *clock) advance(d time.Duration) { c.at = c.at.Add(d) }

func newClock() *clock { return &clock{time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)} }

const (
	instance = "aws:rds/instance:Instance"
	topic    = "aws:sns/topic:Topic"
)

func TestTrackerCountsWhatIsManagedAndForgetsBookkeeping(t *testing.T) {
	t.Parallel()
	tracker := NewTracker(0, newClock().now)
	for _, event := range []apitype.EngineEvent{
		begin(metadata(apitype.OpCreate, "genericcorp:database:Database", "database", false)),
		begin(metadata(apitype.OpCreate, "pulumi:providers:kubernetes", "cluster", true)),
		begin(metadata(apitype.OpCreate, instance, "database", true)),
		begin(metadata(apitype.OpReplace, topic, "alerts", true)),
		begin(metadata(apitype.OpSame, topic, "same", true)),
		end(metadata(apitype.OpSame, topic, "same", true)),
		end(metadata(apitype.OpReplace, topic, "alerts", true)),
		end(metadata(apitype.OpCreate, "pulumi:providers:kubernetes", "cluster", true)),
		{SummaryEvent: &apitype.SummaryEvent{}},
	} {
		tracker.Observe(event)
	}
	s := tracker.Snapshot()
	require.Equal(t, 1, s.Done)
	require.Equal(t, map[apitype.OpType]int{apitype.OpSame: 1}, s.Changes)
	require.Empty(t, s.Changed)
	require.Len(t, s.Running, 1)
	require.Equal(t, "database", s.Running[0].Name)
}

func TestAFailedStepIsNeitherRunningNorDone(t *testing.T) {
	t.Parallel()
	tracker := NewTracker(0, newClock().now)
	tracker.Observe(begin(metadata(apitype.OpCreate, instance, "database", true)))
	tracker.Observe(fail(metadata(apitype.OpCreate, instance, "database", true)))
	require.Zero(t, tracker.Snapshot().Done)
	require.Empty(t, tracker.Snapshot().Running)
}

func TestADeletedResourceIsKnownByItsOldState(t *testing.T) {
	t.Parallel()
	m := metadata(apitype.OpDelete, instance, "database", true)
	m.Old, m.New = m.New, nil
	tracker := NewTracker(0, newClock().now)
	tracker.Observe(begin(m))
	tracker.Observe(end(m))
	require.Equal(t, map[apitype.OpType]int{apitype.OpDelete: 1}, tracker.Snapshot().Changes)
	require.Len(t, tracker.Snapshot().Changed, 1)
}

func TestProblemsAreGatheredOnceInPlainText(t *testing.T) {
	t.Parallel()
	tracker := NewTracker(0, newClock().now)
	for _, event := range []apitype.EngineEvent{
		diagnostic("info", "", "chatter"),
		diagnostic("error", "", "update failed"),
		diagnostic("error", "", "destroy canceled"),
		diagnostic("error", prefix+instance+"::database", "[ERROR] : no such class"),
		diagnostic("error", prefix+instance+"::database", "no such class:"),
		diagnostic("error", prefix+instance+"::database", "<{%reset%}>no such <{%fg 1%}>class<{%reset%}>\n"),
		diagnostic("error", prefix+instance+"::database", "no such class"),
		diagnostic("warning", "urn:pulumi:local::platform::pulumi:pulumi:Stack::platform-local", "old setting"),
		{PolicyEvent: &apitype.PolicyEvent{EnforcementLevel: "mandatory", PolicyName: "stack-cost", Message: "stack-cost: too dear"}},
		{PolicyEvent: &apitype.PolicyEvent{EnforcementLevel: "advisory", PolicyName: "advice", Message: "<{%fg 1%}>Should be so.\nkey: turn it<{%reset%}>\n"}},
		{ErrorEvent: &apitype.ErrorEvent{Error: "engine broke"}},
		{DiagnosticEvent: &apitype.DiagnosticEvent{Severity: "error", Ephemeral: true, Message: "retrying"}},
	} {
		tracker.Observe(event)
	}
	var texts []string
	for _, p := range tracker.Snapshot().Problems {
		texts = append(texts, p.String())
	}
	require.Equal(t, []string{
		"error: aws:rds/instance:Instance database: no such class",
		"warning: old setting",
		"error: policy stack-cost: too dear",
		"warning: policy advice: key: turn it",
		"error: engine broke",
	}, texts)
}

func TestLine(t *testing.T) {
	t.Parallel()
	clock := newClock()
	tracker := NewTracker(0, clock.now)
	require.Equal(t, "00:00  0 done", tracker.Snapshot().Line())

	tracker = NewTracker(3, clock.now)
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		tracker.Observe(begin(metadata(apitype.OpCreate, instance, name, true)))
		clock.advance(20 * time.Second)
	}
	tracker.Observe(end(metadata(apitype.OpCreate, instance, "a", true)))
	require.Equal(t, "01:40  1 of about 5 done; creating instance b 1m20s, creating instance c 1m0s, "+
		"creating instance d 40s and 1 more", tracker.Snapshot().Line())
}

func TestEveryOperationHasAWord(t *testing.T) {
	t.Parallel()
	require.Equal(t, "updating", verb(apitype.OpUpdate))
	require.Equal(t, "deleting", verb(apitype.OpDeleteReplaced))
	require.Equal(t, "reading", verb(apitype.OpRead))
	require.Equal(t, "import", verb(apitype.OpImport))
}

// newReporter returns a reporter that nobody ticks, so that a test decides when it looks.
func newReporter(width int, out *bytes.Buffer) *Reporter {
	return &Reporter{out: out, width: func() int { return width }}
}

func TestALogGetsALineWhenSomethingHappenedOrEvery30Seconds(t *testing.T) {
	t.Parallel()
	clock, out := newClock(), &bytes.Buffer{}
	tracker, r := NewTracker(0, clock.now), newReporter(0, out)
	lines := func() int { return strings.Count(out.String(), "\n") }

	r.tell(tracker.Snapshot())
	require.Equal(t, 1, lines(), "the first look is told")
	tracker.Observe(begin(metadata(apitype.OpCreate, instance, "database", true)))
	clock.advance(time.Second)
	r.tell(tracker.Snapshot())
	require.Equal(t, 1, lines(), "too early")
	clock.advance(4 * time.Second)
	r.tell(tracker.Snapshot())
	require.Equal(t, 2, lines())
	clock.advance(29 * time.Second)
	r.tell(tracker.Snapshot())
	require.Equal(t, 2, lines(), "nothing happened")
	clock.advance(time.Second)
	r.tell(tracker.Snapshot())
	require.Equal(t, 3, lines())
	require.NotContains(t, out.String(), "\x1b")
}

func TestATerminalGetsOneLineAndProblemsAboveIt(t *testing.T) {
	t.Parallel()
	clock, out := newClock(), &bytes.Buffer{}
	tracker, r := NewTracker(0, clock.now), newReporter(20, out)
	tracker.Observe(begin(metadata(apitype.OpCreate, instance, "database", true)))
	tracker.Observe(diagnostic("warning", "", "slow"))
	r.tell(tracker.Snapshot())
	require.Equal(t, "\r\x1b[2Kwarning: slow\n\r\x1b[2K00:00  0 done; cre…", out.String())
	out.Reset()
	r.tell(tracker.Snapshot())
	require.Equal(t, "\r\x1b[2K00:00  0 done; cre…", out.String(), "a problem is told once")
}

func TestCloseTellsTheLastProblemsAndLeavesACleanLine(t *testing.T) {
	t.Parallel()
	tracker, out := NewTracker(0, time.Now), &bytes.Buffer{}
	r := Report(tracker, out, func() int { return 80 })
	tracker.Observe(diagnostic("error", "", "boom"))
	last := r.Close()
	require.Len(t, last.Problems, 1)
	require.Equal(t, 1, strings.Count(out.String(), "error: boom\n"))
	require.True(t, strings.HasSuffix(out.String(), eraseLine))
}
