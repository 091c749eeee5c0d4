package domain

import (
	"fmt"
	"time"

	"github.com/genericcorp/platform/internal/tenant/slug"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// CleanUpTime is how long a tenant that has passed its storage may free space by itself. It is bounded because whoever may
// delete may also rewrite: without an end, that would be a way to work with more than the tier allows.
const CleanUpTime = 24 * time.Hour

// heldTolerance is what a schema may grow by while nobody writes to it: the server's own maps of its tables, which take
// some 0.02 per cent of them.
func heldTolerance(held int64) int64 { return max(4<<20, held>>10) }

// cleanUpTolerance is what a schema may grow by while its tenant frees space: deleting rows can rewrite others, that refer
// to them.
func cleanUpTolerance(held int64) int64 { return max(4<<20, held>>4) }

// Evaluate is the record as the tenant's size makes it. A tenant that passes its storage becomes read-only, and may free
// space for a while. If it grows instead, that ends at once. A read-only tenant can still make large objects, whose
// functions are open to everybody: who does so, or grows by any other way, may not log in any more.
func (r Record) Evaluate(m Measure, now time.Time) Record {
	if !m.Exceeds(r.Limits) {
		r.OverStorage, r.LoginBlocked, r.CleanUpUntil = false, false, time.Time{}
		return r
	}
	switch {
	case !r.OverStorage:
		r = r.OpenCleanUp(m, now)
	case r.CanCleanUp() && m.Size > r.HeldBytes+cleanUpTolerance(r.HeldBytes):
		r.HeldBytes, r.CleanUpUntil = m.Size, time.Time{}
	case !r.CanCleanUp() && (m.Evading || m.Size > r.HeldBytes+heldTolerance(r.HeldBytes)):
		r.LoginBlocked = true
	}
	if m.Unmeasured || now.After(r.CleanUpUntil) { // what cannot be measured could grow unseen
		r.CleanUpUntil = time.Time{}
	}
	return r
}

// OpenCleanUp is the record of a tenant that is over its storage and may free space from now on.
func (r Record) OpenCleanUp(m Measure, now time.Time) Record {
	r.OverStorage, r.LoginBlocked = true, false
	r.HeldBytes, r.CleanUpUntil = m.Size, now.Add(CleanUpTime).UTC().Truncate(time.Second)
	return r
}

// Reason says in words why the tenant may do less than its tier allows; empty: it may do all that. Every tenant can read it, as
// a comment in the database: so it has nothing of what an operator wrote.
//
//page:tenant-over-limit sentences
func (r Record) Reason() string {
	over := fmt.Sprintf("it stores more than its tier allows (%d MiB, %d objects)", r.Limits.StorageMiB, MaxObjects)
	switch {
	case r.State == api.StateSuspended && r.Hold.By == BySweep:
		//page:tenant-suspension-and-resume
		return "suspended by the sweep: it cannot log in"
	case r.State == api.StateSuspended:
		//page:tenant-suspension-and-resume
		return "suspended by an operator: it cannot log in"
	case r.Held().State == api.StateSuspended && r.Held().By == api.HolderBilling:
		//page:billing-dispute
		return "suspended by billing, as an invoice is overdue: it cannot log in until that is paid"
	case r.Held().State == api.StateSuspended:
		//page:budget-200
		return "suspended by the breaker, as its use costs twice what its tier allows in a month: it cannot log in until the month ends"
	case r.Restoring != "":
		//page:tenant-restore
		return fmt.Sprintf("%s is being restored into it: it cannot log in until all of that is there", r.Restoring)
	case r.LoginBlocked:
		return over + " and grew while it was read-only: it cannot log in"
	case r.State == api.StateLimited:
		//page:tenant-suspension-and-resume
		return "limited by an operator: it can read, on one connection"
	case r.Held().State == api.StateLimited && r.Held().By == api.HolderBilling:
		//page:billing-dispute
		return "limited by billing, as an invoice is overdue: it can read, on one connection, until that is paid"
	case r.Held().State == api.StateLimited:
		//page:budget-100
		return "limited by the breaker, as its use costs what its tier allows in a month: it can read, on one connection, until the month ends"
	case r.CanCleanUp():
		return fmt.Sprintf("read-only, as %s: until %s it may free space (SET ROLE %q; SET default_transaction_read_only = off; SET statement_timeout = '15min'; then DELETE, TRUNCATE, DROP, VACUUM FULL)",
			over, r.CleanUpUntil.UTC().Format(time.RFC3339), slug.OwnerRole(r.Slug))
	case r.OverStorage:
		return "read-only, as " + over
	default:
		return ""
	}
}
