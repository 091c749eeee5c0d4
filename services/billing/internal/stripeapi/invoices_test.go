package stripeapi

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v85"

	"github.com/genericcorp/platform/services/billing/internal/dunning"
	"github.com/genericcorp/platform/services/billing/internal/plan"
)

func TestTenantOf(t *testing.T) {
	t.Parallel()
	server, client := connect(t)
	for _, environment := range []string{"dev", "prod"} {
		require.NoError(t, client.Apply(t.Context(), plan.CreateCustomer{Environment: environment, Tenant: "acme", Created: "1", Email: "a@example.com"}))
	}
	for i, want := range []bool{true, false} {
		tenant, own, err := client.TenantOf(t.Context(), fmt.Sprint(server.Objects("customer")[i]["id"]))
		require.NoError(t, err)
		require.Equal(t, want, own)
		require.Equal(t, dunning.Tenant{Slug: "acme", Created: "1"}, tenant)
	}
	_, _, err := client.TenantOf(t.Context(), "cus_none")
	require.ErrorContains(t, err, "ask for customer cus_none")
}

// What a tenant owes is what all its customers owe, and no other one's; what people have given up is not paid.
func TestOverdue(t *testing.T) {
	t.Parallel()
	server, client := connect(t)
	require.NoError(t, client.Apply(t.Context(), plan.CreateProduct{ID: "platform_dev_pro", Name: "pro"}))
	require.NoError(t, client.Apply(t.Context(), plan.CreatePrice{LookupKey: "platform_dev_pro_usd_4900", Product: "platform_dev_pro", Cents: 4900}))
	price := fmt.Sprint(server.Objects("price")[0]["id"])
	due := map[string]time.Time{}
	for i, tenant := range []dunning.Tenant{{Slug: "birch", Created: "1"}, {Slug: "acme", Created: "0"}, {Slug: "acme", Created: "1"}, {Slug: "acme", Created: "1"}} {
		email := fmt.Sprintf("%d@example.com", i)
		created := fmt.Sprintf("%s-%d", tenant.Created, i) // so that the second customer of a tenant can be made
		require.NoError(t, client.Apply(t.Context(), plan.CreateCustomer{Environment: "dev", Tenant: tenant.Slug, Created: created, Email: email}))
		customer := server.Objects("customer")[i]
		customer["metadata"] = metadata("dev", tenant.Slug, tenant.Created)
		require.NoError(t, client.Apply(t.Context(), plan.CreateSubscription{Environment: "dev", Tenant: tenant.Slug, Created: tenant.Created, Customer: fmt.Sprint(customer["id"]), Price: price}))
		due[email] = server.Now().AddDate(0, 0, 14)
		server.Advance(24 * time.Hour)
	}
	acme, invoices := dunning.Tenant{Slug: "acme", Created: "1"}, server.Objects("invoice")
	all := func() map[dunning.Tenant]time.Time {
		got, err := client.Overdue(t.Context(), server.Now())
		require.NoError(t, err)
		return got
	}
	since := func() time.Time { return all()[acme] }
	require.True(t, since().IsZero(), "nothing is due yet")
	server.Advance(30 * 24 * time.Hour)
	require.Equal(t, due["2@example.com"], since(), "the oldest")
	server.Settle(fmt.Sprint(invoices[2]["id"]), "paid")
	require.Equal(t, due["3@example.com"], since(), "the other customer's")
	server.Settle(fmt.Sprint(invoices[3]["id"]), "uncollectible")
	require.Equal(t, due["3@example.com"], since(), "it was given up")
	server.Settle(fmt.Sprint(invoices[3]["id"]), "void")
	require.True(t, since().IsZero())
	require.Equal(t, due["0@example.com"], all()[dunning.Tenant{Slug: "birch", Created: "1"}])
	require.Equal(t, due["1@example.com"], all()[dunning.Tenant{Slug: "acme", Created: "0"}], "the one that had the name before")
}

func TestWhenAnInvoiceIsOverdue(t *testing.T) {
	t.Parallel()
	final := &stripe.InvoiceStatusTransitions{FinalizedAt: 100}
	for name, test := range map[string]struct {
		invoice stripe.Invoice
		want    int64 // 0: never
	}{
		"by its due date":              {stripe.Invoice{AmountDue: 1, DueDate: 200, AttemptCount: 1, StatusTransitions: final}, 200},
		"once an attempt failed":       {stripe.Invoice{AmountDue: 1, AttemptCount: 1, StatusTransitions: final}, 100},
		"no attempt yet":               {stripe.Invoice{AmountDue: 1, StatusTransitions: final}, 0},
		"nothing to pay":               {stripe.Invoice{DueDate: 200}, 0},
		"nobody knows when it was due": {stripe.Invoice{AmountDue: 1, AttemptCount: 1}, 0},
	} {
		got := overdueSince(&test.invoice)
		require.Equal(t, test.want == 0, got.IsZero(), name)
		if test.want > 0 {
			require.Equal(t, test.want, got.Unix(), name)
		}
	}
}
