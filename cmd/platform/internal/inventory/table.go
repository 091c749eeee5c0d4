package inventory

import (
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/cmd/platform/internal/render"
)

// Table renders the parts for a person.
func Table(parts []Part) string {
	t := render.NewTable("PART", "NAME", "ENDPOINT", "VERSION", "ZONES", "RESOURCES", "STATE", "USD A MONTH")
	total, priced := decimal.Zero, false
	for _, p := range parts {
		t.AppendRow(table.Row{p.Part, p.Name, render.Dash(p.Endpoint), render.Dash(p.Version), render.Dash(shortZones(p.Zones)), p.Resources, p.State, price(p)})
		if p.Price != nil {
			total, priced = total.Add(p.Price.MonthlyUSD), true
		}
	}
	if priced {
		t.AppendFooter(table.Row{"", "", "", "", "", "", "total", total.StringFixed(2)})
	}
	return t.Render()
}

func price(part Part) string {
	p := part.Price
	switch {
	case p == nil || p.Unpriced == part.Resources:
		return "not priced"
	case p.Unpriced > 0:
		return fmt.Sprintf("%s (%d not priced)", p.MonthlyUSD.StringFixed(2), p.Unpriced)
	default:
		return p.MonthlyUSD.StringFixed(2)
	}
}

// shortZones writes zones of one region as their letters: "us-east-1a b c".
func shortZones(zones []string) string {
	var short []string
	for i, zone := range zones {
		if i > 0 && len(zone) > 0 && strings.HasPrefix(zones[0], zone[:len(zone)-1]) {
			zone = zone[len(zone)-1:]
		}
		short = append(short, zone)
	}
	return strings.Join(short, " ")
}
