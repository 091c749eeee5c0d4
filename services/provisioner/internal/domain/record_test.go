package domain

import (
	"testing"

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
