package billing

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/services/billing/api"
	provisioner "github.com/genericcorp/platform/services/provisioner/api"
)

func TestArguments(t *testing.T) {
	t.Parallel()
	accept := func(context.Context, *options) error { return nil }
	for _, make := range []func(*cmdutil.Factory, cmdutil.Run[options]) *cobra.Command{newStatus, newRun} {
		for refused, args := range map[string][]string{"": {"--env=prod", "--json"}, `--env: got "moon"`: {"--env=moon"}, "unknown command": {"acme"}} {
			cmd := make(&cmdutil.Factory{}, accept)
			cmd.SetOut(io.Discard)
			cmd.SetErr(io.Discard)
			cmd.SetArgs(args)
			err := cmd.Execute()
			if refused == "" {
				require.NoError(t, err)
				continue
			}
			require.ErrorContains(t, err, refused)
		}
	}
}

func someBilling() *tenant.Billing {
	since := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	return &tenant.Billing{Environment: "prod", Status: api.Status{
		Tenants: []api.Tenant{
			{Slug: "acme", Tier: "pro", PriceUSD: decimal.NewFromInt(49), Customer: "cus_1", Subscription: "sub_1", SubscriptionTier: "starter",
				OverdueSince: since, Held: provisioner.StateLimited, HeldSince: since.AddDate(0, 0, 7)},
			{Slug: "bolt", Tier: "free", Held: provisioner.StateActive},
		},
		Due: []string{"tier/sub_1/1"}, Findings: []api.Finding{
			{Kind: "more-than-one", Tenant: "acme", Subject: "cus_2", Text: "two customers"}, {Kind: "customer-without-tenant", Subject: "cus_3", Text: "end it"},
		},
	}}
}

func TestStatusText(t *testing.T) {
	t.Parallel()
	b := someBilling()
	require.Equal(t, `TENANT  TIER  USD A MONTH  CUSTOMER  SUBSCRIPTION  PAYS FOR  OVERDUE SINCE  HELD BY BILLING
acme    pro   49.00        cus_1     sub_1         starter   2026-11-20     limited since 2026-11-27
bolt    free  0.00         -         -             -         -              -
the next run would do:
  tier/sub_1/1
found:
  more-than-one: acme: two customers
  customer-without-tenant: cus_3: end it
(prod, Stripe's test mode)`, statusText(b))
	b.Tenants, b.Due, b.Findings, b.Live = nil, nil, nil, true
	require.Equal(t, "environment prod has no tenants\n(prod, real money)", statusText(b))
}

func TestRunText(t *testing.T) {
	t.Parallel()
	b := someBilling()
	require.Contains(t, runText(b), "environment prod: nothing was to be done in Stripe\nfound:\n  more-than-one: acme")
	b.Done, b.Findings = []string{"customer/acme", "usage/acme"}, nil
	require.Equal(t, "environment prod: 2 changes in Stripe:\n  customer/acme\n  usage/acme\n(Stripe's test mode)", runText(b))
}
