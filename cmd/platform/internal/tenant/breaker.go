package tenant

import (
	"context"
	"os"
	"os/user"
	"time"

	"github.com/genericcorp/platform/internal/pricing/pricesheet"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// Breaker is how tenants stand with the breaker, or what it did.
type Breaker struct {
	Environment string `json:"environment"`
	api.Breaker
}

// PublishPrices tells the breaker what the environment costs.
func (t *Tenants) PublishPrices(ctx context.Context, sheet pricesheet.Sheet) error {
	_, err := t.call(ctx, api.Request{Action: api.ActionPublishPrices, Prices: &sheet})
	return err
}

// Breaker tells how every tenant stands.
func (t *Tenants) Breaker(ctx context.Context) (*Breaker, error) {
	return t.breaker(ctx, api.Request{Action: api.ActionBreaker})
}

// BreakerLog tells what the breaker did, the latest first: to one tenant or, without a name, to all.
func (t *Tenants) BreakerLog(ctx context.Context, tenant string) (*Breaker, error) {
	return t.breaker(ctx, api.Request{Action: api.ActionBreakerLog, Tenant: tenant})
}

// Override lets a tenant, or without a name the environment, go on until a time, whatever it costs.
func (t *Tenants) Override(ctx context.Context, tenant, reason, by string, until time.Time) (*Breaker, error) {
	return t.breaker(ctx, api.Request{Action: api.ActionOverride, Tenant: tenant, Reason: reason, By: by, Until: until.UTC()})
}

// EndOverride has the breaker decide on a tenant, or the environment, again.
func (t *Tenants) EndOverride(ctx context.Context, tenant, by string) (*Breaker, error) {
	return t.breaker(ctx, api.Request{Action: api.ActionEndOverride, Tenant: tenant, By: by})
}

func (t *Tenants) breaker(ctx context.Context, request api.Request) (*Breaker, error) {
	response, err := t.call(ctx, request)
	if err != nil {
		return nil, err
	}
	told := &Breaker{Environment: t.Environment.Name()}
	if response.Breaker != nil {
		told.Breaker = *response.Breaker
	}
	return told, nil
}

// Caller is who runs the command, as the machine says it; empty where it does not. Who it was on AWS is in the trail.
func Caller() string {
	by := ""
	if actor := os.Getenv("GITHUB_ACTOR"); actor != "" {
		by = actor + " on GitHub"
	} else if account, err := user.Current(); err == nil {
		by = account.Username
	}
	if api.CheckReason(by) != nil {
		return ""
	}
	return by
}
