package cost

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/shopspring/decimal"
	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/environment"
	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/cmd/platform/internal/render"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/internal/pricing/billed"
	"github.com/genericcorp/platform/internal/pricing/pricesheet"
	reportapi "github.com/genericcorp/platform/services/report/api"
)

// billAnswer is how far the estimate was from AWS's bill, by day and part.
type billAnswer struct {
	Environment string       `json:"environment"`
	From        time.Time    `json:"from"`
	To          time.Time    `json:"to"`
	Open        bool         `json:"open"` // AWS may still change some of it
	Days        []billDay    `json:"days"` // those that AWS has charged something for
	Whole       billed.Table `json:"whole"`
}

type billDay struct {
	Day string `json:"day"`
	billed.Table
}

// checkBill refuses what has no meaning for a bill.
func (o *options) checkBill(cmd *cobra.Command) (errs []error) {
	for _, flag := range []string{"by", "file", "against", "all", "tenants", "markdown", "html", "check", "settings", "usage"} {
		errs = append(errs, cmdutil.OnlyOne(cmd, "bill", flag))
	}
	return errs
}

// againstBill compares the bill of a month or a day with what was estimated then.
func againstBill(ctx context.Context, o *options) error {
	span, err := o.billedSpan(time.Now().UTC())
	if err != nil {
		return err
	}
	answer := billAnswer{From: span.From, To: span.To}
	err = o.target.Tenants(ctx, o.Factory, environment.RunOptions{}, true, func(ctx context.Context, t *tenant.Tenants) error {
		answer.Environment = t.Environment.Name()
		b, err := reportapi.Billed(ctx, t.Ask, t.Bill, span)
		answer.add(b.Days, b.Open)
		return err
	})
	if err != nil {
		return fmt.Errorf("compare the estimate with the bill: %w", err)
	}
	return o.write(func(to io.Writer) error {
		if o.json {
			return cmdutil.WriteJSON(to, answer)
		}
		_, err := fmt.Fprintln(to, answer.text())
		return err
	})
}

// billedSpan is the time that was asked about, as far as AWS has charged it as a whole.
func (o *options) billedSpan(now time.Time) (span pricesheet.Span, err error) {
	settled := billed.Settled(now)
	if o.period == (cmdutil.Period{}) {
		return settled, nil
	}
	if span.From, span.To, err = o.period.Span(now); err != nil {
		return span, err
	}
	if !span.From.Before(settled.To) {
		return span, exit.Usagef("got %s, expected a time before %s: AWS's bill is late, and a day is compared two days after its end",
			o.period.Text(now), settled.To.Format(time.DateOnly))
	}
	if settled.To.Before(span.To) {
		span.To = settled.To
	}
	return span, nil
}

func (a *billAnswer) add(days []billed.Day, open bool) {
	a.Open, a.Whole, a.Days = open, billed.TableOf(days), make([]billDay, 0, len(days))
	for _, d := range days {
		a.Days = append(a.Days, billDay{d.Day.Format(time.DateOnly), billed.TableOf([]billed.Day{d})})
	}
}

// text is a line a day: by how much the bill of each part differs, and both wholes.
func (a *billAnswer) text() string {
	header, columns := []any{"DAY"}, []table.ColumnConfig{}
	for _, line := range a.Whole.Lines {
		header = append(header, strings.ToUpper(line.Part))
	}
	header = append(header, "DIFFERENCE", "ESTIMATE", "BILL")
	for n := 2; n <= len(header); n++ {
		columns = append(columns, table.ColumnConfig{Number: n, Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	t := render.NewTable(header...)
	t.SetColumnConfigs(columns)
	for _, d := range append(slices.Clone(a.Days), billDay{"whole", a.Whole}) {
		row := render.Row{d.Day}
		for _, line := range d.Lines {
			row = append(row, difference(line.Difference))
		}
		t.AppendRow(append(row, difference(d.Whole.Difference), d.Whole.Estimate.StringFixed(2), d.Whole.Bill.StringFixed(2)))
	}
	var out strings.Builder
	fmt.Fprintf(&out, "%s\n(%s, %s to %s, UTC, by how many US dollars AWS charged more than was estimated. Credits and refunds are left out; support and tax come once a month.",
		t.Render(), a.Environment, a.From.Format(time.DateOnly), a.To.AddDate(0, 0, -1).Format(time.DateOnly))
	if a.Open {
		out.WriteString(" AWS may still change it.")
	}
	out.WriteString(")")
	for _, other := range a.Whole.Others {
		fmt.Fprintf(&out, "\nnot estimated: %s, USD %s", other.Service, other.USD.StringFixed(2))
	}
	return out.String()
}

func difference(usd decimal.Decimal) string {
	if usd.IsPositive() {
		return "+" + usd.StringFixed(2)
	}
	return usd.StringFixed(2)
}
