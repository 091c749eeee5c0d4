package drill

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/genericcorp/platform/internal/readiness"
)

// launch are the steps that a launch asks for (internal/readiness, the check "recovery"). A drill of fewer is no evidence.
var launch = []string{StepTenant, StepSnapshot, StepFailover}

// prove writes what was found as evidence for a launch, where PLATFORM_EVIDENCE names a folder. What cannot be written is told.
func (o *options) prove(ctx context.Context, r Report) {
	e, whole := evidence(r)
	if !whole {
		return
	}
	dir, err := o.Project()
	if err == nil {
		err = readiness.Record(ctx, dir, e)
	}
	if err != nil {
		_, _ = fmt.Fprintf(o.Err, "no evidence was written: %v\n", err)
	}
}

// evidence is what a report shows of recovery, and whether it has all that is asked for.
func evidence(r Report) (e readiness.Evidence, whole bool) {
	e = readiness.Evidence{
		Check: "recovery", Where: r.Environment, Ran: fmt.Sprintf("platform drill --env %s --steps %s", r.Environment, strings.Join(launch, ",")),
		Passed: true, Numbers: []readiness.Number{},
	}
	found := 0
	for _, s := range r.Steps {
		if !slices.Contains(launch, s.Step) {
			continue
		}
		found++
		if s.RTOSeconds > 0 {
			e.Numbers = append(e.Numbers, readiness.Number{Name: s.Step + ", time to recover", Value: s.RTOSeconds, Unit: "s"})
		}
		if s.RPOSeconds != nil {
			e.Numbers = append(e.Numbers, readiness.Number{Name: s.Step + ", work lost", Value: *s.RPOSeconds, Unit: "s"})
		}
		if !s.Passed {
			e.Passed = false
			e.Problem = strings.TrimPrefix(e.Problem+"; "+s.Step+": "+s.Error, "; ")
		}
	}
	return e, found == len(launch)
}
