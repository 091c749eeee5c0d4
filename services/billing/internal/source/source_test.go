package source

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/billing/api"
	"github.com/genericcorp/platform/services/billing/internal/plan"
	provisioner "github.com/genericcorp/platform/services/provisioner/api"
)

var (
	from = time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)
	to   = from.Add(40 * 24 * time.Hour)
	made = from.Add(90 * time.Minute)
)

// answering answers as the provisioner does, and refuses what it refuses: each tenant used something in each hour.
func answering(t *testing.T, asked *[]provisioner.Request, tenants ...provisioner.Tenant) *Source {
	t.Helper()
	answer := func(_ context.Context, r provisioner.Request) (provisioner.Response, error) {
		*asked = append(*asked, r)
		require.NoError(t, r.Validate())
		if r.Action == provisioner.ActionList {
			return provisioner.Response{Tenants: tenants}, nil
		}
		var usage []provisioner.Usage
		for hour := r.Usage.From; hour.Before(r.Usage.To); hour = hour.Add(time.Hour) {
			usage = append(usage, provisioner.Usage{Tenant: r.Tenant, Hour: hour.Local(), Served: 7, Refused: 9, StoredKiBMinutes: int64(hour.Hour())})
		}
		return provisioner.Response{Usage: usage}, nil
	}
	return &Source{Environment: "dev", Provisioner: answer}
}

func TestDesired(t *testing.T) {
	t.Parallel()
	var asked []provisioner.Request
	source := answering(t, &asked, provisioner.Tenant{Slug: "acme", Tier: "pro", State: provisioner.StateSuspended, CreatedAt: made, BillingEmail: "acme@example.com"},
		provisioner.Tenant{Slug: "birch", Tier: "free", CreatedAt: made})
	got, err := source.Desired(t.Context(), from, to)
	require.NoError(t, err)
	require.Equal(t, []plan.Tenant{{Slug: "acme", Tier: "pro", CreatedAt: made, Email: "acme@example.com"}, {Slug: "birch", Tier: "free", CreatedAt: made}}, got.Tenants)
	require.Len(t, asked, 3, "the list, and a tenant's time in two parts")

	hours := int(to.Sub(from)/time.Hour) - 1 // from the hour on in which it was made
	requests, stored := 0, 0
	for hour, used := range got.Usage {
		require.Equal(t, "acme", hour.Tenant)
		require.Equal(t, time.UTC, hour.Start.Location())
		if hour.Kind == api.KindRequests {
			require.Equal(t, int64(7), used)
			requests++
			continue
		}
		require.Equal(t, int64(hour.Start.Hour()), used)
		stored++
	}
	require.Equal(t, hours, requests)
	require.Equal(t, hours-40, stored, "but for the hours after midnight, in which it stored nothing")
	require.NotContains(t, got.Usage, plan.Hour{Tenant: "acme", Kind: api.KindRequests, Start: from}, "another one of that name used it")
}

// Who does not know says so, and nothing is planned by half of it.
func TestErrors(t *testing.T) {
	t.Parallel()
	var asked []provisioner.Request
	source := answering(t, &asked, provisioner.Tenant{Slug: "acme", Tier: "gold", CreatedAt: made})
	_, err := source.Desired(t.Context(), from, to)
	require.ErrorContains(t, err, `tenant acme: tier: got "gold"`)

	for _, failing := range []provisioner.Action{provisioner.ActionList, provisioner.ActionUsage} {
		source = answering(t, &asked, provisioner.Tenant{Slug: "acme", Tier: "pro", CreatedAt: made})
		answer := source.Provisioner
		source.Provisioner = func(ctx context.Context, r provisioner.Request) (provisioner.Response, error) {
			if r.Action == failing {
				return provisioner.Response{}, errors.New("away")
			}
			return answer(ctx, r)
		}
		got, err := source.Desired(t.Context(), from, to)
		require.ErrorContains(t, err, "away")
		require.Empty(t, got.Tenants)
	}
}
