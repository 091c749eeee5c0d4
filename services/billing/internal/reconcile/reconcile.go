// Package reconcile brings Stripe to what the platform knows, one call after another, until nothing is left to do. It may be run again at
// any time, also after a run that failed, and beside another one.
package reconcile

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/genericcorp/platform/services/billing/internal/plan"
	"github.com/genericcorp/platform/services/billing/internal/stripeapi"
)

// Source tells what the platform knows, with the usage of whole hours from from to to.
type Source interface {
	Desired(ctx context.Context, from, to time.Time) (plan.Desired, error)
}

// Stripe is what package stripeapi has of it.
type Stripe interface {
	Read(ctx context.Context, from, to time.Time) (plan.Actual, error)
	Apply(ctx context.Context, call plan.Call) error
}

// Report is what a run did and found.
type Report struct {
	Done     []string // keys of calls, in order
	Findings []plan.Finding
}

const (
	// Window is how far back usage is compared: Stripe, or billing, may be away for that long, and nothing is lost.
	Window = 7 * 24 * time.Hour
	// passes are more than what depends on one another: catalogue and customer, subscription, usage.
	passes = 6
	// givesUp is after how many failures in a row Stripe counts as away.
	givesUp = 3
)

// Run reconciles once. Its error says that not everything could be done: what was done and found is told all the same.
func Run(ctx context.Context, source Source, stripe Stripe, now time.Time) (Report, error) {
	to := plan.CompleteUntil(now)
	from := to.Add(-Window)
	desired, err := source.Desired(ctx, from, to)
	if err != nil {
		return Report{}, fmt.Errorf("ask what tenants there are and what they used: %w", err)
	}
	r := &run{stripe: stripe, tried: map[string]bool{}, found: map[plan.Finding]bool{}}
	for range passes {
		actual, err := stripe.Read(ctx, from, to)
		if err != nil {
			return r.report, errors.Join(append(r.failed, fmt.Errorf("ask what Stripe has: %w", err))...)
		}
		planned, err := plan.Make(desired, actual, now)
		if err != nil {
			return r.report, errors.Join(append(r.failed, err)...)
		}
		for _, finding := range planned.Findings {
			r.find(finding)
		}
		if again := r.apply(ctx, planned.Calls); !again || r.away >= givesUp {
			break
		}
	}
	return r.report, errors.Join(r.failed...)
}

type run struct {
	stripe Stripe
	tried  map[string]bool // keys, and whether Stripe took the call
	found  map[plan.Finding]bool
	failed []error
	away   int // failures in a row
	report Report
}

func (r *run) find(f plan.Finding) {
	if !r.found[f] {
		r.found[f] = true
		r.report.Findings = append(r.report.Findings, f)
	}
}

// apply does each call once a run, and says whether another plan may have more to do: what was used is the end of it.
func (r *run) apply(ctx context.Context, calls []plan.Call) (again bool) {
	for _, call := range calls {
		key := call.Key()
		_, usage := call.(plan.ReportUsage)
		if taken, before := r.tried[key]; before {
			if taken && !usage { // sums of usage lag behind; what is listed does not
				r.find(plan.Finding{Kind: plan.FindingRefused, Subject: key, Text: "Stripe took it, and does not show it: was it removed by hand? A day later it is tried as if it were new"})
			}
			continue
		}
		err := r.stripe.Apply(ctx, call)
		r.tried[key] = err == nil
		switch {
		case err == nil:
			r.away = 0
			r.report.Done = append(r.report.Done, key)
			slog.InfoContext(ctx, "told Stripe", "call", key)
			again = again || !usage
		case stripeapi.Refused(err):
			r.away = 0
			r.find(plan.Finding{Kind: plan.FindingRefused, Subject: key, Text: err.Error()})
			slog.WarnContext(ctx, "Stripe refuses", "call", key, "cause", err)
		default:
			r.away++
			r.failed = append(r.failed, err)
			slog.WarnContext(ctx, "Stripe did not answer", "call", key, "cause", err)
			if r.away >= givesUp || ctx.Err() != nil {
				return false
			}
		}
	}
	return again
}
