package domain

import (
	"cmp"
	"slices"
	"time"

	"github.com/genericcorp/platform/internal/tenant/slug"
	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/breaker"
)

// Record is what was applied last to a tenant.
type Record struct {
	Slug            string
	Database        string // by its name in the settings
	Tier            string
	State           api.State
	Hold            api.Hold // of a tenant that is suspended or limited
	Breaker         breaker.Standing
	Holds           []api.Held // by others of the platform's programs
	BillingEmail    string
	Limits          api.Limits
	PasswordVersion int
	SecretARN       string
	OverStorage     bool
	HeldBytes       int64 // what it stored when it became read-only for its size
	LoginBlocked    bool  // over its storage, it went on to store
	// CleanUpUntil is how long a tenant that is over its storage may free space; zero: it may not.
	CleanUpUntil time.Time
	ArchiveKey   string // of the last verified archive, or nothing
	CreatedAt    time.Time
	Deleting     bool   // objects are gone already that its archive holds
	Restoring    string // the archive that is being restored into it, of which some may be there already; empty: none
}

// Requested is the record that a request to apply leads to. before is nil for a new tenant.
func Requested(r api.Request, before *Record, now time.Time) Record {
	after := Record{
		Slug: r.Tenant, Database: cmp.Or(r.Database, api.MainDatabase), Tier: r.Tier, State: r.State, Limits: r.Limits, PasswordVersion: r.PasswordVersion, SecretARN: r.SecretARN,
		CreatedAt: now, Hold: holdOf(r, before, now),
	}
	if before != nil {
		// An old password does not come back: who asks for a lower version has not heard of a rotation that failed half way.
		after.PasswordVersion = max(r.PasswordVersion, before.PasswordVersion)
		after.CreatedAt, after.ArchiveKey, after.Restoring, after.Breaker, after.Holds = before.CreatedAt, before.ArchiveKey, before.Restoring, before.Breaker, before.Holds
		after.BillingEmail = before.BillingEmail
	}
	return after
}

// BySweep is who suspends a tenant where no person does.
const BySweep = "the sweep"

// holdOf is why the request keeps a tenant from its work. A request that changes nothing and gives no reason leaves it as it was.
func holdOf(r api.Request, before *Record, now time.Time) api.Hold {
	switch {
	case r.State == api.StateActive:
		return api.Hold{}
	case before != nil && before.State == r.State && r.Reason == "":
		return before.Hold
	default:
		return api.Hold{Why: r.Reason, By: r.By, Since: now.UTC().Truncate(time.Second)}
	}
}

// byBreaker is the state to which the breaker holds the tenant; empty: it holds it to none.
func (r Record) byBreaker() api.State {
	switch r.Breaker.Level {
	case breaker.Suspended:
		return api.StateSuspended
	case breaker.Limited:
		return api.StateLimited
	case breaker.None, breaker.Warned:
	}
	return ""
}

// Held is the strictest of the holds on the tenant.
func (r Record) Held() api.Held {
	return api.StrictestHold(append([]api.Held{{By: api.HolderBreaker, State: r.byBreaker()}}, r.Holds...)...)
}

// HoldBy is the record once a holder holds the tenant to the state, or lets it go: active. It says whether that changes anything: the time of a
// hold is that of its state.
func (r Record) HoldBy(holder api.Holder, state api.State, why string, now time.Time) (after Record, changes bool) {
	i := slices.IndexFunc(r.Holds, func(h api.Held) bool { return h.By == holder })
	r.Holds = slices.Clone(r.Holds)
	held := api.Held{By: holder, State: state, Why: why, Since: now.UTC().Truncate(time.Second)}
	switch {
	case i < 0 && state == api.StateActive:
		return r, false
	case i < 0:
		r.Holds = append(r.Holds, held)
	case state == api.StateActive:
		r.Holds = slices.Delete(r.Holds, i, i+1)
	case r.Holds[i].State == state:
		changes = r.Holds[i].Why != why
		r.Holds[i].Why = why
		return r, changes
	default:
		r.Holds[i] = held
	}
	return r, true
}

// Effective is the state that holds: the tenant's own, or that of a holder, if it is stricter. So neither a deployment nor a holder undoes
// what another did.
func (r Record) Effective() api.State { return api.Strictest(r.State, r.Held().State) }

// CanLogIn tells whether the tenant may log in.
func (r Record) CanLogIn() bool {
	return r.Effective() != api.StateSuspended && !r.LoginBlocked && r.Restoring == ""
}

// CanWrite tells whether the tenant may write at all.
func (r Record) CanWrite() bool { return r.Effective() == api.StateActive && !r.OverStorage }

// CanCleanUp tells whether a tenant that may not write may free space: act as the owner of what it made and delete, drop and
// vacuum that, but create nothing.
func (r Record) CanCleanUp() bool {
	return r.Effective() == api.StateActive && r.OverStorage && !r.LoginBlocked && !r.CleanUpUntil.IsZero()
}

// IsOwner tells whether the tenant may act as the owner of what it made.
func (r Record) IsOwner() bool { return r.CanWrite() || r.CanCleanUp() }

// Connections is how many the tenant may have.
func (r Record) Connections() int {
	if r.Effective() == api.StateLimited {
		return 1
	}
	return r.Limits.Connections
}

// EndsSessions tells whether sessions that were opened under the record before have more than the tenant now has, or less
// than it should.
func (r Record) EndsSessions(before *Record) bool {
	if r.Effective() == api.StateSuspended {
		return true
	}
	if before == nil {
		return false
	}
	b, n := before.Limits, r.Limits
	lower := n.Connections < b.Connections || n.StatementTimeoutMs < b.StatementTimeoutMs || n.WorkMemKiB < b.WorkMemKiB ||
		n.IdleInTransactionTimeoutMs < b.IdleInTransactionTimeoutMs || n.TempFileLimitKiB < b.TempFileLimitKiB
	return lower || before.Effective() != r.Effective() || before.CanWrite() != r.CanWrite() || before.CanCleanUp() && !r.CanCleanUp()
}

// Describe is the record as a response tells it.
func (r Record) Describe() api.Tenant {
	described := api.Tenant{
		Slug: r.Slug, Database: r.Database, Tier: r.Tier, State: r.State, Schema: slug.Schema(r.Slug), Role: slug.Role(r.Slug), SecretARN: r.SecretARN, Limits: r.Limits,
		PasswordVersion: r.PasswordVersion, OverStorage: r.OverStorage, LoginBlocked: r.LoginBlocked, Reason: r.Reason(), CreatedAt: r.CreatedAt.UTC(), Breaker: r.byBreaker(), Holds: r.Holds, BillingEmail: r.BillingEmail,
	}
	if !r.Hold.Since.IsZero() {
		described.Hold = &r.Hold
	}
	return described
}
