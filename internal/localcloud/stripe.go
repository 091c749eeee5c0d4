package localcloud

import "time"

// StripePath is below the AWS API's address where Stripe's stand-in answers whoever has a key of Stripe's, as a bearer: Stripe's SDK takes no path
// before its own.
//
// StripeControlPath is where people and tests have happen what would happen around Stripe. GET responds with Stripe. POST of
// StripeControlPath/invoices/<id>?happens=<a happening>&days=<number> has it happen to an invoice, and responds with that. POST of
// StripeControlPath/hold keeps events back, and of StripeControlPath/release sends them, the newest first. POST of
// StripeControlPath/clock?hours=<number> sets its clock so many hours before this machine's, or beside it with none.
const (
	StripePath        = "/v1/"
	StripeControlPath = "/_localcloud/stripe"
)

// Stripe is what the stand-in has.
type Stripe struct {
	Invoices   []StripeInvoice  `json:"invoices"`   // the oldest first
	Deliveries []StripeDelivery `json:"deliveries"` // of events to endpoints, the oldest first
	Held       bool             `json:"held"`       // no event is sent until it is released
}

// StripeInvoice is an invoice.
type StripeInvoice struct {
	ID       string    `json:"id"`
	Tenant   string    `json:"tenant"` // by its customer's metadata
	Cents    int64     `json:"cents"`
	Due      time.Time `json:"due"`
	Status   string    `json:"status"`   // open, paid, void or uncollectible
	Attempts int       `json:"attempts"` // to collect it, that failed
}

// StripeDelivery is an event that is, or was, sent to an endpoint.
type StripeDelivery struct {
	Event    string `json:"event"`
	Kind     string `json:"kind"` // such as invoice.paid
	Invoice  string `json:"invoice"`
	Attempts int    `json:"attempts"`
	Answer   string `json:"answer"` // to the last attempt: a status of HTTP, or why there is none
	State    string `json:"state"`  // waiting, delivered or given up
}
