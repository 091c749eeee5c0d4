package cost

import (
	_ "embed"
	"fmt"
	"html/template"
	"strings"

	"github.com/shopspring/decimal"
)

//go:embed page.html
var page string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"cents": cents, "signed": signed, "short": short,
}).Parse(page))

// chart is the statement with what its drawings need.
type chart struct {
	Statement
	Gauge       *gauge
	Bars        []bar
	Bills       []billRow // with the head first; none where the bill is the stack's own estimate
	ChartHeight int
}

// gauge shows the total beside the limit, in the units of its drawing.
type gauge struct {
	Total, Largest, Limit float64
}

// bar is one part, in the units of the drawing.
type bar struct {
	Label, Amount, Share                 string
	Y, TextY, Fixed, UsageX, Usage, EndX float64
}

// The measures of the drawings.
const (
	drawingWidth = 900
	barsFrom     = 160
	barsWidth    = 560 // leaves room for the amount behind the longest bar
	barPitch     = 30
)

// HTML is the statement as one page that needs nothing else, for people who do not use a terminal.
func (s Statement) HTML() (string, error) {
	var out strings.Builder
	drawn := chart{Statement: s, Gauge: s.gauge(), Bars: s.bars(), ChartHeight: barPitch * max(1, len(s.Parts))}
	if !s.plain() {
		drawn.Bills = s.billRows()
	}
	err := pageTemplate.Execute(&out, drawn)
	if err != nil {
		return "", fmt.Errorf("write the page: %w", err)
	}
	return out.String(), nil
}

func (s Statement) gauge() *gauge {
	whole, largest := s.Bills.Ceiling.Total, s.Bills.Largest.Total
	most := decimal.Max(whole, largest, s.Limit)
	if !most.IsPositive() {
		return nil
	}
	return &gauge{
		Total: scaled(whole, most, drawingWidth), Largest: scaled(largest, most, drawingWidth),
		Limit: scaled(s.Limit, most, drawingWidth),
	}
}

func (s Statement) bars() []bar {
	if len(s.Parts) == 0 {
		return nil
	}
	most := s.Parts[0].Total
	bars := make([]bar, 0, len(s.Parts))
	for i, p := range s.Parts {
		fixed, usage := scaled(p.Fixed, most, barsWidth), scaled(p.Usage, most, barsWidth)
		y := float64(i * barPitch)
		bars = append(bars, bar{
			Label: p.Name, Amount: cents(p.Total), Share: p.Share.StringFixed(1),
			Y: y, TextY: y + 15, Fixed: fixed, UsageX: barsFrom + fixed, Usage: usage, EndX: barsFrom + fixed + usage + 8,
		})
	}
	return bars
}

// scaled turns an amount into a length, of which most has the whole.
func scaled(amount, most decimal.Decimal, length int64) float64 {
	if !most.IsPositive() {
		return 0
	}
	return amount.Mul(decimal.NewFromInt(length)).DivRound(most, 1).InexactFloat64()
}
