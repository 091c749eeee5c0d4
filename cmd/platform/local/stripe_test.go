package local

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/internal/localcloud"
)

// Whoever reads it does not take the stand-in for Stripe.
func TestStripeText(t *testing.T) {
	t.Parallel()
	const standIn = "(the local cloud's stand-in of Stripe: nobody is sent anything, and nobody pays)"
	assert.Equal(t, "no invoice was made\n"+standIn, stripeText(localcloud.Stripe{}))
	text := stripeText(localcloud.Stripe{
		Invoices:   []localcloud.StripeInvoice{{ID: "in_1", Tenant: "acme", Cents: 4905, Due: time.Date(2026, 12, 15, 0, 0, 0, 0, time.UTC), Status: "open", Attempts: 1}},
		Deliveries: []localcloud.StripeDelivery{{Event: "evt_1", Kind: "invoice.payment_failed", Invoice: "in_1", Attempts: 2, Answer: "503", State: "waiting"}}, Held: true,
	})
	assert.Regexp(t, `in_1 +acme +49\.05 +2026-12-15 +open +1`, text)
	assert.Regexp(t, `evt_1 +invoice\.payment_failed +in_1 +2 +503 +waiting`, text)
	assert.Contains(t, text, "no event is sent until `platform local stripe release`\n"+standIn)
}

// The days are of an invoice that is overdue, and of nothing else.
func TestStripeInvoice(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		arguments []string
		wrong     bool
	}{
		{[]string{"in_1", "paid"}, false}, {[]string{"in_1", "overdue", "--days", "8"}, false},
		{[]string{"in_1", "overdue"}, true}, {[]string{"in_1", "paid", "--days", "8"}, true}, {[]string{"in_1"}, true},
	} {
		asked := 0
		cmd := newStripe(&cmdutil.Factory{Out: io.Discard, Err: io.Discard}, func(context.Context, *stripeOptions) error { asked++; return nil })
		cmd.SetArgs(append([]string{"invoice"}, c.arguments...))
		cmd.SetOut(io.Discard)
		cmd.SetErr(io.Discard)
		err := cmd.ExecuteContext(t.Context())
		if c.wrong {
			require.Error(t, err, c.arguments)
			require.Zero(t, asked)
			continue
		}
		require.NoError(t, err, c.arguments)
		require.Equal(t, 1, asked)
	}
}
