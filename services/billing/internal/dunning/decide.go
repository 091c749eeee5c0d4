// Package dunning holds tenants that have not paid, and lets them go once they have.
//
//page:none nothing runs billing yet
package dunning

import (
	"fmt"
	"time"

	"github.com/genericcorp/platform/services/billing/api"
	provisioner "github.com/genericcorp/platform/services/provisioner/api"
)

// Terms are how long a tenant works on with an invoice that is overdue.
type Terms struct {
	Limited   time.Duration // then it may only read
	Suspended time.Duration // then it may do nothing
}

// DefaultTerms are a week, and three.
var DefaultTerms = Terms{Limited: 7 * 24 * time.Hour, Suspended: 21 * 24 * time.Hour}

// Check refuses terms that hold nobody, or everybody at once.
func (t Terms) Check() error {
	if t.Limited < 24*time.Hour || t.Suspended < t.Limited+24*time.Hour {
		return fmt.Errorf("terms: got limited after %s and suspended after %s, expected a day or more each, one after the other", t.Limited, t.Suspended)
	}
	return nil
}

// slack is how much longer an invoice must be young enough before a tenant may do more again, so that clocks that differ make nobody go to
// and fro. Who has nothing overdue waits for nothing.
const slack = time.Hour

// Decide says which state the tenant is to have, and whether that is another one. A tenant that somebody else holds stays as it is, and so
// does one of which nobody has said who holds it. overdue is since when its oldest unpaid invoice is overdue; zero: it has none.
func Decide(terms Terms, tenant provisioner.Tenant, overdue, now time.Time) (provisioner.State, bool) {
	if tenant.State != provisioner.StateActive && (tenant.Hold == nil || tenant.Hold.By != api.By) {
		return tenant.State, false
	}
	want := terms.state(overdue, now)
	if rank(want) < rank(tenant.State) {
		want = terms.state(overdue, now.Add(slack))
		if rank(want) > rank(tenant.State) {
			want = tenant.State
		}
	}
	return want, want != tenant.State
}

func (t Terms) state(overdue, now time.Time) provisioner.State {
	switch age := now.Sub(overdue); {
	case overdue.IsZero() || age < t.Limited:
		return provisioner.StateActive
	case age < t.Suspended:
		return provisioner.StateLimited
	default:
		return provisioner.StateSuspended
	}
}

func rank(s provisioner.State) int {
	switch s {
	case provisioner.StateActive:
		return 0
	case provisioner.StateLimited:
		return 1
	default:
		return 2
	}
}
