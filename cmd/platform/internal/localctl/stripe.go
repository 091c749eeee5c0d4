package localctl

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/genericcorp/platform/internal/localcloud"
)

// Stripe shows what the stand-in of Stripe on a running local cloud has.
func Stripe(ctx context.Context, state localcloud.State) (localcloud.Stripe, error) {
	return controlStripe(ctx, state, http.MethodGet, "/")
}

// StripeEvents keeps the stand-in's events back, or sends those that were.
func StripeEvents(ctx context.Context, state localcloud.State, held bool) (localcloud.Stripe, error) {
	if held {
		return controlStripe(ctx, state, http.MethodPost, "/hold")
	}
	return controlStripe(ctx, state, http.MethodPost, "/release")
}

// StripeHappens has something happen to an invoice of the stand-in: see package localcloud.
func StripeHappens(ctx context.Context, state localcloud.State, invoice, what string, days int) (localcloud.Stripe, error) {
	query := url.Values{"happens": {what}}
	if days != 0 {
		query.Set("days", fmt.Sprint(days))
	}
	return controlStripe(ctx, state, http.MethodPost, "/invoices/"+url.PathEscape(invoice)+"?"+query.Encode())
}

func controlStripe(ctx context.Context, state localcloud.State, method, what string) (shown localcloud.Stripe, err error) {
	request, err := http.NewRequestWithContext(ctx, method, state.AWSEndpoint+localcloud.StripeControlPath+what, http.NoBody)
	if err != nil {
		return shown, err
	}
	return shown, ask(request, theStandIn, &shown)
}

// StripeAPI does a request of Stripe's API at the stand-in, with a key of its test mode.
func StripeAPI(ctx context.Context, state localcloud.State, key, method, path string, form url.Values, into any) error {
	request, err := http.NewRequestWithContext(ctx, method, state.AWSEndpoint+localcloud.StripePath+path, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+key)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return ask(request, theStandIn, into)
}

// theStandIn is what messages call it.
const theStandIn = "stand-in of Stripe"
