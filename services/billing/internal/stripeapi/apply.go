package stripeapi

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/stripe/stripe-go/v85"

	"github.com/genericcorp/platform/services/billing/api"
	"github.com/genericcorp/platform/services/billing/internal/plan"
)

const (
	monthly = "month"
	dollars = "usd"
)

// Apply does one call.
func (c *Client) Apply(ctx context.Context, call plan.Call) error {
	var err error
	params := stripe.Params{IdempotencyKey: stripe.String(call.Key())}
	switch call := call.(type) {
	case plan.CreateProduct:
		_, err = c.stripe.V1Products.Create(ctx, &stripe.ProductCreateParams{Params: params, ID: stripe.String(call.ID), Name: stripe.String(call.Name)})
	case plan.CreatePrice:
		_, err = c.stripe.V1Prices.Create(ctx, &stripe.PriceCreateParams{
			Params: params, Product: stripe.String(call.Product), LookupKey: stripe.String(call.LookupKey), Currency: stripe.String(dollars),
			UnitAmount: stripe.Int64(call.Cents), Recurring: &stripe.PriceCreateRecurringParams{Interval: stripe.String(monthly)},
		})
	case plan.CreateMeter:
		_, err = c.stripe.V1BillingMeters.Create(ctx, &stripe.BillingMeterCreateParams{
			Params: params, EventName: stripe.String(call.EventName), DisplayName: stripe.String(call.EventName), EventTimeWindow: stripe.String("hour"),
			DefaultAggregation: &stripe.BillingMeterCreateDefaultAggregationParams{Formula: stripe.String("sum")},
		})
	case plan.CreateCustomer:
		_, err = c.stripe.V1Customers.Create(ctx, &stripe.CustomerCreateParams{
			Params: params, Name: stripe.String(call.Tenant), Email: stripe.String(call.Email), Metadata: metadata(call.Environment, call.Tenant, call.Created),
		})
	case plan.UpdateAddress:
		_, err = c.stripe.V1Customers.Update(ctx, call.Customer, &stripe.CustomerUpdateParams{Email: stripe.String(call.Email)})
	case plan.CreateSubscription:
		err = c.subscribe(ctx, params, call)
	case plan.ChangePrice:
		_, err = c.stripe.V1Subscriptions.Update(ctx, call.Subscription, &stripe.SubscriptionUpdateParams{
			Params: params, ProrationBehavior: stripe.String("create_prorations"), Metadata: map[string]string{api.MetadataChanges: strconv.Itoa(call.Changes + 1)},
			Items: []*stripe.SubscriptionUpdateItemParams{{ID: stripe.String(call.Item), Price: stripe.String(call.Price)}},
		})
	case plan.CancelSubscription:
		// Stripe takes no key where it deletes: deleting twice does nothing. https://docs.stripe.com/api/idempotent_requests
		_, err = c.stripe.V1Subscriptions.Cancel(ctx, call.Subscription, &stripe.SubscriptionCancelParams{Prorate: stripe.Bool(true), InvoiceNow: stripe.Bool(true)})
	case plan.ReportUsage:
		err = c.report(ctx, params, call)
	default:
		return fmt.Errorf("call %s: got a %T, expected one of the plan's", call.Key(), call)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", call.Key(), err)
	}
	return nil
}

func metadata(environment, tenant, created string) map[string]string {
	return map[string]string{api.MetadataEnvironment: environment, api.MetadataTenant: tenant, api.MetadataCreated: created}
}

// subscribe has the customer pay for calendar months of UTC, and for the rest of the first one at once.
// https://docs.stripe.com/billing/subscriptions/billing-cycle
func (c *Client) subscribe(ctx context.Context, params stripe.Params, call plan.CreateSubscription) error {
	first := &stripe.SubscriptionCreateBillingCycleAnchorConfigParams{DayOfMonth: stripe.Int64(1), Hour: stripe.Int64(0), Minute: stripe.Int64(0), Second: stripe.Int64(0)}
	_, err := c.stripe.V1Subscriptions.Create(ctx, &stripe.SubscriptionCreateParams{
		Params: params, Customer: stripe.String(call.Customer), Metadata: metadata(call.Environment, call.Tenant, call.Created), BillingCycleAnchorConfig: first,
		CollectionMethod: stripe.String("send_invoice"), DaysUntilDue: stripe.Int64(c.daysToPay), ProrationBehavior: stripe.String("create_prorations"),
		Items: []*stripe.SubscriptionCreateItemParams{{Price: stripe.String(call.Price)}},
	})
	return err
}

// report takes an event that Stripe already has as told: its identifier says what it is about. Stripe refuses such an event, and does
// not ignore it.
func (c *Client) report(ctx context.Context, params stripe.Params, call plan.ReportUsage) error {
	_, err := c.stripe.V1BillingMeterEvents.Create(ctx, &stripe.BillingMeterEventCreateParams{
		Params: params, EventName: stripe.String(call.EventName), Identifier: stripe.String(call.Identifier), Timestamp: stripe.Int64(call.At.Unix()),
		Payload: map[string]string{"stripe_customer_id": call.Customer, "value": strconv.FormatInt(call.Value, 10)},
	})
	var said *stripe.Error
	if errors.As(err, &said) && said.Type == stripe.ErrorTypeInvalidRequest && strings.Contains(said.Msg, "already exists with identifier") {
		return nil
	}
	return err
}
