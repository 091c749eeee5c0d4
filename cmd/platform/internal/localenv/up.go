package localenv

import (
	"context"
	"fmt"
	"time"

	"github.com/genericcorp/platform/cmd/platform/internal/bootstrap"
	"github.com/genericcorp/platform/cmd/platform/internal/engine"
	"github.com/genericcorp/platform/cmd/platform/internal/inventory"
	"github.com/genericcorp/platform/cmd/platform/internal/progress"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/internal/localcloud"
	"github.com/genericcorp/platform/internal/printable"
)

// UpReport is what `platform local up` made.
type UpReport struct {
	Stack             string                  `json:"stack"`
	Directory         string                  `json:"directory"`
	Generation        string                  `json:"generation"`
	LostState         bool                    `json:"lostState"`         // the last deployment's cloud was gone
	ClearedOperations int                     `json:"clearedOperations"` // left open by a killed run
	Changes           map[progress.Action]int `json:"counts"`            // of the environment and of what runs in its cluster
	DurationSeconds   float64                 `json:"durationSeconds"`   // of the changes, without the start of the local cloud and the tenants
	Parts             []inventory.Part        `json:"parts"`
	Outputs           map[string]any          `json:"outputs"` // secrets are shown as [secret]
	AWSEndpoint       string                  `json:"awsEndpoint"`
	Kubeconfig        string                  `json:"kubeconfig"`
	KubernetesVersion string                  `json:"kubernetesVersion"`
	Postgres          localcloud.Postgres     `json:"postgres"`
	Tenants           []*tenant.Report        `json:"tenants"`
}

// Up brings the local cloud up and deploys the environment to it. It may be called again at any time: it
// continues where an earlier call stopped, however that ended.
func (c Cloud) Up(ctx context.Context) (*UpReport, error) {
	s, err := c.start(ctx)
	if err != nil {
		return nil, err
	}
	defer s.release()

	report := &UpReport{
		Stack: Stack, Directory: c.Dir, Generation: s.state.Generation, LostState: s.lostState,
		AWSEndpoint: s.state.AWSEndpoint, Kubeconfig: s.state.Kubeconfig,
		KubernetesVersion: s.state.KubernetesVersion, Postgres: s.state.Postgres,
	}
	if err := causeOf(c.deploy(ctx, s, report), s.state); err != nil {
		return nil, err
	}
	return report, nil
}

func (c Cloud) deploy(ctx context.Context, s *started, report *UpReport) error {
	log, err := openLog(s.folder)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	ctx, runner, release := c.watch(ctx, s.state)
	defer release()

	stack, cleared, err := s.open(ctx, c, Stack, c.program(runner, log))
	if err != nil {
		return err
	}
	report.ClearedOperations = cleared
	if err := bootstrap.Prepare(ctx, account(s.state, Region), s.state.AccountID); err != nil {
		return fmt.Errorf("prepare the account of the local cloud: %w", err)
	}
	c.print("deploying stack %s", Stack)
	last, err := c.follow(readExpected(c.Cache), log.Name(), func(t progress.Observer) error { return stack.Up(ctx, c.Operation, t) })
	if err != nil {
		return err
	}
	writeExpected(c.Cache, last.Done)
	resources, err := stack.Resources(ctx)
	if err != nil {
		return err
	}
	lastInCluster, err := c.upWorkloads(ctx, s, runner, log)
	if err != nil {
		return err
	}
	report.Changes, report.DurationSeconds = sum(last.Changes, lastInCluster.Changes), (last.Elapsed + lastInCluster.Elapsed).Seconds()
	report.Parts = c.Parts(ctx, s.state, resources)
	report.Outputs = engine.OutputsOf(resources)
	if report.Outputs["billingStandIn"] == true {
		if err := c.connectStripe(ctx, s.state, report.Outputs); err != nil {
			return err
		}
	}
	report.Tenants, err = c.createSamples(ctx, environment{cloud: c, folder: s.folder, state: s.state, runner: runner, log: log, known: resources, locked: true})
	return err
}

// EngineError is a failed operation whose errors were already shown while it ran.
type EngineError struct {
	Err    error
	Errors int    // how many were shown
	Log    string // the engine's whole log
}

func (e *EngineError) Error() string {
	if e.Errors == 0 {
		return fmt.Sprintf("%v\nthe engine's log: %s", e.Err, e.Log)
	}
	return fmt.Sprintf("the engine could not finish, for the %s above; its log: %s", printable.Count(e.Errors, "error"), e.Log)
}

// Unwrap returns the engine's own error.
func (e *EngineError) Unwrap() error { return e.Err }

// follow shows the progress of one operation of the engine.
func (c Cloud) follow(expected int, log string, operate func(progress.Observer) error) (progress.Snapshot, error) {
	tracker := progress.NewTracker(expected, time.Now)
	reporter := progress.Report(tracker, c.Out, c.Width)
	err := operate(tracker)
	last := reporter.Close()
	if err == nil {
		return last, nil
	}
	return last, engineError(err, last, log)
}
