package readiness

import (
	"context"
	"time"

	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/services/provisioner/api"
)

const dayLength = 24 * time.Hour

// inDays is a duration in days, without its broken part.
func inDays(d time.Duration) float64 { return float64(d / dayLength) }

func askBreaker(ctx context.Context, t *tenant.Tenants, now time.Time) (answer, error) {
	stands, err := t.Breaker(ctx)
	if err != nil {
		return answer{}, err
	}
	log, err := t.BreakerLog(ctx, "")
	if err != nil {
		return answer{}, err
	}
	return ofBreaker(stands.Breaker, log.Events, now), nil
}

// ofBreaker leaves out what the breaker does not know, which is then unknown here, too.
func ofBreaker(b api.Breaker, acts []api.BreakerEvent, now time.Time) (a answer) {
	a.add("reasons to be blind", float64(len(b.Blind)), "")
	if b.Prices != nil {
		a.add("age of the prices", inDays(now.Sub(*b.Prices)), "days")
	}
	if w := b.Whole; w != nil && w.LimitUSD.IsPositive() {
		const percent = 100
		a.add("forecast, of the limit", w.ForecastUSD.Mul(decimal.NewFromInt(percent)).Div(w.LimitUSD).InexactFloat64(), "%")
		if w.Level == "limited" || w.Level == "suspended" {
			a.problem = "the environment is held to its limit: " + w.Holds()
		}
	}
	held := 0
	for _, t := range b.Tenants {
		if t.Level == "limited" || t.Level == "suspended" {
			held++
		}
	}
	a.add("tenants held", float64(held), "")
	a.add("acts in its log", float64(len(acts)), "")
	if len(acts) > 0 {
		a.add("days since the latest", inDays(now.Sub(acts[0].At)), "")
	}
	return a
}

func askReports(ctx context.Context, t *tenant.Tenants, now time.Time) (answer, error) {
	told, err := t.Reports(ctx)
	if err != nil {
		return answer{}, err
	}
	return ofReports(told.Reports, now), nil
}

// ofReports takes the newest day that was mailed. One that may have arrived is none.
func ofReports(newestFirst []api.Report, now time.Time) (a answer) {
	for _, r := range newestFirst {
		if !r.Sent.IsZero() {
			a.add("days since the last one", inDays(now.Sub(r.Day)), "")
			return a
		}
	}
	a.problem = "no report was mailed yet"
	return a
}
