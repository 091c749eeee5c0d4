package domain

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/genericcorp/platform/internal/tenant/slug"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// Record is what was applied last to a tenant.
type Record struct {
	Slug            string
	Database        string // by its name in the settings
	Tier            string
	State           api.State
	Limits          api.Limits
	PasswordVersion int
	SecretARN       string
	OverStorage     bool
	HeldBytes       int64  // what it stored when it became read-only for its size
	LoginBlocked    bool   // over its storage, it went on to store where no permission could be taken from it
	ArchiveKey      string // of the last verified archive, or nothing
	CreatedAt       time.Time
	Deleting        bool // objects are gone already that its archive holds
}

// Requested is the record that a request to apply leads to. before is nil for a new tenant.
func Requested(r api.Request, before *Record, now time.Time) Record {
	after := Record{
		Slug: r.Tenant, Database: cmp.Or(r.Database, api.MainDatabase), Tier: r.Tier, State: r.State, Limits: r.Limits, PasswordVersion: r.PasswordVersion, SecretARN: r.SecretARN,
		CreatedAt: now,
	}
	if before != nil {
		// An old password does not come back: who asks for a lower version has not heard of a rotation that failed half way.
		after.PasswordVersion = max(r.PasswordVersion, before.PasswordVersion)
		after.CreatedAt, after.ArchiveKey = before.CreatedAt, before.ArchiveKey
	}
	return after
}

// CanLogIn tells whether the tenant may log in.
func (r Record) CanLogIn() bool { return r.State != api.StateSuspended && !r.LoginBlocked }

// CanWrite tells whether the tenant may write at all.
func (r Record) CanWrite() bool { return r.State == api.StateActive && !r.OverStorage }

// Connections is how many the tenant may have.
func (r Record) Connections() int {
	if r.State == api.StateLimited {
		return 1
	}
	return r.Limits.Connections
}

// Evaluate is the record as the tenant's size makes it. A read-only tenant can still make large objects, whose functions
// are open to everybody: who does so beyond its storage, or grows by any other way, may not log in any more.
func (r Record) Evaluate(m Measure) Record {
	over := m.Unmeasured || m.Objects > MaxObjects || m.Size > int64(r.Limits.StorageMiB)<<20
	grown := r.OverStorage && m.Size > r.HeldBytes+heldTolerance
	r.LoginBlocked = over && (r.LoginBlocked || grown || r.OverStorage && m.Evading)
	if over && !r.OverStorage {
		r.HeldBytes = m.Size
	}
	r.OverStorage = over
	return r
}

// heldTolerance is what a schema may grow by while nobody writes to it: the server's own maps of its tables.
const heldTolerance = 4 << 20

// EndsSessions tells whether sessions that were opened under the record before have more than the tenant now has, or less
// than it should.
func (r Record) EndsSessions(before *Record) bool {
	if r.State == api.StateSuspended {
		return true
	}
	if before == nil {
		return false
	}
	b, n := before.Limits, r.Limits
	lower := n.Connections < b.Connections || n.StatementTimeoutMs < b.StatementTimeoutMs || n.WorkMemKiB < b.WorkMemKiB ||
		n.IdleInTransactionTimeoutMs < b.IdleInTransactionTimeoutMs || n.TempFileLimitKiB < b.TempFileLimitKiB
	return lower || before.State != r.State || before.CanWrite() != r.CanWrite()
}

// Describe is the record as a response tells it.
func (r Record) Describe() api.Tenant {
	return api.Tenant{
		Slug: r.Slug, Database: r.Database, Tier: r.Tier, State: r.State, Schema: slug.Schema(r.Slug), Role: slug.Role(r.Slug), SecretARN: r.SecretARN, Limits: r.Limits,
		PasswordVersion: r.PasswordVersion, OverStorage: r.OverStorage, CreatedAt: r.CreatedAt.UTC(),
	}
}

// MaxObjects is how many objects a tenant may have. Each costs memory in the sessions that see it, and everybody's backups
// and upgrades time.
const MaxObjects = 20_000

// Measure is what a tenant takes: tables with their indexes and large values, materialized views, sequences, functions and
// large objects.
type Measure struct {
	Schema   string
	Size     int64
	Tables   int
	Sessions int
	// Evading tells of large objects that the tenant can write to even while it is read-only: those of the role which it
	// logs in as, or with permissions granted. Ordinary ones belong to its owner role alone.
	Evading bool
	Objects int // tables, views and functions
	// Unmeasured tells of large objects that not even the administrator may read. The rest of the measure holds.
	Unmeasured bool `db:"-"`
}

// Against says how the measure compares with what the tenant may store.
func (m Measure) Against(limits api.Limits) string {
	if m.Unmeasured {
		return fmt.Sprintf("cannot be measured, which counts as over its %d MiB", limits.StorageMiB)
	}
	if m.Objects > MaxObjects {
		return fmt.Sprintf("has %d objects of %d", m.Objects, MaxObjects)
	}
	return fmt.Sprintf("stores %d MiB of %d MiB", m.Size>>20, limits.StorageMiB)
}

// Warning is what there is to say about the measure itself, or nothing.
func (m Measure) Warning() []string {
	if !m.Unmeasured {
		return nil
	}
	return []string{fmt.Sprintf("tenant %s: its large objects cannot be measured, so it counts as over its storage", strings.TrimPrefix(m.Schema, "tenant_"))}
}

// Add puts what was measured into a response.
func (m Measure) Add(to api.Tenant) api.Tenant {
	to.SizeBytes, to.Tables, to.Sessions = m.Size, m.Tables, m.Sessions
	return to
}
