package readiness

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/genericcorp/platform/cmd/platform/internal/cost"
	"github.com/genericcorp/platform/cmd/platform/internal/environment"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/internal/readiness"
)

// answer is what an environment says of a check: numbers, and what is wrong beside them.
type answer struct {
	numbers []readiness.Number
	problem string
}

func (a *answer) add(name string, value float64, unit string) {
	a.numbers = append(a.numbers, readiness.Number{Name: name, Value: value, Unit: unit})
}

// question is asked of an environment for a check.
type question struct {
	check string
	ran   string // what shows the same, without the environment's name
	ask   func(context.Context, *tenant.Tenants, time.Time) (answer, error)
}

// questions are those that are asked of a running environment.
var questions = []question{
	{"database", "aws rds describe-db-instances", askDatabases},
	{"breaker-sees", "platform breaker", askBreaker},
	{"dashboards", "aws cloudwatch describe-alarms", askDashboards},
	{"report-sent", "platform report sent", askReports},
	{"restorable", "aws rds describe-db-instances", askRestorable},
}

// patience is how long one answer may take: a provisioner that has to start is asked again.
const patience = 2 * time.Minute

// ask adds to the facts what the environment says of itself. Who does not answer leaves his check unknown, and is no error.
func (o *options) ask(ctx context.Context, f *readiness.Facts) {
	f.Unanswered = map[string]string{}
	note := func(check, ran string, a answer, err error) {
		if strings.HasPrefix(ran, "platform ") {
			ran += " --env " + o.target.Name
		}
		if err != nil {
			f.Unanswered[check] = err.Error()
			return
		}
		f.Live = append(f.Live, readiness.Evidence{
			Check: check, Where: o.target.Name, Ran: ran, At: o.now, Passed: a.problem == "", Problem: a.problem, Numbers: a.numbers,
		})
	}
	err := o.target.Tenants(ctx, o.Factory, environment.RunOptions{}, true, func(ctx context.Context, t *tenant.Tenants) error {
		for _, q := range questions {
			_, _ = fmt.Fprintf(o.Err, "asking environment %s: %s\n", o.target.Name, q.check)
			ctx, stop := context.WithTimeout(ctx, patience)
			a, err := q.ask(ctx, t, o.now)
			stop()
			note(q.check, q.ran, a, err)
		}
		return nil
	})
	if err != nil {
		for _, q := range questions {
			note(q.check, q.ran, answer{}, err)
		}
	}
	priced, err := o.target.Priced(ctx, o.Factory, &environment.PriceOptions{}, o.now)
	if err != nil {
		note("cost", "", answer{}, err)
		return
	}
	note("cost", "platform cost", ofCost(cost.State(priced.Document, priced.Terms, o.now)), nil)
}

// deployed is the commit that the environment was deployed from, unless it was named. One that cannot be found out is not known.
func (o *options) deployed(ctx context.Context) string {
	if o.commit != "" {
		return o.commit
	}
	stack, closeStack, err := o.target.Deployed(ctx, o.Factory)
	if err != nil {
		return "" // the checks say so
	}
	defer closeStack()
	commit, err := stack.Commit(ctx)
	if err != nil {
		_, _ = fmt.Fprintf(o.Err, "which commit is deployed is not known (--commit tells it): %v\n", err)
	}
	return commit
}

// ofCost is the bill that the policies judge.
func ofCost(s cost.Statement) (a answer) {
	a.add("whole bill", s.Bills.Ceiling.Total.InexactFloat64(), "USD")
	a.add("at its largest", s.Bills.Largest.Total.InexactFloat64(), "USD")
	a.add("whole bill, of the limit", s.Used.InexactFloat64(), "%")
	a.add("limit", s.Limit.InexactFloat64(), "USD")
	a.add("without a price", float64(len(s.Unpriced)), "")
	if s.Verdict.Level == cost.Refused {
		a.problem = s.Verdict.Text
	}
	return a
}
