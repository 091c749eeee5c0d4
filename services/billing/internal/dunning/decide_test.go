package dunning

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/billing/api"
	provisioner "github.com/genericcorp/platform/services/provisioner/api"
)

var now = time.Date(2026, 11, 20, 10, 30, 0, 0, time.UTC)

func held(state provisioner.State, by string) provisioner.Tenant {
	if state == provisioner.StateActive {
		return provisioner.Tenant{State: state}
	}
	return provisioner.Tenant{State: state, Hold: &provisioner.Hold{By: by}}
}

var states = []provisioner.State{provisioner.StateActive, provisioner.StateLimited, provisioner.StateSuspended}

func TestDecide(t *testing.T) {
	t.Parallel()
	days := func(n int) time.Time { return now.AddDate(0, 0, -n) }
	for name, test := range map[string]struct {
		tenant  provisioner.Tenant
		overdue time.Time
		want    provisioner.State
	}{
		"has paid":                   {held(provisioner.StateActive, ""), time.Time{}, provisioner.StateActive},
		"overdue for six days":       {held(provisioner.StateActive, ""), days(6), provisioner.StateActive},
		"for seven":                  {held(provisioner.StateActive, ""), days(7), provisioner.StateLimited},
		"for twenty":                 {held(provisioner.StateLimited, api.By), days(20), provisioner.StateLimited},
		"for twenty-one":             {held(provisioner.StateLimited, api.By), days(21), provisioner.StateSuspended},
		"long, and nobody looked":    {held(provisioner.StateActive, ""), days(90), provisioner.StateSuspended},
		"limited, and has paid":      {held(provisioner.StateLimited, api.By), time.Time{}, provisioner.StateActive},
		"suspended, and has paid":    {held(provisioner.StateSuspended, api.By), time.Time{}, provisioner.StateActive},
		"has paid the oldest":        {held(provisioner.StateSuspended, api.By), days(8), provisioner.StateLimited},
		"limited by a person":        {held(provisioner.StateLimited, "arn:aws:sts::1:someone"), days(30), provisioner.StateLimited},
		"suspended by a person":      {held(provisioner.StateSuspended, "arn:aws:sts::1:someone"), time.Time{}, provisioner.StateSuspended},
		"suspended, nobody says why": {provisioner.Tenant{State: provisioner.StateSuspended}, time.Time{}, provisioner.StateSuspended},
		"due in the future":          {held(provisioner.StateActive, ""), now.Add(time.Hour), provisioner.StateActive},
	} {
		got, changes := Decide(DefaultTerms, test.tenant, test.overdue, now)
		require.Equal(t, test.want, got, name)
		require.Equal(t, test.want != test.tenant.State, changes, name)
	}
}

func TestTerms(t *testing.T) {
	t.Parallel()
	require.NoError(t, DefaultTerms.Check())
	for _, terms := range []Terms{{}, {Limited: 48 * time.Hour, Suspended: 48 * time.Hour}, {Suspended: 48 * time.Hour}, {Limited: -1, Suspended: 1}} {
		require.ErrorContains(t, terms.Check(), "expected a day or more each")
	}
}

// random is a tenant, what it owes, and terms.
func random(r *rand.Rand) (provisioner.Tenant, time.Time, Terms) {
	tenant := held(states[r.IntN(3)], []string{api.By, "someone"}[r.IntN(2)])
	overdue := now.Add(-time.Duration(r.Int64N(int64(60 * 24 * time.Hour))))
	if r.IntN(4) == 0 {
		overdue = time.Time{}
	}
	limited := time.Duration(1+r.IntN(20)) * 24 * time.Hour
	return tenant, overdue, Terms{Limited: limited, Suspended: limited + time.Duration(1+r.IntN(20))*24*time.Hour}
}

func TestProperties(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 1))
	for range 10_000 {
		tenant, overdue, terms := random(r)
		got, changes := Decide(terms, tenant, overdue, now)
		require.Equal(t, got != tenant.State, changes)

		if tenant.Hold != nil && tenant.Hold.By != api.By {
			require.False(t, changes, "what others hold stays: %v", tenant)
			continue
		}
		if overdue.IsZero() {
			require.Equal(t, provisioner.StateActive, got, "who has paid works")
		}
		after := held(got, api.By)
		_, again := Decide(terms, after, overdue, now)
		require.False(t, again, "an act is not repeated: %v, %s", tenant, got)

		later := now.Add(time.Duration(r.Int64N(int64(40 * 24 * time.Hour))))
		next, _ := Decide(terms, after, overdue, later)
		require.GreaterOrEqual(t, rank(next), rank(got), "time alone sets nobody free")

		back := now.Add(-time.Duration(r.Int64N(int64(slack))))
		if !overdue.IsZero() && got == terms.state(overdue, now) {
			skewed, _ := Decide(terms, after, overdue, back)
			require.GreaterOrEqual(t, rank(skewed), rank(got), "nor does a clock that goes back, once it was time")
		}
		fresh, _ := Decide(terms, held(provisioner.StateActive, ""), overdue, now)
		require.GreaterOrEqual(t, rank(got), rank(fresh), "who was held before may do no more than who was not")
	}
}

// Over a long time with payments, and people who hold and let go: nobody is set free whom a person holds, and billing holds nobody who has
// paid.
func TestOnlyItsOwnActs(t *testing.T) {
	t.Parallel()
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 2))
		tenant, at, overdue := held(provisioner.StateActive, ""), now, time.Time{}
		for range 300 {
			at = at.Add(time.Duration(r.IntN(100)) * time.Hour)
			switch r.IntN(8) {
			case 0:
				tenant = held(states[r.IntN(3)], "someone")
			case 1:
				overdue = at
			case 2:
				overdue = time.Time{}
			}
			before := tenant
			if state, changes := Decide(DefaultTerms, tenant, overdue, at); changes {
				tenant = held(state, api.By)
			}
			if before.Hold != nil && before.Hold.By == "someone" {
				require.Equal(t, before, tenant)
			}
			if overdue.IsZero() && tenant.Hold != nil {
				require.Equal(t, "someone", tenant.Hold.By)
			}
		}
	}
}
