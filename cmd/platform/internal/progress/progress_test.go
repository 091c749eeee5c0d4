package progress

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// clock is a time that a test moves.
type clock struct{ at time.Time }

func (c *clock) now() time.Time          { return c.at }
func (c *clock) advance(d time.Duration) { c.at = c.at.Add(d) }

func newClock() *clock { return &clock{time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)} }

func step(name string) Step {
	return Step{Action: Create, Type: "aws:rds/instance:Instance", Name: name, ID: name}
}

func TestLine(t *testing.T) {
	t.Parallel()
	clock := newClock()
	tracker := NewTracker(0, clock.now)
	require.Equal(t, "00:00  0 done", tracker.Snapshot().Line())

	tracker = NewTracker(3, clock.now)
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		tracker.Begin(step(name))
		clock.advance(20 * time.Second)
	}
	tracker.Done(step("a"))
	require.Equal(t, "01:40  1 of about 5 done; creating instance b 1m20s, creating instance c 1m0s, "+
		"creating instance d 40s and 1 more", tracker.Snapshot().Line())
}

func TestEveryOperationHasAWord(t *testing.T) {
	t.Parallel()
	require.Equal(t, "updating", verb(Update))
	require.Equal(t, "deleting", verb(DeleteReplaced))
	require.Equal(t, "reading", verb(Read))
	require.Equal(t, "import", verb("import"))
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

	r.print(tracker.Snapshot())
	require.Equal(t, 1, lines(), "the first look is told")
	tracker.Begin(step("database"))
	clock.advance(time.Second)
	r.print(tracker.Snapshot())
	require.Equal(t, 1, lines(), "too early")
	clock.advance(4 * time.Second)
	r.print(tracker.Snapshot())
	require.Equal(t, 2, lines())
	clock.advance(29 * time.Second)
	r.print(tracker.Snapshot())
	require.Equal(t, 2, lines(), "nothing happened")
	clock.advance(time.Second)
	r.print(tracker.Snapshot())
	require.Equal(t, 3, lines())
	require.NotContains(t, out.String(), "\x1b")
}

func TestATerminalGetsOneLineAndProblemsAboveIt(t *testing.T) {
	t.Parallel()
	clock, out := newClock(), &bytes.Buffer{}
	tracker, r := NewTracker(0, clock.now), newReporter(20, out)
	tracker.Begin(step("database"))
	tracker.Report(Problem{Warning: true, Message: "slow"})
	r.print(tracker.Snapshot())
	require.Equal(t, "\r\x1b[2Kwarning: slow\n\r\x1b[2K00:00  0 done; cre…", out.String())
	out.Reset()
	r.print(tracker.Snapshot())
	require.Equal(t, "\r\x1b[2K00:00  0 done; cre…", out.String(), "a problem is told once")
}

func TestCloseTellsTheLastProblemsAndLeavesACleanLine(t *testing.T) {
	t.Parallel()
	tracker, out := NewTracker(0, time.Now), &bytes.Buffer{}
	r := Report(tracker, out, func() int { return 80 })
	tracker.Report(Problem{Warning: false, Message: "boom"})
	last := r.Close()
	require.Len(t, last.Problems, 1)
	require.Equal(t, 1, strings.Count(out.String(), "error: boom\n"))
	require.True(t, strings.HasSuffix(out.String(), eraseLine))
}
