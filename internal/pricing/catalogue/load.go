package catalogue

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/internal/awsvalue"
	"github.com/genericcorp/platform/internal/printable"
)

// columns of a price file, in order. A file with any other header is refused.
var columns = []string{
	"region", "service", "product", "variant", "unit", "price", "source", "date", "checked", "confidence", "sku",
}

const (
	lifecycleFile = "lifecycle.csv"
	offersFile    = "offers.csv"
)

// Load reads a folder of CSV files: prices in all of them but lifecycle.csv (dates of extended support, required) and
// offers.csv (see Refresh). Every malformed row of every file is reported at once, by file and line.
func Load(folder fs.FS) (*Catalogue, error) {
	names, err := fs.Glob(folder, "*.csv")
	if err != nil {
		return nil, fmt.Errorf("list price files: %w", err)
	}
	l := loader{seen: map[string]string{}, c: &Catalogue{regions: map[string]*Prices{}, lifecycle: map[versionKey]Lifecycle{}}}
	for _, name := range names {
		if name != offersFile {
			l.file(folder, name)
		}
	}
	if !slices.Contains(names, lifecycleFile) {
		l.problem(lifecycleFile, 0, "the file is missing")
	}
	if len(l.c.regions) == 0 && len(l.errs) == 0 {
		l.problem("prices", 0, "no rows")
	}
	if err := errors.Join(l.errs...); err != nil {
		return nil, fmt.Errorf("price catalogue:\n%w", err)
	}
	return l.c, nil
}

// loader gathers rows and everything that is wrong with them.
type loader struct {
	c    *Catalogue
	seen map[string]string // row identity to the place that had it first
	errs []error
}

func (l *loader) problem(file string, line int, format string, args ...any) {
	l.errs = append(l.errs, fmt.Errorf("%s:%d: %s", file, line, fmt.Sprintf(format, args...)))
}

func (l *loader) file(folder fs.FS, name string) {
	f, err := folder.Open(name)
	if err != nil {
		l.errs = append(l.errs, err)
		return
	}
	defer func() { _ = f.Close() }()
	header, row := columns, l.price
	if name == lifecycleFile {
		header, row = lifecycleColumns, l.version
	}
	if err := eachRow(f, header, func(line int, cell []string) { row(name, line, cell) }, func(line int, text string) {
		l.problem(name, line, "%s", text)
	}); err != nil {
		l.errs = append(l.errs, fmt.Errorf("%s: %w", name, err))
	}
}

// eachRow reads a CSV file with exactly the given header. Rows with another number of cells go to bad.
func eachRow(r io.Reader, header []string, row func(line int, cell []string), bad func(line int, text string)) error {
	reader := csv.NewReader(r)
	reader.FieldsPerRecord = -1
	first, err := reader.Read()
	if err != nil {
		return fmt.Errorf("read the header: %w", err)
	}
	if !slices.Equal(first, header) {
		return fmt.Errorf("the header is %q, expected %q", strings.Join(first, ","), strings.Join(header, ","))
	}
	for {
		cell, err := reader.Read()
		var parse *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.As(err, &parse):
			bad(parse.StartLine, "not CSV: "+parse.Err.Error())
		case err != nil:
			return err
		case len(cell) != len(header):
			line, _ := reader.FieldPos(0)
			bad(line, fmt.Sprintf("%s, expected %d", printable.Count(len(cell), "cell"), len(header)))
		default:
			line, _ := reader.FieldPos(0)
			row(line, cell)
		}
	}
}

// unique reports a row whose identity was seen before.
func (l *loader) unique(file string, line int, identity string) bool {
	if first, ok := l.seen[identity]; ok {
		l.problem(file, line, "%s is already at %s", identity, first)
		return false
	}
	l.seen[identity] = fmt.Sprintf("%s:%d", file, line)
	return true
}

// price checks one row and takes it when nothing is wrong with it.
func (l *loader) price(file string, line int, cell []string) {
	before := len(l.errs)
	p := Price{
		Region: cell[0], Key: Key{Service: cell[1], Product: cell[2], Variant: cell[3]}, Unit: Unit(cell[4]),
		Source: cell[6], Confidence: Confidence(cell[9]), SKU: cell[10], file: file,
	}
	if !awsvalue.Region.Valid(p.Region) {
		l.problem(file, line, "region %q, expected a region such as %s", p.Region, USEast1)
	}
	if p.Service == "" || p.Product == "" {
		l.problem(file, line, "service and product must be given")
	}
	if !units[p.Unit] {
		l.problem(file, line, "unknown unit %q", cell[4])
	}
	amount, err := decimal.NewFromString(cell[5])
	switch {
	case err != nil || amount.Exponent() > 6 || amount.Exponent() < -15: // an absurd exponent would fill the memory later
		l.problem(file, line, "price %q, expected a decimal number of US dollars", cell[5])
	case !amount.IsPositive():
		l.problem(file, line, "price %s, expected above zero (what is free is not listed here)", cell[5])
	}
	p.Amount = amount
	if strings.TrimSpace(p.Source) == "" {
		l.problem(file, line, "the source is missing")
	}
	p.Date = l.date(file, line, "date", cell[7])
	p.Checked = l.date(file, line, "checked", cell[8])
	if p.Checked.Before(p.Date) {
		l.problem(file, line, "checked on %s, before its source's date %s", cell[8], cell[7])
	}
	if !confidences[p.Confidence] {
		l.problem(file, line, "unknown confidence %q", cell[9])
	}
	if !l.unique(file, line, p.Region+" "+p.String()) || len(l.errs) > before {
		return
	}
	region := l.c.regions[p.Region]
	if region == nil {
		region = &Prices{region: p.Region, byKey: map[Key]Price{}}
		l.c.regions[p.Region] = region
	}
	region.byKey[p.Key] = p
}

func (l *loader) date(file string, line int, column, text string) time.Time {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		l.problem(file, line, "%s %q, expected a date as 2006-01-02", column, text)
	}
	return t
}
