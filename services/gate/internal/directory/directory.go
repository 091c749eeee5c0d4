// Package directory holds what gate knows of the tenants: their tiers and states, and since when it knows. What is older than MaxAge is
// no knowledge: then it knows nobody, and nobody is let in.
package directory

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// MaxAge is how old what is known may be. A suspension may so long be unknown to a gate that cannot reach the database, and so long
// may the database be away without being noticed at the edge; its own failover takes a minute or two, in which workloads fail, too.
const MaxAge = 30 * time.Second

// MaxTenants is how many tenants are kept: far above what a database holds, and bounded.
const MaxTenants = 10_000

// State is whether a tenant may work.
type State string

// The states, as the provisioner calls them.
const (
	Active    State = "active"
	Limited   State = "limited"
	Suspended State = "suspended"
)

// Tenant is what is known of one.
type Tenant struct {
	Slug, Tier string
	State      State
	Today      Today `db:"-"` // the ledger tells it
}

// Today is what a tenant has used of its day, by the ledger: what all gates had handed over when it was asked. The zero value is nothing.
type Today struct {
	Admitted int64     // requests
	Ends     time.Time // when the database's day of UTC ends, by gate's clock
}

// ErrStale says that nobody knows the tenants well enough.
//
//page:none the client is told to try again, and gate's log says why
var ErrStale = errors.New("what is known of the tenants is too old")

// Directory is safe for concurrent use. Its zero value knows nothing; Now must be set.
type Directory struct {
	Now func() time.Time

	known atomic.Pointer[knowledge]
}

type knowledge struct {
	tenants map[string]Tenant
	asOf    time.Time
}

// Replace takes what the database said. asOf is when it was asked.
func (d *Directory) Replace(tenants []Tenant, asOf time.Time) error {
	if len(tenants) > MaxTenants {
		//page:none far above the ceiling that the provisioner holds
		return fmt.Errorf("the database has more than %d tenants: gate keeps no more in memory, so it takes none of them", MaxTenants)
	}
	bySlug := make(map[string]Tenant, len(tenants))
	for _, t := range tenants {
		bySlug[t.Slug] = t
	}
	d.known.Store(&knowledge{tenants: bySlug, asOf: asOf})
	return nil
}

// Find gives a tenant, if there is one. Its error is ErrStale.
func (d *Directory) Find(slug string) (t Tenant, found bool, err error) {
	known, err := d.fresh()
	if err != nil {
		return Tenant{}, false, err
	}
	t, found = known.tenants[slug]
	return t, found, nil
}

// Known tells whether there was such a tenant when the database last answered, however long ago that is: nobody is let in by that.
func (d *Directory) Known(slug string) bool {
	known := d.known.Load()
	if known == nil {
		return false
	}
	_, found := known.tenants[slug]
	return found
}

// Fresh tells whether the tenants are known: nil, or ErrStale with the age.
func (d *Directory) Fresh() error {
	_, err := d.fresh()
	return err
}

func (d *Directory) fresh() (*knowledge, error) {
	known := d.known.Load()
	if known == nil {
		//page:none as ErrStale
		return nil, fmt.Errorf("%w: the database has not answered since the start", ErrStale)
	}
	if age := d.Now().Sub(known.asOf); age > MaxAge {
		//page:none as ErrStale
		return nil, fmt.Errorf("%w: the database has not answered for %s", ErrStale, age.Round(time.Second))
	}
	return known, nil
}
