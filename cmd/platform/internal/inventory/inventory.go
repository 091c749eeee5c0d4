// Package inventory tells what a stack consists of, read from its state: one part a component, with where
// it answers, its version, its zones and its price.
package inventory

import (
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/shopspring/decimal"
)

// Part is one component of a stack.
type Part struct {
	Part      string   `json:"part"` // the component's kind: "database"
	Name      string   `json:"name"`
	Endpoint  string   `json:"endpoint,omitempty"`
	Version   string   `json:"version,omitempty"`
	Zones     []string `json:"zones,omitempty"`
	State     string   `json:"state"`
	Resources int      `json:"resources"`
	Price     *Price   `json:"price,omitempty"` // nil: nobody was asked for prices

	cache string // the id of the replication group that carries the part
}

// Price is what a part costs by list price.
type Price struct {
	MonthlyUSD decimal.Decimal `json:"monthlyUSD"`
	Unpriced   int             `json:"unpriced"` // resources whose price is not known; not in MonthlyUSD
}

// Pricer tells list prices of a whole stack, for one price may depend on other resources. A resource whose
// price it does not know is not in the map.
type Pricer interface {
	MonthlyUSD(resources []apitype.ResourceV3) map[resource.URN]decimal.Decimal
}

// componentPrefix starts the type token of every component of this product.
const componentPrefix = "genericcorp:"

// Of lists the parts in the order in which they were made. A nil pricer leaves the prices out.
func Of(resources []apitype.ResourceV3, pricer Pricer) []Part {
	byURN := map[resource.URN]apitype.ResourceV3{}
	for _, r := range resources {
		byURN[r.URN] = r
	}
	zones := subnetZones(resources)
	var prices map[resource.URN]decimal.Decimal
	if pricer != nil {
		prices = pricer.MonthlyUSD(resources)
	}
	parts := map[resource.URN]*Part{}
	var order []resource.URN
	for _, r := range resources {
		owner, found := componentOf(r, byURN)
		if !found || r.Delete {
			continue
		}
		part, known := parts[owner.URN]
		if !known {
			part = &Part{Part: kindOf(owner), Name: owner.URN.Name(), State: "ready"}
			parts[owner.URN] = part
			order = append(order, owner.URN)
		}
		if r.Custom {
			part.Resources++
			describe(part, r, zones)
			if pricer != nil {
				price, known := prices[r.URN]
				part.addPrice(price, known)
			}
		}
	}
	var list []Part
	for _, urn := range order {
		slices.SortFunc(parts[urn].Zones, zoneOrder)
		parts[urn].Zones = slices.Compact(parts[urn].Zones)
		list = append(list, *parts[urn])
	}
	return list
}

// standby stands among a part's zones for the one that AWS chooses for the standby.
const standby = "standby"

func zoneOrder(a, b string) int {
	switch standby {
	case a:
		return 1
	case b:
		return -1
	default:
		return strings.Compare(a, b)
	}
}

// componentOf finds the outermost of this product's components that r belongs to, or is.
func componentOf(r apitype.ResourceV3, byURN map[resource.URN]apitype.ResourceV3) (apitype.ResourceV3, bool) {
	var owner apitype.ResourceV3
	found := false
	for known := true; known; r, known = byURN[r.Parent] {
		if strings.HasPrefix(string(r.Type), componentPrefix) {
			owner, found = r, true
		}
	}
	return owner, found
}

// kindOf is the middle of a component's type token: "database" of genericcorp:database:Database.
func kindOf(component apitype.ResourceV3) string { return string(component.Type.Module().Name()) }

func (p *Part) addPrice(price decimal.Decimal, known bool) {
	if p.Price == nil {
		p.Price = &Price{}
	}
	if !known {
		p.Price.Unpriced++
		return
	}
	p.Price.MonthlyUSD = p.Price.MonthlyUSD.Add(price)
}
