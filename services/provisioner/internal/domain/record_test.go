package domain

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/breaker"
)

// Of a tenant's own state and the breaker's the stricter one holds, and neither changes the other.
func TestTheStricterStateHolds(t *testing.T) {
	t.Parallel()
	const active, limited, suspended = api.StateActive, api.StateLimited, api.StateSuspended
	for own, want := range map[api.State][]api.State{
		active:    {active, active, limited, suspended},
		limited:   {limited, limited, limited, suspended},
		suspended: {suspended, suspended, suspended, suspended},
	} {
		for level := breaker.None; level <= breaker.Suspended; level++ {
			r := Record{State: own, Limits: api.Limits{Connections: 5}, Breaker: breaker.Standing{Due: breaker.Suspended, Level: level}}
			effective := r.Effective()
			require.Equal(t, want[level], effective, "%s, %s", own, level)
			require.Equal(t, own, r.Describe().State)
			require.Equal(t, effective != suspended, r.CanLogIn())
			require.Equal(t, effective == active, r.CanWrite())
			require.Equal(t, effective == limited, r.Connections() == 1)
			require.Equal(t, effective == active, r.Reason() == "")
		}
	}
}

// Of several holds the strictest holds, and whoever lets go undoes only its own.
func TestHoldsAreKeptApart(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 30, 7, 0, 0, 5, time.UTC)
	r := Record{State: api.StateActive, Limits: api.Limits{Connections: 5}, Breaker: breaker.Standing{Level: breaker.Limited}}
	suspended, changes := r.HoldBy(api.HolderBilling, api.StateSuspended, "unpaid", now)
	require.True(t, changes)
	require.Empty(t, r.Holds, "the record before is as it was")
	require.Equal(t, api.StateSuspended, suspended.Effective())
	require.Equal(t, suspended.Effective(), suspended.Describe().Effective())
	require.Contains(t, suspended.Reason(), "by billing")
	_, changes = suspended.HoldBy(api.HolderBilling, api.StateSuspended, "unpaid", now.Add(time.Hour))
	require.False(t, changes, "since when stays")
	deployed := Requested(api.Request{State: api.StateActive}, &suspended, now)
	require.Equal(t, suspended.Holds, deployed.Holds)

	limited, changes := suspended.HoldBy(api.HolderBilling, api.StateLimited, "unpaid", now)
	require.True(t, changes)
	require.Contains(t, limited.Reason(), "by the breaker", "of two that are as strict, the breaker's is told first")
	free, changes := limited.HoldBy(api.HolderBilling, api.StateActive, "", now)
	require.True(t, changes)
	require.Equal(t, api.StateLimited, free.Effective(), "by the breaker")
	_, changes = free.HoldBy(api.HolderBilling, api.StateActive, "", now)
	require.False(t, changes)
}

// A deployment of the tenant leaves how it stands with the breaker as it is.
func TestRequestsKeepTheBreakersStanding(t *testing.T) {
	t.Parallel()
	before := Record{Slug: "acme", State: api.StateActive, Breaker: breaker.Standing{Due: breaker.Limited, Level: breaker.Limited, Tier: "pro"}}
	after := Requested(api.Request{Tenant: "acme", State: api.StateActive}, &before, before.CreatedAt)
	require.Equal(t, before.Breaker, after.Breaker)
	limited := after
	limited.Breaker.Level = breaker.Suspended
	require.True(t, limited.EndsSessions(&after))
	free := after
	free.Breaker = breaker.Standing{}
	require.True(t, free.EndsSessions(&after), "else they stay read-only")
}
