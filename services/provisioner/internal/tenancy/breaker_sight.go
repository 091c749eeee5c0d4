package tenancy

import (
	"context"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/internal/pricing/allocation"
	"github.com/genericcorp/platform/internal/pricing/pricesheet"
	"github.com/genericcorp/platform/internal/tiers"
	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/breaker"
	"github.com/genericcorp/platform/services/provisioner/internal/domain"
)

const (
	// staleAfter is the age of prices from which on they are too old to let anybody go by.
	staleAfter = 35 * 24 * time.Hour
	// unpricedFor is how long an environment with tenants may have no prices: its first deployment publishes them.
	unpricedFor = 24 * time.Hour
	// silentAfter is the time without any request, not even a refused one, from which on the edge may be counting nothing.
	silentAfter = 6 * time.Hour
)

// sight is all that the breaker decides by, at one time of the database's clock.
type sight struct {
	now       time.Time
	sheet     *pricesheet.Sheet // nil: nobody has published one
	records   []domain.Record
	tenants   []breaker.Tenant // in the order of the records
	whole     breaker.Environment
	overrides map[string]api.Override // that of the environment has no tenant's name
	blind     []string
}

// look reads what the breaker decides by.
func (p *Provisioner) look(ctx context.Context) (s sight, err error) {
	var sampled, heard *time.Time
	err = p.Admin.QueryRow(ctx, `SELECT now(), (SELECT sampled FROM platform.usage_meter), (SELECT max(heard) FROM platform.usage_source)`).Scan(&s.now, &sampled, &heard)
	if err != nil {
		return s, fmt.Errorf("read what the breaker decides by: %w", err)
	}
	s.now = s.now.UTC()
	sheets, err := p.sheetsOf(ctx, breaker.MonthOf(s.now))
	if err != nil {
		return s, err
	}
	if len(sheets) > 0 {
		s.sheet = &sheets[len(sheets)-1]
	}
	if s.records, err = loadAll(ctx, p.Admin); err != nil {
		return s, err
	}
	if s.overrides, err = p.activeOverrides(ctx); err != nil {
		return s, err
	}
	s.blind = s.blindness(sampled, heard)
	caused, err := p.caused(ctx, s)
	if err != nil {
		return s, err
	}
	used, err := s.used(caused)
	if err != nil {
		return s, err
	}
	var sent map[string]allocation.Micros
	if s.whole, sent, err = breaker.Whole(sheets, s.now, caused); err != nil {
		return s, fmt.Errorf("tell what the environment costs this month: %w", err)
	}
	_, s.whole.Override = s.overrides[""]
	if s.whole.Standing, err = loadWhole(ctx, p.Admin); err != nil {
		return s, err
	}
	s.tenants = make([]breaker.Tenant, 0, len(s.records))
	for _, r := range s.records {
		_, overridden := s.overrides[r.Slug]
		s.tenants = append(s.tenants, breaker.Tenant{
			Name: r.Slug, Tier: r.Tier, Used: used[r.Slug], Allowance: allowanceOf(r.Tier), Override: overridden, Standing: r.Breaker,
			Sent: sent[r.Slug], Price: priceOf(r.Tier), Off: r.State == api.StateSuspended, Spared: s.spares(r.Slug),
		})
	}
	return s, nil
}

// allowanceOf is what a tenant of the tier may cost a month; 0 where there is no such tier.
func allowanceOf(tier string) allocation.Micros {
	found, err := tiers.Find(tier)
	if err != nil {
		return 0
	}
	return micros(found.Limits.AllowanceUSD)
}

// priceOf is what a tenant of the tier pays a month; nothing is known where there is no such tier.
func priceOf(tier string) allocation.Micros {
	found, err := tiers.Find(tier)
	if err != nil {
		return 0
	}
	return micros(found.PriceUSD)
}

func micros(usd decimal.Decimal) allocation.Micros {
	const digits = 6
	return allocation.Micros(usd.Shift(digits).IntPart())
}

// caused is what each tenant has done this month, also one that is gone.
func (p *Provisioner) caused(ctx context.Context, s sight) ([]breaker.Caused, error) {
	there := make(map[string]domain.Record, len(s.records))
	for _, r := range s.records {
		there[r.Slug] = r
	}
	all, err := p.usedThisMonth(ctx, breaker.MonthOf(s.now))
	if err != nil {
		return nil, err
	}
	for i := range all {
		r, isThere := there[all[i].Name]
		all[i].There, all[i].Since = isThere, r.CreatedAt
		delete(there, r.Slug)
	}
	for _, r := range there { // the ledger has nothing of them yet
		all = append(all, breaker.Caused{Name: r.Slug, There: true, Since: r.CreatedAt})
	}
	return all, nil
}

// used is what each tenant has cost this month; nothing is known without a sheet.
func (s sight) used(all []breaker.Caused) (map[string]allocation.Micros, error) {
	if s.sheet == nil {
		return nil, nil
	}
	used, err := breaker.Used(*s.sheet, s.now, all)
	if err != nil {
		return nil, fmt.Errorf("tell what tenants cost this month: %w", err)
	}
	return used, nil
}

// blindness says what of a tenant's cost is not known, in sentences: while there is any, nobody is let go.
func (s sight) blindness(sampled, heard *time.Time) []string {
	blind := []string{}
	switch {
	case s.sheet == nil:
		blind = append(blind, "nobody has published what the environment costs: `platform breaker publish` does")
	case s.now.Sub(s.sheet.Computed) > staleAfter:
		blind = append(blind, fmt.Sprintf("what the environment costs was computed on %s: `platform breaker publish` does so again", s.sheet.Computed.UTC().Format(time.DateOnly)))
	}
	if sampled == nil || s.now.Sub(*sampled) > blindAfter {
		blind = append(blind, "the meter of the database has taken no sample for "+blindAfter.String()+": the sweep takes one each minute")
	}
	if heard != nil && s.now.Sub(*heard) > silentAfter {
		blind = append(blind, "the edge has counted no request for "+silentAfter.String())
	}
	for _, r := range s.records {
		if allowanceOf(r.Tier) == 0 {
			blind = append(blind, fmt.Sprintf("what tenant %s may cost is not known, as there is no tier %s", r.Slug, r.Tier))
		}
	}
	return blind
}

// overdue is an error where prices are missing that should be there, so that somebody is called: the breaker acts on nothing new without.
func (s sight) overdue() error {
	if s.sheet != nil && s.now.Sub(s.sheet.Computed) > staleAfter {
		//page:none it says what to do
		return fmt.Errorf("the breaker lets nobody go: what the environment costs was computed on %s: run `platform breaker publish`", s.sheet.Computed.UTC().Format(time.DateOnly))
	}
	for _, r := range s.records {
		if s.sheet == nil && s.now.Sub(r.CreatedAt) > unpricedFor {
			//page:none it says what to do
			return fmt.Errorf("the breaker holds nobody: nobody has published what the environment costs: run `platform breaker publish`")
		}
	}
	return nil
}
