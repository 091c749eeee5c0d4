package localenv

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/genericcorp/platform/cmd/platform/internal/engine"
	"github.com/genericcorp/platform/cmd/platform/internal/localctl"
	"github.com/genericcorp/platform/cmd/platform/internal/localdir"
	"github.com/genericcorp/platform/cmd/platform/internal/prereq"
	"github.com/genericcorp/platform/cmd/platform/internal/process"
	"github.com/genericcorp/platform/internal/localcloud"
	"github.com/genericcorp/platform/internal/printable"
)

// started is a local cloud that runs, locked for this command.
type started struct {
	folder    localdir.Folder
	state     localcloud.State
	lostState bool // another emulated cloud's state was set aside
	release   func()
}

// start checks everything that can be checked, builds what is missing and starts the local cloud unless
// it runs. Nothing is started when the settings are wrong or a program is missing.
func (c Cloud) start(ctx context.Context) (*started, error) {
	if err := c.CheckSettings(c.settingsFile()); err != nil {
		return nil, err
	}
	if c.compiles() || !c.client().Built() {
		if err := prereq.Check(prereq.Local, prereq.CanInstall()); err != nil {
			return nil, err
		}
	}
	folder, err := localdir.Open(c.Dir)
	if err != nil {
		return nil, err
	}
	release, err := folder.Lock()
	if err != nil {
		return nil, err
	}
	s := &started{folder: folder, release: release}
	if err := c.startLocked(ctx, s); err != nil {
		release()
		return nil, err
	}
	return s, nil
}

func (c Cloud) startLocked(ctx context.Context, s *started) error {
	client := c.client()
	if err := c.build(ctx, client); err != nil {
		return err
	}
	wasRunning, err := c.stopBroken(ctx, client)
	if err != nil {
		return err
	}
	if !wasRunning {
		c.print("starting the local cloud in %s", c.Dir)
	}
	s.state, err = client.Start(ctx)
	if err != nil {
		if !wasRunning {
			c.stopHalfStarted(client)
		}
		return err
	}
	s.lostState, err = s.folder.AdoptGeneration(s.state.Generation)
	if err != nil {
		return err
	}
	if s.lostState {
		c.print("the emulated cloud of the last deployment is gone, and its resources with it: its state is set aside " +
			"and the deployment starts over")
	}
	if err := s.folder.CopySettings(c.projectFile(), c.settingsFile()); err != nil {
		return err
	}
	return c.buildFunctions(ctx, s)
}

// stopBroken stops a local cloud of which a part has died or does not answer. It says whether a healthy one runs.
func (c Cloud) stopBroken(ctx context.Context, client localctl.Client) (running bool, err error) {
	state, err := client.Status(ctx)
	if errors.Is(err, localcloud.ErrNotRunning) {
		return false, nil
	}
	reason := err
	if err == nil {
		reason = localctl.FindDead(state)
	}
	if unhealthy := state.Unhealthy(); reason == nil && len(unhealthy) > 0 {
		var names []string
		for _, p := range unhealthy {
			names = append(names, p.Name)
		}
		reason = fmt.Errorf("%s does not answer", list(names))
	}
	if reason == nil {
		return true, nil
	}
	if ctx.Err() != nil {
		return false, context.Cause(ctx)
	}
	c.print("the local cloud is broken (%v): starting a new one", reason)
	return false, client.Stop(ctx)
}

// stopHalfStarted leaves no process behind when a start failed or was interrupted.
func (c Cloud) stopHalfStarted(client localctl.Client) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := client.Stop(ctx); err != nil {
		c.print("warning: %v", err)
	}
}

// open opens a stack for a change.
func (s *started) open(ctx context.Context, c Cloud, name string, p engine.Program) (*engine.Stack, int, error) {
	stack, err := openStack(ctx, s.folder, s.state, name, p)
	if err != nil {
		return nil, 0, err
	}
	cleared, err := stack.Repair(ctx, s.folder.Backend())
	if err != nil {
		return nil, 0, err
	}
	if cleared > 0 {
		c.print("the last run was killed: dropped from the state what it left open: %s", printable.Count(cleared, "operation"))
	}
	return stack, cleared, nil
}

func (c Cloud) program(runner process.Runner, log io.Writer) engine.Program {
	return engine.Program{Run: c.Program, Path: c.ProgramPath, Sandbox: c.Sandbox, Runner: runner, Log: log}
}

// Start brings the local cloud up and deploys nothing.
func (c Cloud) Start(ctx context.Context) error {
	s, err := c.start(ctx)
	if err != nil {
		return err
	}
	s.release()
	return nil
}
