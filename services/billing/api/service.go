package api

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	provisioner "github.com/genericcorp/platform/services/provisioner/api"
)

// Service is the function's name, in services/ and on AWS.
const Service = "billing"

// WebhookPath is where Stripe's events are taken, by POST.
const WebhookPath = "/webhook"

// The environment variables of the function. None is a secret. Days have a default.
const (
	EnvEnvironment        = "ENVIRONMENT"
	EnvProvisioner        = "PROVISIONER_FUNCTION"
	EnvSecretARN          = "STRIPE_SECRET_ARN" // the variable's name
	EnvLive               = "STRIPE_LIVE"       // true: real money; false: test mode
	EnvDaysToPay          = "DAYS_TO_PAY"
	EnvLimitedAfterDays   = "LIMITED_AFTER_DAYS"
	EnvSuspendedAfterDays = "SUSPENDED_AFTER_DAYS"
	// EnvStandIn is true where the local cloud's stand-in of Stripe is asked, which is at EnvAWSEndpoint; AWS itself sets no such address.
	EnvStandIn     = "STRIPE_STAND_IN"
	EnvAWSEndpoint = "AWS_ENDPOINT_URL"
)

// The days where nothing else is said.
const (
	DefaultDaysToPay          = 14 // until an invoice is overdue
	DefaultLimitedAfterDays   = 7  // overdue
	DefaultSuspendedAfterDays = 21 // overdue
)

// MostDays is the most that any of them may be.
const MostDays = 90

// Action is what the function is to do.
type Action string

const (
	// ActionRun brings Stripe to what the platform knows, and tenants to what they have paid.
	ActionRun Action = "run"
	// ActionStatus tells how both stand now, and changes nothing.
	ActionStatus Action = "status"
)

// Request is one call.
type Request struct {
	Action Action `json:"action"`
}

// ParseRequest reads a call strictly.
func ParseRequest(payload []byte) (Request, error) {
	var r Request
	decoder := json.NewDecoder(strings.NewReader(string(payload)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&r); err != nil {
		return r, fmt.Errorf("read the request: %w", err)
	}
	if r.Action != ActionRun && r.Action != ActionStatus {
		return r, fmt.Errorf("request.action: got %q, expected run or status", r.Action)
	}
	return r, nil
}

// Status is how the platform and Stripe stand. It has no address and no key.
type Status struct {
	At       time.Time `json:"at"`
	Live     bool      `json:"live"`              // real money
	StandIn  bool      `json:"standIn,omitempty"` // the local cloud's stand-in told it, and not Stripe
	Tenants  []Tenant  `json:"tenants,omitempty"` // of a status
	Due      []string  `json:"due,omitempty"`     // of a status: what the next run would tell Stripe
	Done     []string  `json:"done,omitempty"`    // of a run: what it told Stripe
	Findings []Finding `json:"findings"`          // for people
}

// Tenant is how one tenant stands.
type Tenant struct {
	Slug         string          `json:"slug"`
	Tier         string          `json:"tier"`
	PriceUSD     decimal.Decimal `json:"priceUsd"` // a month, of its tier today
	Customer     string          `json:"customer,omitempty"`
	Subscription string          `json:"subscription,omitempty"` // that has not ended
	// SubscriptionTier is the tier that the subscription is of: the tenant's, once a run has seen a change.
	SubscriptionTier string            `json:"subscriptionTier,omitempty"`
	OverdueSince     time.Time         `json:"overdueSince,omitzero"` // of its oldest unpaid invoice
	Held             provisioner.State `json:"held"`                  // to what billing holds it; active: it does not
	HeldSince        time.Time         `json:"heldSince,omitzero"`
}

// Finding is something that a person should know. docs/billing.md has the kinds.
type Finding struct {
	Kind    string `json:"kind"`
	Tenant  string `json:"tenant,omitempty"`
	Subject string `json:"subject"` // its ID in Stripe, or what else it is about
	Text    string `json:"text"`
}
