package api

import (
	"time"

	"github.com/genericcorp/platform/internal/awsvalue"
	"github.com/genericcorp/platform/internal/check"
)

// Holder is one of the platform's own programs that keeps tenants from their work. Its hold is kept apart from the tenant's own state and from
// those of others: the strictest holds, and nobody undoes what another did.
type Holder string

const (
	// HolderBreaker holds who costs too much. It decides in the provisioner itself.
	HolderBreaker Holder = "the breaker"
	// HolderBilling holds who has not paid.
	HolderBilling Holder = "billing"
)

// Held is to which state a holder holds a tenant, limited or suspended; the zero value holds it to none.
type Held struct {
	By    Holder    `json:"by"`
	State State     `json:"state"`
	Why   string    `json:"why"` // for operators
	Since time.Time `json:"since,omitzero"`
}

// StrictestHold is the one that counts of several; of equals the first.
func StrictestHold(all ...Held) (strictest Held) {
	for _, held := range all {
		if Strictest(strictest.State, held.State) != strictest.State {
			strictest = held
		}
	}
	return strictest
}

// Held is the strictest of the holds on the tenant.
func (t Tenant) Held() Held {
	return StrictestHold(append([]Held{{By: HolderBreaker, State: t.Breaker}}, t.Holds...)...)
}

// HeldBy is the state to which a holder holds the tenant: active where it does not.
func (t Tenant) HeldBy(holder Holder) State {
	for _, held := range t.Holds {
		if held.By == holder {
			return held.State
		}
	}
	return StateActive
}

// Effective is the state that holds: the tenant's own, or that of a holder, if it is stricter.
func (t Tenant) Effective() State { return Strictest(t.State, t.Held().State) }

// checkHold requires a holder where one holds, and nowhere else.
func (r Request) checkHold(p *check.Problems) {
	if r.Action != ActionHold {
		p.Require(r.Holder == "", "holder", string(r.Holder), "none: only hold takes it")
		return
	}
	p.Require(r.Holder == HolderBilling, "holder", string(r.Holder), string(HolderBilling))
	p.Require(r.State.Valid(), "state", string(r.State), "active, limited or suspended")
	p.Require(r.Reason != "" || r.State == StateActive, "reason", r.Reason, "why the tenant is held")
}

// checkBillingEmail says nothing of what is wrong, as that may be somebody's address.
func (r Request) checkBillingEmail(p *check.Problems) {
	p.Require(r.BillingEmail == "" || r.Action == ActionBillTo, "billingEmail", "an address", "none: only bill-to takes one")
	p.Require(r.BillingEmail == "" || awsvalue.AnyMail.Valid(r.BillingEmail), "billingEmail", "another text", awsvalue.AnyMail.Expected())
}
