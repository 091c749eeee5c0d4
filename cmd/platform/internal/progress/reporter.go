package progress

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/genericcorp/platform/internal/printable"
)

// Reporter writes the progress of one operation: on a terminal one line that is refreshed, elsewhere a line
// every few seconds. Problems are written once, when they appear.
type Reporter struct {
	tracker *Tracker
	out     io.Writer
	width   func() int // columns of the terminal; 0 when it is none
	printed int        // problems written so far
	last    string     // counts in the last line written to a log
	silence time.Time  // when that was

	stop chan struct{}
	done sync.WaitGroup
}

const (
	refresh     = 200 * time.Millisecond // between looks
	logInterval = 5 * time.Second        // between lines of a log, when something happened
	logLongest  = 30 * time.Second       // a log never says nothing for longer
)

// Report starts to write tracker's progress to out until the returned reporter is closed.
func Report(tracker *Tracker, out io.Writer, width func() int) *Reporter {
	r := &Reporter{tracker: tracker, out: out, width: width, stop: make(chan struct{})}
	r.done.Add(1)
	go func() {
		defer r.done.Done()
		ticker := time.NewTicker(refresh)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				r.print(tracker.Snapshot())
			case <-r.stop:
				return
			}
		}
	}()
	return r
}

// Close writes what is left to say and returns the last snapshot.
func (r *Reporter) Close() Snapshot {
	close(r.stop)
	r.done.Wait()
	last := r.tracker.Snapshot()
	r.printProblems(last)
	r.erase()
	return last
}

func (r *Reporter) print(s Snapshot) {
	r.printProblems(s)
	if width := r.width(); width > 0 {
		r.erase()
		_, _ = fmt.Fprint(r.out, cut(s.Line(), width-1))
		return
	}
	quiet := s.At.Sub(r.silence)
	changed := fmt.Sprint(s.Done, len(s.Running))
	if (changed != r.last && quiet >= logInterval) || quiet >= logLongest {
		r.last, r.silence = changed, s.At
		_, _ = fmt.Fprintln(r.out, s.Line())
	}
}

func (r *Reporter) printProblems(s Snapshot) {
	for _, problem := range s.Problems[r.printed:] {
		r.erase()
		_, _ = fmt.Fprintln(r.out, problem)
	}
	r.printed = len(s.Problems)
}

const eraseLine = "\r\x1b[2K"

func (r *Reporter) erase() {
	if r.width() > 0 {
		_, _ = fmt.Fprint(printable.Unwrap(r.out), eraseLine)
	}
}

// cut shortens a line to the width of the terminal, so that refreshing it never leaves remains.
func cut(line string, width int) string {
	runes := []rune(line)
	if width < 1 || len(runes) <= width {
		return line
	}
	return string(runes[:width-1]) + "…"
}
