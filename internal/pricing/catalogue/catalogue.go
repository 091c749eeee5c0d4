package catalogue

import (
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
)

//go:embed data/*.csv
var embedded embed.FS

// Catalogue is a checked set of prices. It does not change after loading and may be shared.
type Catalogue struct {
	regions   map[string]*Prices
	lifecycle map[versionKey]Lifecycle
}

// Prices is the catalogue of one region.
type Prices struct {
	region string
	byKey  map[Key]Price
}

// Embedded is the catalogue that is compiled in.
var Embedded = sync.OnceValues(func() (*Catalogue, error) {
	data, err := fs.Sub(embedded, "data")
	if err != nil {
		return nil, fmt.Errorf("open the price catalogue: %w", err)
	}
	return Load(data)
})

// Region returns the prices of a region, or a *RegionError where none are loaded.
func (c *Catalogue) Region(name string) (*Prices, error) {
	if p, ok := c.regions[name]; ok {
		return p, nil
	}
	return nil, &RegionError{Region: name, Loaded: slices.Sorted(maps.Keys(c.regions))}
}

// All returns every row, ordered by region and key.
func (c *Catalogue) All() []Price {
	var all []Price
	for _, p := range c.regions {
		all = slices.AppendSeq(all, maps.Values(p.byKey))
	}
	return sorted(all)
}

// Region is the name of the region that the prices hold for.
func (p *Prices) Region() string { return p.region }

// Lookup returns the price of a key, or a *MissingPriceError.
func (p *Prices) Lookup(key Key) (Price, error) {
	if price, ok := p.byKey[key]; ok {
		return price, nil
	}
	return Price{}, &MissingPriceError{Region: p.region, Key: key}
}

// Of returns the rows of one product, ordered by variant: the choices that have a price.
func (p *Prices) Of(service, product string) []Price {
	var found []Price
	for key, price := range p.byKey {
		if key.Service == service && key.Product == product {
			found = append(found, price)
		}
	}
	return sorted(found)
}

// MissingPriceError says which price the catalogue does not have.
type MissingPriceError struct {
	Region string
	Key    Key
}

// Error names the price and the way out.
func (e *MissingPriceError) Error() string {
	return fmt.Sprintf("no price for %s in %s: choose one that has a price, or add it to the catalogue with its source",
		e.Key, e.Region)
}

// RegionError says that no prices are loaded for a region.
type RegionError struct {
	Region string
	Loaded []string
}

// Error names the region and those that are loaded.
func (e *RegionError) Error() string {
	return fmt.Sprintf("no prices are loaded for region %q (loaded: %s): refresh the catalogue from that region's offer files first",
		e.Region, strings.Join(e.Loaded, ", "))
}
