package catalogue

import (
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// BulkURL is where AWS publishes its bulk price files; they need no credentials.
const BulkURL = "https://pricing.us-east-1.amazonaws.com/offers/"

// RefreshOptions says what to read and where to write.
type RefreshOptions struct {
	Folder   string       // the catalogue's data folder, rewritten in place
	Region   string       // the region whose prices are read, for instance us-east-1
	Offers   []string     // offer files, CSV or JSON: paths, or URLs below BulkURL
	AddNew   bool         // also add classes that the catalogue does not have yet
	Now      time.Time    // the day written into the checked column
	Client   *http.Client // for URLs; nil: http.DefaultClient
	BulkHost string       // stands in for BulkURL in tests
}

// Change is one price that a refresh changed or added.
type Change struct {
	Region string
	Key    Key
	Old    decimal.Decimal // zero when the row is new
	New    decimal.Decimal
}

// RefreshReport says what a refresh did.
type RefreshReport struct {
	Changed   []Change // prices that differ, and new rows
	Confirmed int      // rows whose price was found unchanged
	NotFound  []Key    // rows that a selector should have found in these offers but did not; they keep price and date
}

// Refresh reads offer files and rewrites the catalogue's price files: price, source, date, SKU and the day of the
// check. Nothing is written when any offer cannot be read or gives two prices for one row.
func Refresh(ctx context.Context, o RefreshOptions) (RefreshReport, error) {
	folder := os.DirFS(o.Folder)
	current, err := Load(folder)
	if err != nil {
		return RefreshReport{}, err
	}
	rules, err := selectors(folder)
	if err != nil {
		return RefreshReport{}, err
	}
	r := refresher{options: o, rules: rules, found: map[Key]Price{}, offers: map[string]bool{}}
	for _, location := range o.Offers {
		if err := r.read(ctx, location); err != nil {
			r.errs = append(r.errs, fmt.Errorf("%s: %w", location, err))
		}
	}
	if err := errors.Join(r.errs...); err != nil {
		return RefreshReport{}, fmt.Errorf("refresh of prices:\n%w", err)
	}
	rows, report := r.merge(current.All())
	return report, write(o.Folder, rows)
}

// refresher gathers prices from offers.
type refresher struct {
	options RefreshOptions
	rules   []selector
	found   map[Key]Price
	offers  map[string]bool // offer codes that were read
	errs    []error
}

func (r *refresher) read(ctx context.Context, location string) error {
	f, err := r.open(ctx, location)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	var taken []offered
	head, err := readOffer(f, r.selects, func(p offered) { taken = append(taken, p) })
	if err != nil {
		return err
	}
	r.offers[head.code] = true
	for _, p := range taken {
		r.take(head, p)
	}
	return nil
}

// open reads a file, or a URL below BulkURL and nowhere else.
func (r *refresher) open(ctx context.Context, location string) (io.ReadCloser, error) {
	if !strings.Contains(location, "://") {
		return os.Open(location)
	}
	base := cmp.Or(r.options.BulkHost, BulkURL)
	if !strings.HasPrefix(location, base) {
		return nil, fmt.Errorf("offers are read from %s only", base)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, location, http.NoBody)
	if err != nil {
		return nil, err
	}
	response, err := cmp.Or(r.options.Client, http.DefaultClient).Do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		_ = response.Body.Close()
		return nil, fmt.Errorf("the server answered %s", response.Status)
	}
	return response.Body, nil
}

func (r *refresher) selects(attributes map[string]string) bool {
	if region := attributes["regioncode"]; region != "" && region != r.options.Region {
		return false
	}
	return slices.ContainsFunc(r.rules, func(s selector) bool {
		_, ok := s.match(attributes)
		return ok
	})
}

// take turns one offered price into a row of the catalogue.
func (r *refresher) take(head offer, p offered) {
	for _, s := range r.rules {
		key, ok := s.match(p.attributes)
		if !ok || cmp.Or(p.from, "0") != s.from {
			continue
		}
		amount, err := decimal.NewFromString(p.usd)
		if err != nil || !amount.IsPositive() {
			r.errs = append(r.errs, fmt.Errorf("%s SKU %s: price %q of %s, expected above zero", head.code, p.sku, p.usd, key))
			continue
		}
		price := Price{
			Key: key, Region: r.options.Region, Unit: s.unit, Amount: amount.Div(s.scale), SKU: p.sku,
			Source: "Price List offer " + head.code + " version " + head.version, Date: head.published,
			Checked: r.options.Now.UTC().Truncate(24 * time.Hour), Confidence: PriceList,
		}
		if price.Checked.Before(price.Date) {
			price.Checked = price.Date
		}
		if old, ok := r.found[key]; ok && !old.Amount.Equal(price.Amount) {
			r.errs = append(r.errs, fmt.Errorf("%s has two prices, SKU %s and SKU %s: narrow its line in %s", key, old.SKU, price.SKU, offersFile))
			continue
		}
		r.found[key] = price
	}
}

// merge puts the found prices into the rows.
func (r *refresher) merge(rows []Price) ([]Price, RefreshReport) {
	var report RefreshReport
	files := map[Key]string{} // product to the file where its rows live
	for i, row := range rows {
		files[Of(row.Service, row.Product)] = row.file
		if row.Region != r.options.Region {
			continue
		}
		fresh, ok := r.found[row.Key]
		if !ok {
			if r.expected(row.Key) {
				report.NotFound = append(report.NotFound, row.Key)
			}
			continue
		}
		delete(r.found, row.Key)
		fresh.file = row.file
		rows[i] = fresh
		if fresh.Amount.Equal(row.Amount) {
			report.Confirmed++
			continue
		}
		report.Changed = append(report.Changed, Change{Region: row.Region, Key: row.Key, Old: row.Amount, New: fresh.Amount})
	}
	if r.options.AddNew {
		for key, fresh := range r.found {
			fresh.file = cmp.Or(files[Of(key.Service, key.Product)], "services.csv")
			rows = append(rows, fresh)
			report.Changed = append(report.Changed, Change{Region: fresh.Region, Key: key, New: fresh.Amount})
		}
	}
	slices.SortFunc(report.Changed, func(a, b Change) int { return a.Key.compare(b.Key) })
	return sorted(rows), report
}

// expected tells whether one of the offers that were read should have held this row.
func (r *refresher) expected(key Key) bool {
	return r.offers[key.Service] && slices.ContainsFunc(r.rules, func(s selector) bool {
		before, after, wild := strings.Cut(s.key.Variant, "{}")
		if s.key.Service != key.Service || s.key.Product != key.Product {
			return false
		}
		if !wild {
			return s.key.Variant == key.Variant
		}
		return strings.HasPrefix(key.Variant, before) && strings.HasSuffix(key.Variant, after)
	})
}

// write replaces the price files, each at once: a file beside it is renamed over it.
func write(folder string, rows []Price) error {
	byFile := map[string][][]string{}
	for _, p := range rows {
		byFile[p.file] = append(byFile[p.file], []string{
			p.Region, p.Service, p.Product, p.Variant, string(p.Unit), p.Amount.String(), p.Source,
			p.Date.Format(time.DateOnly), p.Checked.Format(time.DateOnly), string(p.Confidence), p.SKU,
		})
	}
	var errs []error
	for name, cells := range byFile {
		errs = append(errs, writeFile(filepath.Join(folder, filepath.Base(name)), cells))
	}
	return errors.Join(errs...)
}

func writeFile(path string, cells [][]string) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".prices-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	w := csv.NewWriter(f)
	writeErr := w.WriteAll(append([][]string{columns}, cells...))
	if err := errors.Join(writeErr, f.Chmod(0o644), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return os.Rename(f.Name(), path)
}
