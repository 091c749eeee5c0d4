package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"strings"

	"github.com/genericcorp/platform/internal/printable"
)

//go:embed page.html
var page string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"line": printable.Line, "amount": amount, "change": change, "percent": percent,
}).Parse(page))

// shown is a report with what its page needs besides.
type shown struct {
	Report
	DayName    string
	CostLines  [][]string
	PartLines  [][]string
	MoverLines [][]string
	HeldLines  []string
	LimitLines []string
	ActLines   []string
	FreeText   string // empty: nobody is free
	BillTitle  string
	SinceTitle string
	BillLines  [][]string
	BillNotes  []string
}

// HTML is the report as one page that needs nothing else, for a mail and for a telephone.
func (r Report) HTML() (string, error) {
	s := shown{
		Report: r, DayName: r.dayName, CostLines: r.costLines(), PartLines: r.partLines(), MoverLines: r.moverLines(), HeldLines: r.heldLines(), LimitLines: r.standingLines(), ActLines: r.actLines(),
		BillTitle: r.billTitle(), SinceTitle: r.sinceTitle(), BillLines: r.billLines(), BillNotes: r.billNotes(),
	}
	if r.Tenants.Free.Tenants > 0 {
		s.FreeText = r.freeText()
	}
	var out strings.Builder
	if err := pageTemplate.Execute(&out, s); err != nil {
		return "", fmt.Errorf("write the page: %w", err)
	}
	return out.String(), nil
}
