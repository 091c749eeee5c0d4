// Package drill rehearses recovery on a living environment: a tenant from its archive, the database from a snapshot, a
// failover, and the loss of a node or zone. It measures how long each takes and what would have been lost, and removes what it made.
package drill

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
)

// The steps of a drill.
const (
	StepTenant   = "tenant"
	StepSnapshot = "snapshot"
	StepFailover = "failover"
	StepNode     = "node"
	StepZone     = "zone"
)

// Steps are all there are, in the order in which a drill takes them.
var Steps = []string{StepTenant, StepSnapshot, StepFailover, StepNode, StepZone}

// Objective is what a recovery may cost. docs/recovery.md says the same.
type Objective struct {
	RTO time.Duration // until it works again
	RPO time.Duration // of the latest work; Unpromised where nothing is
}

// Unpromised is the objective of what nobody promised, and is only told: archives are as old as people let them be.
const Unpromised time.Duration = math.MaxInt64

// Objectives are those of each step.
var Objectives = map[string]Objective{
	StepTenant:   {RTO: time.Hour, RPO: Unpromised},
	StepSnapshot: {RTO: 4 * time.Hour, RPO: 15 * time.Minute},
	StepFailover: {RTO: 3 * time.Minute},
	StepNode:     {RTO: 10 * time.Minute},
	StepZone:     {RTO: 10 * time.Minute},
}

// Drill rehearses recovery in one environment.
type Drill struct {
	Tenants *tenant.Tenants
	Tenant  string // whose archive is restored; empty: the first that holds a table, or else the first
	CAFile  string // the authorities of the database's certificate
	Cluster *Cluster
	Out     io.Writer
}

// Report is what a drill found.
type Report struct {
	Environment string    `json:"environment"`
	BeganAt     time.Time `json:"beganAt"`
	EndedAt     time.Time `json:"endedAt"`
	Steps       []Result  `json:"steps"`
}

// Result is what one step found.
type Result struct {
	Step         string   `json:"step"`
	Passed       bool     `json:"passed"`
	RTOSeconds   float64  `json:"rtoSeconds"`   // 0: it did not get that far
	RPOSeconds   *float64 `json:"rpoSeconds"`   // nil: not known, and Observations say why
	Observations []string `json:"observations"` // what was looked at, each a sentence
	Error        string   `json:"error,omitempty"`
}

// Passed says that every step did.
func (r Report) Passed() bool {
	return !slices.ContainsFunc(r.Steps, func(s Result) bool { return !s.Passed })
}

// Run takes the steps. One that fails does not keep the next from being tried; an interrupt does.
func (d *Drill) Run(ctx context.Context, steps []string) Report {
	report := Report{Environment: d.Tenants.Environment.Name(), BeganAt: time.Now().UTC()}
	run := map[string]func(context.Context, *Result) error{
		StepTenant: d.tenant, StepSnapshot: d.snapshot, StepFailover: d.failover,
		StepNode: d.node, StepZone: d.zone,
	}
	for _, step := range Steps {
		if !slices.Contains(steps, step) || ctx.Err() != nil {
			continue
		}
		_, _ = fmt.Fprintf(d.Out, "drill: %s\n", step)
		result := Result{Step: step, Observations: []string{}}
		err := run[step](ctx, &result)
		if err == nil {
			err = result.missed(Objectives[step])
		}
		result.Passed = err == nil
		if err != nil {
			result.Error = err.Error()
		}
		report.Steps = append(report.Steps, result)
	}
	report.EndedAt = time.Now().UTC()
	return report
}

// missed tells how the step fell short of its objective.
func (r *Result) missed(objective Objective) error {
	var missed []error
	if took := seconds(r.RTOSeconds); took > objective.RTO {
		//page:none a drill is no incident, and its report says what was missed
		missed = append(missed, fmt.Errorf("it took %s, the objective is %s", Short(took), Short(objective.RTO)))
	}
	if r.RPOSeconds != nil && seconds(*r.RPOSeconds) > objective.RPO {
		//page:none a drill is no incident, and its report says what was missed
		missed = append(missed, fmt.Errorf("work of %s would have been lost, the objective is %s", Short(seconds(*r.RPOSeconds)), Short(objective.RPO)))
	}
	return errors.Join(missed...)
}

// note records what was looked at.
func (d *Drill) note(r *Result, format string, args ...any) {
	sentence := fmt.Sprintf(format, args...)
	r.Observations = append(r.Observations, sentence)
	_, _ = fmt.Fprintf(d.Out, "  %s\n", sentence)
}

// lost notes how much of the latest work a recovery would have lost.
func (r *Result) lost(work time.Duration) {
	amount := max(work, 0).Seconds()
	r.RPOSeconds = &amount
}

func seconds(amount float64) time.Duration { return time.Duration(amount * float64(time.Second)) }

// Short is a duration as a person reads it.
func Short(d time.Duration) string {
	switch {
	case d == Unpromised:
		return "none"
	case d < 10*time.Second:
		return d.Round(100 * time.Millisecond).String()
	case d < time.Hour:
		return d.Round(time.Second).String()
	default:
		return d.Round(time.Minute).String()
	}
}

// cleanup is a context for removing what a step made, also after an interrupt.
func cleanup(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), cleanupLimit)
}

const cleanupLimit = 5 * time.Minute
