// Package dunning holds tenants that have not paid, and lets them go once they have.
//
//page:none the messages are of the function's log
package dunning

import (
	"fmt"
	"time"

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

// Decide says to which state billing is to hold a tenant that it holds to a state now; active: to none. overdue is since when the tenant's oldest
// unpaid invoice is overdue; zero: it has none.
func Decide(terms Terms, held provisioner.State, overdue, now time.Time) provisioner.State {
	want := terms.state(overdue, now)
	if provisioner.Strictest(want, held) != want { // it would be let go, or held less
		want = terms.state(overdue, now.Add(slack))
		if provisioner.Strictest(want, held) == want {
			want = held
		}
	}
	return want
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
