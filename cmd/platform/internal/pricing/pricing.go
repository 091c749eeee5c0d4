// Package pricing tells what deployed resources cost a month on AWS, by the estimator of the policies.
package pricing

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/internal/pricing/catalogue"
	"github.com/genericcorp/platform/internal/pricing/estimator"
	"github.com/genericcorp/platform/internal/pricing/usage"
)

// ListPrices prices resources with the embedded catalogue and an environment's assumed usage.
type ListPrices struct{ estimator *estimator.Estimator }

// New returns the prices for an environment ("local", "dev" or "prod") in a region.
func New(environment, region string) (*ListPrices, error) {
	prices, err := catalogue.Embedded()
	if err != nil {
		return nil, fmt.Errorf("load the prices: %w", err)
	}
	assumed, err := usage.Default(usage.Environment(environment))
	if err != nil {
		return nil, fmt.Errorf("load the assumed usage: %w", err)
	}
	e, err := estimator.New(prices, assumed, estimator.Options{Region: region})
	if err != nil {
		return nil, fmt.Errorf("estimate costs: %w", err)
	}
	return &ListPrices{e}, nil
}

// MonthlyUSD returns the price of each resource whose price is known; the others are not in the map. What
// costs nothing costs zero.
func (l *ListPrices) MonthlyUSD(resources []apitype.ResourceV3) map[resource.URN]decimal.Decimal {
	var asked []estimator.Resource
	for _, r := range resources {
		if r.Custom && !r.Delete {
			asked = append(asked, estimator.Resource{
				URN: string(r.URN), Type: string(r.Type), Name: r.URN.Name(), ID: r.ID.String(),
				Properties: estimator.FromJSON(r.Inputs),
			})
		}
	}
	report := l.estimator.Estimate(asked)
	prices := map[resource.URN]decimal.Decimal{}
	for _, cost := range report.Resources {
		prices[resource.URN(cost.URN)] = cost.Total()
	}
	for _, problem := range report.Blocking() {
		delete(prices, resource.URN(problem.URN))
	}
	return prices
}
