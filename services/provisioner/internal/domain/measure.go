package domain

import (
	"fmt"
	"strings"

	"github.com/genericcorp/platform/services/provisioner/api"
)

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

// Exceeds tells whether the measure is more than the tenant may store.
func (m Measure) Exceeds(limits api.Limits) bool {
	return m.Unmeasured || m.Objects > MaxObjects || m.Size > int64(limits.StorageMiB)<<20
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
	//page:tenant-over-limit
	return []string{fmt.Sprintf("tenant %s: its large objects cannot be measured, so it counts as over its storage", strings.TrimPrefix(m.Schema, "tenant_"))}
}

// Add puts what was measured into a response.
func (m Measure) Add(to api.Tenant) api.Tenant {
	to.SizeBytes, to.Tables, to.Sessions, to.ExceedsStorage = m.Size, m.Tables, m.Sessions, m.Exceeds(to.Limits)
	return to
}
