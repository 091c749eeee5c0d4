package tenant

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/genericcorp/platform/cmd/platform/internal/progress"
	"github.com/genericcorp/platform/internal/check"
	"github.com/genericcorp/platform/internal/tenant/slug"
	"github.com/genericcorp/platform/internal/tiers"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// Wanted is a tenant that is to be there, in its tier.
type Wanted struct {
	Tenant string `json:"tenant" yaml:"tenant"`
	Tier   string `json:"tier" yaml:"tier"`
}

// Several is what one command did to several tenants, in the order in which they were asked for.
type Several struct {
	Environment     string    `json:"environment"`
	DryRun          bool      `json:"dryRun"`
	Tenants         []*Report `json:"tenants"` // those of which all was done
	Failed          []Failure `json:"failed"`
	DurationSeconds float64   `json:"durationSeconds"`
}

// Failure is a tenant of which not all was done, and why.
type Failure struct {
	Wanted
	Error string `json:"error"`
}

//page:none it says what goes on with it
var errNotBegun = errors.New("not begun: the same command goes on")

// CheckSeveral tells all that is wrong with the names and tiers of tenants that are to be made.
func CheckSeveral(list []Wanted) error {
	p := check.Under("")
	tenants, tier := map[string]bool{}, map[string]bool{}
	for _, w := range list {
		p.Add(slug.CheckNew(w.Tenant))
		p.Require(!tenants[w.Tenant], "tenant", w.Tenant, "each tenant once")
		if _, err := tiers.Find(w.Tier); !tier[w.Tier] {
			p.Add(err)
		}
		tenants[w.Tenant], tier[w.Tier] = true, true
	}
	return p.Err()
}

// CreateSeveral creates several tenants, so many at once, as Create and, unless they shall stay empty, Begin do. Whether the environment
// can pay for all of them, and its database has room for all, is asked before the first is begun. Then one that fails does not stop the
// others. Once the context ends, no other is begun; the error is its cause.
func (t *Tenants) CreateSeveral(ctx context.Context, list []Wanted, atOnce int, empty bool) (*Several, error) {
	began := time.Now()
	if err := t.admit(ctx, list); err != nil {
		return nil, err
	}
	reports, failures := make([]*Report, len(list)), make([]error, len(list))
	_, err := t.Environment.Follow(func(observer progress.Observer) error {
		next := make(chan int)
		var workers sync.WaitGroup
		for range min(atOnce, len(list)) {
			workers.Go(func() {
				for i := range next {
					reports[i], failures[i] = t.createOneOf(ctx, list, i, empty, observer)
				}
			})
		}
		for i := range list {
			next <- i
		}
		close(next)
		workers.Wait()
		return nil
	})
	if err != nil {
		return nil, err
	}
	several := &Several{Environment: t.Environment.Name(), DryRun: t.DryRun, Tenants: []*Report{}, Failed: []Failure{}, DurationSeconds: time.Since(began).Seconds()}
	for i, w := range list {
		if failures[i] != nil {
			several.Failed = append(several.Failed, Failure{Wanted: w, Error: causeOf(failures[i])})
		} else {
			several.Tenants = append(several.Tenants, reports[i])
		}
	}
	return several, context.Cause(ctx)
}

// createOneOf creates one of several tenants and shows it as a step of the whole, unless the context has ended.
func (t *Tenants) createOneOf(ctx context.Context, list []Wanted, i int, empty bool, observer progress.Observer) (*Report, error) {
	if ctx.Err() != nil {
		return nil, errNotBegun
	}
	w := list[i]
	step := progress.Step{Action: progress.Create, Type: "tenant", Name: fmt.Sprintf("%s (%d of %d)", w.Tenant, i+1, len(list)), ID: w.Tenant}
	observer.Begin(step)
	report, err := t.within(observer).CreateFully(ctx, w, empty)
	if err != nil {
		observer.Failed(step)
		return nil, err
	}
	observer.Done(step)
	return report, nil
}

// admit refuses tenants of which the new ones, all together, are not affordable or have no room.
func (t *Tenants) admit(ctx context.Context, list []Wanted) error {
	all, err := t.All(ctx)
	if err != nil {
		return err
	}
	fresh := slices.DeleteFunc(slices.Clone(list), func(w Wanted) bool {
		return slices.ContainsFunc(all, func(known api.Tenant) bool { return known.Slug == w.Tenant })
	})
	if len(fresh) == 0 {
		return nil
	}
	if err := t.Environment.Afford(ctx, len(all)+len(fresh)); err != nil {
		return err
	}
	var beside api.Beside
	for _, w := range fresh[1:] {
		tier, err := tiers.Find(w.Tier)
		if err != nil {
			return err
		}
		beside.Tenants++
		beside.Connections += tier.Limits.Connections
	}
	return t.hasRoom(ctx, t.record(fresh[0].Tenant, fresh[0].Tier), beside)
}

// CreateFully creates a tenant and, unless it shall stay empty, brings it to the others' migrations.
func (t *Tenants) CreateFully(ctx context.Context, w Wanted, empty bool) (*Report, error) {
	report, err := t.Create(ctx, w.Tenant, w.Tier)
	if err == nil && !empty {
		err = t.Begin(ctx, report)
	}
	return report, err
}

// within are the same tenants for one piece of an operation that the observer follows, whose tenants have been admitted.
func (t *Tenants) within(observer progress.Observer) *Tenants {
	piece := *t
	piece.Environment, piece.admitted = followed{t.Environment, observer}, true
	return &piece
}

// followed is an environment of whose engine's operations a larger one only hears the problems.
type followed struct {
	Environment
	whole progress.Observer
}

func (f followed) Follow(operate func(progress.Observer) error) (progress.Snapshot, error) {
	tracker := progress.NewTracker(0, time.Now)
	err := operate(tracker)
	last := tracker.Snapshot()
	for _, problem := range last.Problems {
		f.whole.Report(problem)
	}
	if err != nil {
		err = &progress.Failed{Err: err, Shown: last.Errors()}
	}
	return last, err
}

// causeOf is an error with what the engine said of it.
func causeOf(err error) string {
	var failed *progress.Failed
	if errors.As(err, &failed) && failed.Shown != "" {
		return err.Error() + ": " + strings.TrimSpace(failed.Shown)
	}
	return err.Error()
}
