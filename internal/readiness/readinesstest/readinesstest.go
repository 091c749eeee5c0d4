// Package readinesstest has a test write evidence for a launch (internal/readiness).
package readinesstest

import (
	"context"
	"sync"
	"testing"

	"github.com/genericcorp/platform/internal/readiness"
)

// Proof is what a test shows of a check.
type Proof struct {
	mu      sync.Mutex
	numbers []readiness.Number
}

// Prove begins a proof, which is written when the test ends, however it ends. A test that was left out proves nothing. Where says what it
// runs on. Without PLATFORM_EVIDENCE, and outside a checkout, nothing is written.
func Prove(t testing.TB, check, where string) *Proof {
	t.Helper()
	known, found := readiness.Find(check)
	if !found {
		t.Fatalf("the list of a launch has no check %q", check)
	}
	p := &Proof{}
	t.Cleanup(func() {
		if t.Skipped() {
			return
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		e := readiness.Evidence{Check: check, Where: where, Ran: known.Fresh, Passed: !t.Failed(), Numbers: p.numbers}
		if !e.Passed {
			e.Problem = t.Name() + " failed"
		}
		if err := readiness.Record(context.WithoutCancel(t.Context()), ".", e); err != nil {
			t.Logf("no evidence of %s: %v", check, err)
		}
	})
	return p
}

// Number tells something measured, in place of what was told of it before.
func (p *Proof) Number(name string, value float64, unit string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.numbers {
		if p.numbers[i].Name == name {
			p.numbers[i].Value, p.numbers[i].Unit = value, unit
			return
		}
	}
	p.numbers = append(p.numbers, readiness.Number{Name: name, Value: value, Unit: unit})
}

// Count tells how many there were.
func (p *Proof) Count(name string, n int) { p.Number(name, float64(n), "") }
