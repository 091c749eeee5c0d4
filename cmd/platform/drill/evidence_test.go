package drill

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/readiness"
)

// What a drill finds is judged as its own objectives judge it.
func TestEvidence(t *testing.T) {
	t.Parallel()
	now := time.Now()
	lost := func(seconds float64) *float64 { return &seconds }
	steps := func() []Result {
		return []Result{
			{Step: StepTenant, Passed: true, RTOSeconds: Objectives[StepTenant].RTO.Seconds()},
			{Step: StepSnapshot, Passed: true, RTOSeconds: Objectives[StepSnapshot].RTO.Seconds(), RPOSeconds: lost(Objectives[StepSnapshot].RPO.Seconds())},
			{Step: StepFailover, Passed: true, RTOSeconds: Objectives[StepFailover].RTO.Seconds(), RPOSeconds: lost(0)},
		}
	}
	for name, c := range map[string]struct {
		change func([]Result) []Result
		whole  bool
		state  readiness.State
		why    string
	}{
		"all":          {func(s []Result) []Result { return s }, true, readiness.Passed, ""},
		"with another": {func(s []Result) []Result { return append(s, Result{Step: StepNode, Error: "it stayed away"}) }, true, readiness.Passed, ""},
		"without one":  {func(s []Result) []Result { return s[1:] }, false, "", ""},
		"two failed": {func(s []Result) []Result {
			s[0].Passed, s[0].Error, s[2].Passed, s[2].Error = false, "no archive", false, "it never came back"
			return s
		}, true, readiness.Failed, "tenant: no archive; failover: it never came back"},
		"it is not known what was lost": {func(s []Result) []Result {
			s[1].RPOSeconds = nil
			return s
		}, true, readiness.Unknown, "not measured: snapshot, work lost"},
		"slower than it said": {func(s []Result) []Result {
			s[2].RTOSeconds++
			return s
		}, true, readiness.Failed, "failover, time to recover: 181 s, at most 180 s"},
	} {
		e, whole := evidence(Report{Environment: "dev", Steps: c.change(steps())})
		require.Equal(t, c.whole, whole, name)
		if !whole {
			continue
		}
		e.At = now
		for _, criterion := range readiness.Judge(readiness.Facts{Now: now, Evidence: []readiness.Evidence{e}}).Criteria {
			for _, check := range criterion.Checks {
				if check.Name == "recovery" {
					require.Equal(t, []string{string(c.state), c.why}, []string{string(check.State), check.Why}, name)
					require.Equal(t, "platform drill --env dev --steps tenant,snapshot,failover", check.Ran)
				}
			}
		}
	}
}
