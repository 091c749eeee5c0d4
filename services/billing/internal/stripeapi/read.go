package stripeapi

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v85"

	"github.com/genericcorp/platform/services/billing/api"
	"github.com/genericcorp/platform/services/billing/internal/plan"
)

// Read tells what Stripe has of the environment: by lists, which know at once what was just made; a search does not.
// https://docs.stripe.com/api/customers/search
//
// Usage is of whole hours from from to to; of none where both are the same.
func (c *Client) Read(ctx context.Context, from, to time.Time) (plan.Actual, error) {
	actual := plan.Actual{Products: map[string]bool{}, Prices: map[string]plan.Price{}, Meters: map[string]bool{}, Usage: map[plan.Hour]int64{}}
	if err := c.readCatalogue(ctx, &actual); err != nil {
		return plan.Actual{}, err
	}
	meters, err := c.readMeters(ctx, &actual)
	if err != nil {
		return plan.Actual{}, err
	}
	if actual.Customers, err = c.Customers(ctx); err != nil {
		return plan.Actual{}, err
	}
	if err := c.readSubscriptions(ctx, actual.Customers); err != nil {
		return plan.Actual{}, err
	}
	for _, customer := range actual.Customers {
		if len(customer.Subscriptions) == 0 || from.Equal(to) {
			continue // it has used nothing that is billed, or nobody asks
		}
		for kind, meter := range meters {
			if err := c.readUsage(ctx, &actual, customer, kind, meter, from, to); err != nil {
				return plan.Actual{}, err
			}
		}
	}
	return actual, nil
}

func page() stripe.ListParams { return stripe.ListParams{Limit: stripe.Int64(most)} }

func (c *Client) readCatalogue(ctx context.Context, actual *plan.Actual) error {
	own := api.Product(c.environment, "")
	for product, err := range c.stripe.V1Products.List(ctx, &stripe.ProductListParams{ListParams: page()}).All(ctx) {
		if err != nil {
			return fmt.Errorf("list products: %w", err)
		}
		if err := c.checkMode("product "+product.ID, product.Livemode); err != nil {
			return err
		}
		if strings.HasPrefix(product.ID, own) {
			actual.Products[product.ID] = product.Active
		}
	}
	for _, active := range []bool{true, false} { // a list has either. https://docs.stripe.com/api/prices/list
		for price, err := range c.stripe.V1Prices.List(ctx, &stripe.PriceListParams{ListParams: page(), Active: stripe.Bool(active)}).All(ctx) {
			if err != nil {
				return fmt.Errorf("list prices: %w", err)
			}
			if strings.HasPrefix(price.LookupKey, own) && price.Product != nil {
				actual.Prices[price.LookupKey] = plan.Price{ID: price.ID, Product: price.Product.ID, Active: price.Active}
			}
		}
	}
	return nil
}

// readMeters also tells which meter is of which kind.
func (c *Client) readMeters(ctx context.Context, actual *plan.Actual) (map[api.Kind]string, error) {
	kinds := map[string]api.Kind{}
	for _, kind := range api.Kinds {
		kinds[api.EventName(c.environment, kind)] = kind
	}
	meters := map[api.Kind]string{}
	for meter, err := range c.stripe.V1BillingMeters.List(ctx, &stripe.BillingMeterListParams{ListParams: page()}).All(ctx) {
		if err != nil {
			return nil, fmt.Errorf("list meters: %w", err)
		}
		kind, own := kinds[meter.EventName]
		if !own || actual.Meters[meter.EventName] {
			continue
		}
		if meter.EventTimeWindow != stripe.BillingMeterEventTimeWindowHour {
			return nil, fmt.Errorf("meter %s: event_time_window: got %q, expected hour: what is sent twice would be billed twice", meter.EventName, meter.EventTimeWindow)
		}
		actual.Meters[meter.EventName] = meter.Status == stripe.BillingMeterStatusActive
		meters[kind] = meter.ID
	}
	return meters, nil
}

// Customers are those of the environment, without their subscriptions.
func (c *Client) Customers(ctx context.Context) ([]plan.Customer, error) {
	var all []plan.Customer
	for customer, err := range c.stripe.V1Customers.List(ctx, &stripe.CustomerListParams{ListParams: page()}).All(ctx) {
		if err != nil {
			return nil, fmt.Errorf("list customers: %w", err)
		}
		if err := c.checkMode("customer "+customer.ID, customer.Livemode); err != nil {
			return nil, err
		}
		if customer.Metadata[api.MetadataEnvironment] == c.environment {
			all = append(all, plan.Customer{ID: customer.ID, Tenant: customer.Metadata[api.MetadataTenant],
				TenantCreated: customer.Metadata[api.MetadataCreated], Email: customer.Email, Created: time.Unix(customer.Created, 0).UTC()})
		}
	}
	return all, nil
}

// readSubscriptions gives each customer its own, those that have ended included.
func (c *Client) readSubscriptions(ctx context.Context, customers []plan.Customer) error {
	place := map[string]int{}
	for i, customer := range customers {
		place[customer.ID] = i
	}
	for s, err := range c.stripe.V1Subscriptions.List(ctx, &stripe.SubscriptionListParams{ListParams: page(), Status: stripe.String("all")}).All(ctx) {
		if err != nil {
			return fmt.Errorf("list subscriptions: %w", err)
		}
		if s.Customer == nil {
			continue
		}
		i, own := place[s.Customer.ID]
		if !own {
			continue
		}
		ended := s.Status == stripe.SubscriptionStatusCanceled || s.Status == stripe.SubscriptionStatusIncompleteExpired
		read := plan.Subscription{ID: s.ID, Ended: ended, StartedAt: time.Unix(s.StartDate, 0).UTC()}
		read.Changes, _ = strconv.Atoi(s.Metadata[api.MetadataChanges]) // none: never
		if s.Items != nil {
			read.Items = len(s.Items.Data)
			for _, item := range s.Items.Data {
				read.Item, read.PeriodStart = item.ID, time.Unix(item.CurrentPeriodStart, 0).UTC()
				if item.Price != nil && item.Price.Product != nil {
					read.Product = item.Price.Product.ID
				}
			}
		}
		customers[i].Subscriptions = append(customers[i].Subscriptions, read)
	}
	return nil
}

func (c *Client) readUsage(ctx context.Context, actual *plan.Actual, customer plan.Customer, kind api.Kind, meter string, from, to time.Time) error {
	params := &stripe.BillingMeterEventSummaryListParams{
		ListParams: page(), ID: stripe.String(meter), Customer: stripe.String(customer.ID), StartTime: stripe.Int64(from.Unix()), EndTime: stripe.Int64(to.Unix()),
		ValueGroupingWindow: stripe.String("hour"),
	}
	for sum, err := range c.stripe.V1BillingMeterEventSummaries.List(ctx, params).All(ctx) {
		if err != nil {
			return fmt.Errorf("list sums of meter %s: %w", meter, err)
		}
		hour := plan.Hour{Tenant: customer.Tenant, Kind: kind, Start: time.Unix(sum.StartTime, 0).UTC()}
		actual.Usage[hour] += int64(sum.AggregatedValue)
	}
	return nil
}
