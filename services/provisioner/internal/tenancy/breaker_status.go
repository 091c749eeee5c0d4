package tenancy

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/internal/pricing/allocation"
	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/breaker"
)

// breakerStatus tells how every tenant stands.
func (p *Provisioner) breakerStatus(ctx context.Context) (api.Response, error) {
	s, err := p.look(ctx)
	if err != nil {
		return api.Response{}, err
	}
	last, err := p.breakerEvents(ctx, `SELECT DISTINCT ON (tenant) `+eventColumns+` ORDER BY tenant, id DESC`)
	if err != nil {
		return api.Response{}, err
	}
	lastOf := make(map[string]*api.BreakerEvent, len(last))
	for i := range last {
		lastOf[last[i].Tenant] = &last[i]
	}
	status := s.describe()
	status.Whole.Last = lastOf[""]
	for i, t := range s.tenants {
		told := api.BreakerTenant{
			Slug: t.Name, Tier: t.Tier, State: s.records[i].State, UsedUSD: t.Used.USD(), AllowanceUSD: t.Allowance.USD(),
			Level: t.Standing.Level.String(), Due: t.Standing.Due.String(), ForAll: t.Standing.ForAll, Spared: t.Spared, Last: lastOf[t.Name],
		}
		if override, there := s.overrides[t.Name]; there {
			told.Override = &override
		}
		status.Tenants = append(status.Tenants, told)
	}
	return api.Response{Breaker: status}, nil
}

// describe is what there is to say about the breaker itself.
func (s sight) describe() *api.Breaker {
	described := &api.Breaker{Month: breaker.MonthOf(s.now), Blind: s.blind}
	described.Whole = &api.BreakerWhole{
		ForecastUSD: s.whole.Forecast(s.now, s.tenants).USD(), LimitUSD: s.whole.Limit.USD(), Level: s.whole.Standing.Level.String(), Due: s.whole.Standing.Due.String(),
	}
	if override, there := s.overrides[""]; there {
		described.Whole.Override = &override
	}
	if s.sheet != nil {
		computed := s.sheet.Computed.UTC()
		described.Prices = &computed
	}
	return described
}

// breakerLog tells what the breaker did, the latest first: to one tenant, also one that is gone, or to all.
func (p *Provisioner) breakerLog(ctx context.Context, tenant string) (api.Response, error) {
	s, err := p.look(ctx)
	if err != nil {
		return api.Response{}, err
	}
	told := s.describe()
	told.Events, err = p.breakerEvents(ctx, `SELECT `+eventColumns+` WHERE $1 IN ('', tenant) ORDER BY id DESC LIMIT $2`, tenant, api.MostEvents)
	return api.Response{Breaker: told}, err
}

const eventColumns = `id, at, tenant, tier, cause, before, after, due, month, used_micros, allowance_micros, blind, note FROM platform.breaker_event`

func (p *Provisioner) breakerEvents(ctx context.Context, query string, arguments ...any) ([]api.BreakerEvent, error) {
	rows, err := p.Admin.Query(ctx, query, arguments...)
	if err != nil {
		return nil, fmt.Errorf("read what the breaker did: %w", err)
	}
	events, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (e api.BreakerEvent, err error) {
		var used, allowance int64
		err = row.Scan(&e.ID, &e.At, &e.Tenant, &e.Tier, &e.Cause, &e.Before, &e.After, &e.Due, &e.Month, &used, &allowance, &e.Blind, &e.Note)
		e.At, e.Month = e.At.UTC().Truncate(time.Second), e.Month.UTC()
		e.UsedUSD, e.AllowanceUSD = allocation.Micros(used).USD(), allocation.Micros(allowance).USD()
		return e, err
	})
	if err != nil {
		return nil, fmt.Errorf("read what the breaker did: %w", err)
	}
	return events, nil
}
