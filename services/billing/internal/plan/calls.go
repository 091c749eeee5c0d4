package plan

import (
	"fmt"
	"time"
)

// Call is one request to Stripe. Its key is the same whenever it is to do the same, and is sent as the idempotency key: Stripe does it
// once, and refuses the key with other parameters, for at least 24 hours. After that, what is there is read before anything is done.
// https://docs.stripe.com/api/idempotent_requests
type Call interface {
	Key() string
}

// CreateProduct makes the product of a tier. The ID is ours, so that there cannot be two.
type CreateProduct struct{ ID, Name string }

// CreatePrice makes a price a month. Its lookup key is unique in the account.
type CreatePrice struct {
	LookupKey, Product string
	Cents              int64
}

// CreateMeter makes a meter of which the last event of an hour counts for that hour.
type CreateMeter struct{ EventName string }

// CreateCustomer makes the customer of a tenant. The key has nothing but the tenant: with another address Stripe refuses it, rather than
// make a second customer.
type CreateCustomer struct{ Environment, Tenant, Created, Email string }

// UpdateAddress has a customer's invoices go to the address that the platform knows. Doing it twice does nothing, so Stripe gets no key: under one
// key, an address that is changed back within a day would be answered and not changed. The key here has no address, as it is shown.
type UpdateAddress struct{ Customer, Email string }

// CreateSubscription has a customer pay by invoice, from the first of each month on.
type CreateSubscription struct {
	Environment, Tenant, Created, Customer, Price string
	Ended                                         int // how many subscriptions of the customer have ended: this is the next
}

// ChangePrice moves a subscription to another tier, prorated once.
type ChangePrice struct {
	Subscription, Item, Price string
	Changes                   int // how often it was changed before
}

// CancelSubscription ends a subscription, with a credit for what was paid and not used. Ending one twice does nothing.
type CancelSubscription struct{ Subscription string }

// ReportUsage tells what a customer used of a kind in an hour, all together.
type ReportUsage struct {
	EventName, Customer, Identifier string
	Value                           int64
	At                              time.Time // in that hour
}

// Key implements Call.
func (c CreateProduct) Key() string { return "product/" + c.ID }

// Key implements Call.
func (c CreatePrice) Key() string { return "price/" + c.LookupKey }

// Key implements Call.
func (c CreateMeter) Key() string { return "meter/" + c.EventName }

// Key implements Call.
func (c CreateCustomer) Key() string {
	return "customer/" + c.Environment + "/" + c.Tenant + "/" + c.Created
}

// Key implements Call.
func (c UpdateAddress) Key() string { return "address/" + c.Customer }

// Key implements Call.
func (c CreateSubscription) Key() string {
	return fmt.Sprintf("subscription/%s/%d", c.Customer, c.Ended)
}

// Key implements Call.
func (c ChangePrice) Key() string { return fmt.Sprintf("change/%s/%d", c.Subscription, c.Changes) }

// Key implements Call.
func (c CancelSubscription) Key() string { return "cancel/" + c.Subscription }

// Key implements Call.
func (c ReportUsage) Key() string { return fmt.Sprintf("usage/%s/%d", c.Identifier, c.At.Unix()) }

// FindingKind is what a finding is about.
type FindingKind string

// The kinds of findings.
const (
	FindingNoCustomer FindingKind = "tenant-without-customer"
	FindingNoTenant   FindingKind = "customer-without-tenant"
	FindingNoEmail    FindingKind = "tenant-without-address"
	FindingTwice      FindingKind = "more-than-one"
	FindingInactive   FindingKind = "inactive"
	FindingUsage      FindingKind = "usage-differs"
	FindingRefused    FindingKind = "refused-by-stripe"
)

// Finding is something that a person should know.
type Finding struct {
	Kind    FindingKind
	Tenant  string // empty: it is about none
	Subject string // its ID in Stripe, or what else it is about
	Text    string
}

// String is a line for people.
func (f Finding) String() string {
	return fmt.Sprintf("%s: tenant %q, %q: %s", f.Kind, f.Tenant, f.Subject, f.Text)
}
