package dunning

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	provisioner "github.com/genericcorp/platform/services/provisioner/api"
)

// answers are what Stripe says, one after the other; the last one for ever.
type answers []map[Tenant]time.Time

// Overdue implements Invoices.
func (a *answers) Overdue(context.Context, time.Time) (map[Tenant]time.Time, error) {
	said := (*a)[0]
	if len(*a) > 1 {
		*a = (*a)[1:]
	}
	return said, nil
}

// Who pays while all are looked at is not held any more, and one that fails keeps no other from its turn.
func TestCheckAllAsksAgain(t *testing.T) {
	t.Parallel()
	all := []provisioner.Tenant{{Slug: "acme", CreatedAt: now}, {Slug: "bolt", CreatedAt: now}, {Slug: "cork", CreatedAt: now}}
	acme, bolt, cork := TenantOf(all[0]), TenantOf(all[1]), TenantOf(all[2])
	long := now.AddDate(0, -3, 0)
	invoices := &answers{{acme: long, bolt: long, cork: long}, {bolt: long, cork: long}}
	var held []string
	keeper := &Keeper{Terms: DefaultTerms, Invoices: invoices, Now: func() time.Time { return now }}
	keeper.Provisioner = func(_ context.Context, r provisioner.Request) (provisioner.Response, error) {
		require.NoError(t, r.Validate())
		if r.Action == provisioner.ActionList {
			return provisioner.Response{Tenants: all}, nil
		}
		if r.Action == provisioner.ActionHold && r.Tenant == "bolt" {
			return provisioner.Response{}, errors.New("the database is away")
		}
		if r.Action == provisioner.ActionHold {
			held = append(held, r.Tenant+" "+string(r.State)+": "+r.Reason)
		}
		for i := range all {
			if all[i].Slug == r.Tenant {
				return provisioner.Response{Tenant: &all[i]}, nil
			}
		}
		return provisioner.Response{}, errors.New("asked for " + r.Tenant)
	}
	require.EqualError(t, keeper.CheckAll(t.Context()), "hold tenant bolt, which is to be suspended: the database is away")
	require.Equal(t, []string{"cork suspended: an invoice is overdue since 2026-08-20"}, held)
}
