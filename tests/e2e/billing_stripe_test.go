package e2e

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/localcloud"
	"github.com/genericcorp/platform/tests/testcloud"
)

// billed is an environment with billing, against the local cloud's stand-in of Stripe.
type billed struct {
	*testcloud.Cloud
	billingOutputs
}

type billingOutputs struct{ BillingFunctionName, BillingSecretArn, BillingWebhookURL, ProvisionerFunctionName string }

// held is to which state billing holds a tenant.
func (b *billed) held(t *testing.T, tenant string) string {
	t.Helper()
	var shown struct {
		Tenant struct {
			Holds []struct{ By, State string }
		}
	}
	b.Platform(t, &shown, "tenant", "show", tenant)
	for _, hold := range shown.Tenant.Holds {
		assert.Equal(t, "billing", hold.By)
		return hold.State
	}
	return "active"
}

// invoice is the tenant's only one.
func (b *billed) invoice(t *testing.T, tenant string) (id string) {
	t.Helper()
	var stripe localcloud.Stripe
	b.Platform(t, &stripe, "local", "stripe")
	for _, invoice := range stripe.Invoices {
		if invoice.Tenant == tenant {
			assert.Equal(t, "open", invoice.Status)
			id = invoice.ID
		}
	}
	require.NotEmpty(t, id, "%+v", stripe)
	return id
}

// happens has something happen to an invoice, and waits until billing has heard of it.
func (b *billed) happens(t *testing.T, invoice string, what ...string) {
	t.Helper()
	b.Platform(t, nil, append([]string{"local", "stripe", "invoice", invoice}, what...)...)
	b.delivered(t)
}

// delivered waits until each event was taken.
func (b *billed) delivered(t *testing.T) {
	t.Helper()
	require.EventuallyWithT(t, func(collect *assert.CollectT) {
		var stripe localcloud.Stripe
		b.Platform(t, &stripe, "local", "stripe")
		require.NotEmpty(collect, stripe.Deliveries)
		for _, delivery := range stripe.Deliveries {
			require.Equal(collect, "delivered", delivery.State, "%+v", delivery)
		}
	}, time.Minute, 200*time.Millisecond)
}

// control does at the stand-in what the command does not offer.
func (b *billed) control(t *testing.T, what string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.AWSEndpoint+localcloud.StripeControlPath+what, http.NoBody)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusOK, response.StatusCode)
}
