package cost

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/internal/pricing/allocation"
	"github.com/genericcorp/platform/internal/pricing/catalogue"
	"github.com/genericcorp/platform/internal/pricing/pricesheet"
	"github.com/genericcorp/platform/policies/policyconfig"
)

// Sheet is the price sheet of an environment whose tenants' own resources cost ownUSD a month each. Support and tax are those of a bill
// without tenants.
func Sheet(d Document, t policyconfig.Config, ownUSD decimal.Decimal, now time.Time) (pricesheet.Sheet, error) {
	report := t.Estimator.Estimate(d.After)
	sheet := byGroup(report)
	if blocking := report.Blocking(); len(blocking) > 0 {
		sheet.Warnings = append(sheet.Warnings, fmt.Sprintf("the whole is incomplete: %s no price, which `platform cost --all` lists", has(len(blocking), "value")))
	}
	if text := t.Prices.Freshness(now).Message; text != "" {
		sheet.Warnings = append(sheet.Warnings, text)
	}
	if t.Limit.Refusal != "" {
		sheet.Warnings = append(sheet.Warnings, t.Limit.Refusal)
	}
	bill := t.Bill.With(report.Total(), 0)
	sheet.Terms = pricesheet.Terms{
		Charges: report.Total(), SupportMinimum: t.Bill.Support.MinimumUSD, SupportShare: t.Bill.Support.Share, TaxPercent: t.Bill.TaxPercent,
	}
	sheet.Groups[allocation.Platform] = sheet.Groups[allocation.Platform].Add(bill.Support).Add(bill.Tax)
	internet, err := internetGB(t)
	if err != nil {
		return pricesheet.Sheet{}, err
	}
	sheet.Environment, sheet.Computed, sheet.Made = d.Stack, now.UTC(), d.Made.UTC()
	sheet.Limit, sheet.LimitBasis, sheet.Own, sheet.InternetGB = t.Limit.Limit, t.Limit.Basis, ownUSD, internet
	return sheet, nil
}

// Spared are the tenants that the stack's settings spare.
func (d Document) Spared(settingsFile string) ([]pricesheet.Spared, error) {
	config, err := d.configuration(settingsFile)
	if err != nil {
		return nil, err
	}
	var settings struct {
		Breaker struct {
			Spare []pricesheet.Spared `json:"spare"`
		} `json:"breaker"`
	}
	if err := json.Unmarshal([]byte(config[policyconfig.SettingsKey]), &settings); err != nil {
		return nil, fmt.Errorf("%s.breaker.spare: %w", policyconfig.SettingsKey, err)
	}
	return settings.Breaker.Spare, nil
}

// internetGB is what a GB costs on its way to the internet: the first price of several, and a change of zone.
func internetGB(t policyconfig.Config) (sum decimal.Decimal, err error) {
	prices, err := t.Prices.Region(t.Region)
	if err != nil {
		return sum, err
	}
	for _, key := range []catalogue.Key{
		catalogue.Kind(catalogue.DataTransfer, "internet-out", "up-to-10TB"),
		catalogue.Kind(catalogue.DataTransfer, "cross-zone", "each-direction"),
		catalogue.Kind(catalogue.DataTransfer, "cross-zone", "each-direction"),
	} {
		price, err := prices.Lookup(key)
		if err != nil {
			return sum, err
		}
		sum = sum.Add(price.Amount)
	}
	return sum, nil
}
