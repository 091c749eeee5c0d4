package dunning

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	provisioner "github.com/genericcorp/platform/services/provisioner/api"
)

const active, limited, suspended = provisioner.StateActive, provisioner.StateLimited, provisioner.StateSuspended

var (
	now    = time.Date(2026, 11, 20, 10, 30, 0, 0, time.UTC)
	states = []provisioner.State{active, limited, suspended}
)

func rank(s provisioner.State) int { return slices.Index(states, s) }

func TestDecide(t *testing.T) {
	t.Parallel()
	days := func(n int) time.Time { return now.AddDate(0, 0, -n) }
	for name, test := range map[string]struct {
		held    provisioner.State
		overdue time.Time
		want    provisioner.State
	}{
		"has paid":                {active, time.Time{}, active},
		"overdue for six days":    {active, days(6), active},
		"for seven":               {active, days(7), limited},
		"for twenty":              {limited, days(20), limited},
		"for twenty-one":          {limited, days(21), suspended},
		"long, and nobody looked": {active, days(90), suspended},
		"limited, and has paid":   {limited, time.Time{}, active},
		"suspended, and has paid": {suspended, time.Time{}, active},
		"has paid the oldest":     {suspended, days(8), limited},
		"at the boundary":         {limited, days(7).Add(slack / 2), limited},
		"due in the future":       {active, now.Add(time.Hour), active},
	} {
		require.Equal(t, test.want, Decide(DefaultTerms, test.held, test.overdue, now), name)
	}
}

func TestTerms(t *testing.T) {
	t.Parallel()
	require.NoError(t, DefaultTerms.Check())
	for _, terms := range []Terms{{}, {Limited: 48 * time.Hour, Suspended: 48 * time.Hour}, {Suspended: 48 * time.Hour}, {Limited: -1, Suspended: 1}} {
		require.ErrorContains(t, terms.Check(), "expected a day or more each")
	}
}

// random is how a tenant is held, what it owes, and terms.
func random(r *rand.Rand) (provisioner.State, time.Time, Terms) {
	overdue := now.Add(-time.Duration(r.Int64N(int64(60 * 24 * time.Hour))))
	if r.IntN(4) == 0 {
		overdue = time.Time{}
	}
	limited := time.Duration(1+r.IntN(20)) * 24 * time.Hour
	return states[r.IntN(3)], overdue, Terms{Limited: limited, Suspended: limited + time.Duration(1+r.IntN(20))*24*time.Hour}
}

func TestProperties(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 1))
	for range 10_000 {
		held, overdue, terms := random(r)
		got := Decide(terms, held, overdue, now)
		if overdue.IsZero() {
			require.Equal(t, active, got, "who has paid works")
		}
		require.Equal(t, got, Decide(terms, got, overdue, now), "an act is not repeated: %s, %s", held, got)

		later := now.Add(time.Duration(r.Int64N(int64(40 * 24 * time.Hour))))
		require.GreaterOrEqual(t, rank(Decide(terms, got, overdue, later)), rank(got), "time alone sets nobody free")

		back := now.Add(-time.Duration(r.Int64N(int64(slack))))
		if !overdue.IsZero() && got == terms.state(overdue, now) {
			require.GreaterOrEqual(t, rank(Decide(terms, got, overdue, back)), rank(got), "nor does a clock that goes back, once it was time")
		}
		require.GreaterOrEqual(t, rank(got), rank(Decide(terms, active, overdue, now)), "who was held before may do no more than who was not")
	}
}
