package tenancy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/services/provisioner/api"
)

// breakerOverrideTable is created by harden. A row is one word of a person; the last one of a tenant, or of the environment, which has no
// tenant's name, holds until its end, or until somebody ends it before.
const breakerOverrideTable = `CREATE TABLE IF NOT EXISTS platform.breaker_override (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	tenant text NOT NULL,
	made timestamptz NOT NULL DEFAULT now(),
	made_by text NOT NULL CHECK (made_by <> ''),
	reason text NOT NULL CHECK (reason <> ''),
	until timestamptz NOT NULL,
	ended timestamptz,
	ended_by text NOT NULL DEFAULT ''
)`

// activeOverrides are those that hold now. A tenant that has the name of one that is gone has none of its.
func (p *Provisioner) activeOverrides(ctx context.Context) (map[string]api.Override, error) {
	rows, err := p.Admin.Query(ctx, `SELECT DISTINCT ON (o.tenant) o.tenant, o.made_by, o.reason, o.made, o.until
		FROM platform.breaker_override o LEFT JOIN platform.tenant t ON t.slug = o.tenant AND t.created_at <= o.made
		WHERE (o.tenant = '' OR t.slug IS NOT NULL) AND o.ended IS NULL AND o.until > now() ORDER BY o.tenant, o.id DESC`)
	if err != nil {
		return nil, fmt.Errorf("read the overrides: %w", err)
	}
	found := map[string]api.Override{}
	var tenant string
	var o api.Override
	_, err = pgx.ForEachRow(rows, []any{&tenant, &o.By, &o.Reason, &o.Made, &o.Until}, func() error {
		o.Made, o.Until = o.Made.UTC().Truncate(time.Second), o.Until.UTC()
		found[tenant] = o
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the overrides: %w", err)
	}
	return found, nil
}

// override lets a tenant work until a time, in place of what was said before, and does at once what follows.
func (p *Provisioner) override(ctx context.Context, r api.Request) (api.Response, error) {
	return p.changeOverride(ctx, r, func(tx pgx.Tx) error {
		if err := endOverrides(ctx, tx, r); err != nil {
			return err
		}
		var fits bool
		err := tx.QueryRow(ctx, `INSERT INTO platform.breaker_override (tenant, made_by, reason, until) VALUES ($1, $2, $3, $4)
			RETURNING until > now() AND until <= now() + make_interval(secs => $5)`, r.Tenant, r.By, r.Reason, r.Until, api.MostOverride.Seconds()).Scan(&fits)
		if err != nil {
			return fmt.Errorf("note the override: %w", err)
		}
		if !fits {
			//page:none what was typed is wrong, and the message says what is right
			return fmt.Errorf("until: got %s, expected a time to come, at most %.0f days from now", r.Until.UTC().Format(time.RFC3339), api.MostOverride.Hours()/24)
		}
		return nil
	})
}

// endOverride ends what holds, and does at once what follows.
func (p *Provisioner) endOverride(ctx context.Context, r api.Request) (api.Response, error) {
	return p.changeOverride(ctx, r, func(tx pgx.Tx) error {
		active, err := p.activeOverrides(ctx)
		if _, there := active[r.Tenant]; err == nil && !there {
			//page:none nothing is wrong
			return errors.New("the breaker is not overridden: there is nothing to end")
		}
		return join(err, endOverrides(ctx, tx, r))
	})
}

func endOverrides(ctx context.Context, tx pgx.Tx, r api.Request) error {
	_, err := tx.Exec(ctx, `UPDATE platform.breaker_override SET ended = now(), ended_by = $2 WHERE tenant = $1 AND ended IS NULL AND until > now()`, r.Tenant, r.By)
	if err != nil {
		return fmt.Errorf("end the override: %w", err)
	}
	return nil
}

// changeOverride changes the override of a tenant or of the environment, and decides again.
func (p *Provisioner) changeOverride(ctx context.Context, r api.Request, change func(pgx.Tx) error) (api.Response, error) {
	err := p.change(ctx, r.Tenant, func(tx pgx.Tx) error {
		if r.Tenant != "" {
			if _, err := loadExisting(ctx, tx, r.Tenant); err != nil {
				return err
			}
		}
		return change(tx)
	})
	if err != nil {
		return api.Response{}, err
	}
	s, err := p.look(ctx)
	if err != nil {
		return api.Response{}, err
	}
	if _, err := p.decide(ctx, s); err != nil {
		return api.Response{}, fmt.Errorf("the override is noted, and the next sweep does what follows: %w", err)
	}
	status, err := p.breakerStatus(ctx)
	if err != nil {
		return api.Response{}, err
	}
	for _, t := range status.Breaker.Tenants {
		if t.Slug == r.Tenant {
			status.Breaker.Tenants = []api.BreakerTenant{t}
		}
	}
	return status, nil
}
