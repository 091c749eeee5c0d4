// Package service is billing as a whole: it looks at what the platform knows and at what Stripe has, brings both together, and takes Stripe's
// events. It keeps nothing.
package service

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/genericcorp/platform/services/billing/api"
	"github.com/genericcorp/platform/services/billing/internal/dunning"
	"github.com/genericcorp/platform/services/billing/internal/plan"
	"github.com/genericcorp/platform/services/billing/internal/reconcile"
	"github.com/genericcorp/platform/services/billing/internal/source"
	"github.com/genericcorp/platform/services/billing/internal/stripeapi"
	"github.com/genericcorp/platform/services/billing/internal/webhook"
	provisioner "github.com/genericcorp/platform/services/provisioner/api"
)

// Service is billing of one environment.
type Service struct {
	Environment string
	Live        bool
	DaysToPay   int
	Terms       dunning.Terms
	StripeURL   string // of a stand-in; empty: Stripe's own
	// Provisioner answers one request.
	Provisioner func(ctx context.Context, request provisioner.Request) (provisioner.Response, error)
	// Secret is what Secrets Manager has now.
	Secret func(ctx context.Context) (api.Secret, error)
	Now    func() time.Time
}

// retries are the SDK's own, within one call.
const retries = 2

// Do does what a request asks. Its error says that not everything could be done: what was done is told all the same.
func (s *Service) Do(ctx context.Context, request api.Request) (api.Status, error) {
	client, err := s.stripe(ctx)
	if err != nil {
		return api.Status{}, err
	}
	if request.Action == api.ActionRun {
		return s.run(ctx, client)
	}
	return s.status(ctx, client)
}

func (s *Service) stripe(ctx context.Context) (*stripeapi.Client, error) {
	secret, err := s.Secret(ctx)
	if err != nil {
		return nil, err
	}
	return stripeapi.New(stripeapi.Settings{
		Environment: s.Environment, Key: secret.APIKey, Live: s.Live, DaysToPay: s.DaysToPay, URL: s.StripeURL, Retries: retries,
	})
}

func (s *Service) keeper(client *stripeapi.Client) *dunning.Keeper {
	return &dunning.Keeper{Terms: s.Terms, Provisioner: s.Provisioner, Invoices: client, Now: s.Now}
}

func (s *Service) source() *source.Source {
	return &source.Source{Environment: s.Environment, Provisioner: s.Provisioner}
}

// run first lets go who has paid and holds who has not, which is soon done: usage that Stripe was away for may take all the time there is.
func (s *Service) run(ctx context.Context, client *stripeapi.Client) (api.Status, error) {
	now := s.Now()
	held := s.keeper(client).CheckAll(ctx)
	report, err := reconcile.Run(ctx, s.source(), client, now)
	status := api.Status{At: now.UTC(), Live: s.Live, StandIn: s.StripeURL != "", Done: report.Done, Findings: findings(report.Findings)}
	if err = errors.Join(held, err); err != nil {
		return status, fmt.Errorf("the run did not finish, and the next one goes on: %w", err)
	}
	return status, nil
}

// status compares without usage, which takes a question for each tenant.
func (s *Service) status(ctx context.Context, client *stripeapi.Client) (api.Status, error) {
	now := s.Now()
	until := plan.CompleteUntil(now)
	listed, err := s.Provisioner(ctx, provisioner.Request{Action: provisioner.ActionList})
	if err != nil {
		return api.Status{}, fmt.Errorf("list tenants: %w", err)
	}
	desired, err := s.source().Desired(ctx, until, until)
	if err != nil {
		return api.Status{}, err
	}
	actual, err := client.Read(ctx, until, until)
	if err != nil {
		return api.Status{}, fmt.Errorf("ask what Stripe has: %w", err)
	}
	overdue, err := client.Overdue(ctx, now)
	if err != nil {
		return api.Status{}, fmt.Errorf("ask what tenants have not paid: %w", err)
	}
	planned, err := plan.Make(desired, actual, now)
	if err != nil {
		return api.Status{}, err
	}
	status := api.Status{At: now.UTC(), Live: s.Live, StandIn: s.StripeURL != "", Tenants: tenants(listed.Tenants, desired, actual, overdue), Findings: findings(planned.Findings)}
	for _, call := range planned.Calls {
		status.Due = append(status.Due, call.Key())
	}
	return status, nil
}

// Webhook takes Stripe's events.
func (s *Service) Webhook() *webhook.Handler {
	secrets := func(ctx context.Context) ([]string, error) {
		secret, err := s.Secret(ctx)
		return secret.WebhookSecrets, err
	}
	return webhook.New(secrets, s.Live, func(ctx context.Context, customer string) error {
		client, err := s.stripe(ctx)
		if err != nil {
			return err
		}
		tenant, own, err := client.TenantOf(ctx, customer)
		if err != nil || !own {
			return err
		}
		return s.keeper(client).Check(ctx, tenant)
	})
}
