// Package catalogue holds what AWS asks for: prices as data, each with its unit, source and date.
//
// The rows live in data/*.csv and are compiled in; a person reviews a price change as a diff. All arithmetic is
// decimal. A price that is not there is an error that names it, never zero. data/lifecycle.csv holds the dates at
// which versions enter extended support, and data/offers.csv tells where AWS's bulk price files keep each price
// (see Refresh).
//
// Each row says how far to trust it: price-list (read from AWS's own offer files), published (another cost tool's
// published output), secondary (a table at second hand), derived (computed from another row) or unverified.
package catalogue
