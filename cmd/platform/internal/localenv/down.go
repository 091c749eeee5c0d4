package localenv

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/genericcorp/platform/cmd/platform/internal/engine"
	"github.com/genericcorp/platform/cmd/platform/internal/localctl"
	"github.com/genericcorp/platform/cmd/platform/internal/localdir"
	"github.com/genericcorp/platform/cmd/platform/internal/process"
	"github.com/genericcorp/platform/cmd/platform/internal/progress"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/internal/localcloud"
	"github.com/genericcorp/platform/internal/tenant/slug"
)

// DownReport is what `platform local down` did.
type DownReport struct {
	Directory string   `json:"directory"`
	Destroyed []string `json:"destroyed"` // stacks destroyed resource by resource
	Lost      []string `json:"lost"`      // stacks whose cloud was gone already, or was thrown away
}

// Down destroys the stacks, stops the local cloud and removes its folder. It works when half of it is gone
// already. With abandon it does not destroy resource by resource: they go with the emulated cloud.
func (c Cloud) Down(ctx context.Context, abandon bool) (*DownReport, error) {
	report := &DownReport{Directory: c.Dir, Destroyed: []string{}, Lost: []string{}}
	folder := localdir.Folder{Dir: c.Dir}
	if !folder.Exists() {
		return report, c.stopRemoved(ctx)
	}
	release, err := folder.Lock()
	if err != nil {
		return report, err
	}
	defer release()

	client := c.client()
	last, err := client.LastState()
	started := err == nil || client.Built() // without a state it may be half started
	if started && !client.Built() {
		if err := c.build(ctx, client); err != nil {
			return report, err
		}
	}
	if err := c.destroyStacks(ctx, folder, client, abandon, report); err != nil {
		return report, err
	}
	if started {
		c.print("stopping the local cloud")
		processes := identify(last)
		if err := client.Stop(ctx); err != nil {
			return report, err
		}
		if left := survivors(ctx, processes); len(left) > 0 {
			return report, fmt.Errorf("stopped the local cloud, but these processes are left: %s", strings.Join(left, ", "))
		}
	}
	c.print("removing %s", c.Dir)
	return report, folder.Remove()
}

// stopRemoved stops a local cloud that runs although its folder was removed, if there is one.
func (c Cloud) stopRemoved(ctx context.Context) error {
	pid := localcloud.FindSupervisor(c.Dir)
	if pid == 0 {
		c.print("there is no local cloud in %s", c.Dir)
		return nil
	}
	c.print("the folder %s of a local cloud that runs was removed: stopping it (process %d)", c.Dir, pid)
	client := c.client()
	if !client.Built() {
		if err := c.build(ctx, client); err != nil {
			return err
		}
	}
	return client.Stop(ctx)
}

// destroyStacks destroys every stack of the folder on the cloud that it was deployed to.
func (c Cloud) destroyStacks(ctx context.Context, folder localdir.Folder, client localctl.Client, abandon bool, report *DownReport) error {
	names, err := engine.StackNames(folder.Backend(), Stack)
	if err != nil || len(names) == 0 {
		return err
	}
	state, reason := c.healthy(ctx, folder, client)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if abandon {
		reason = errors.New("asked to throw it away")
	}
	for _, name := range names {
		if reason == nil {
			err := causeOf(c.destroy(ctx, folder, state, name), state)
			var dead *localctl.DeadError
			if !errors.As(err, &dead) {
				if err != nil {
					return fmt.Errorf("%w\n(`platform local down --abandon` throws the emulated cloud away as it is)", err)
				}
				report.Destroyed = append(report.Destroyed, name)
				continue
			}
			reason = err
		}
		c.print("stack %s: its resources go with the emulated cloud (%v)", name, reason)
		report.Lost = append(report.Lost, name)
	}
	return nil
}

// healthy returns the running cloud that the stacks were deployed to, or the reason why there is none.
func (c Cloud) healthy(ctx context.Context, folder localdir.Folder, client localctl.Client) (localcloud.State, error) {
	state, err := client.Status(ctx)
	if err != nil {
		return state, err
	}
	if err := localctl.FindDead(state); err != nil {
		return state, err
	}
	deployment, err := folder.Deployment()
	if err == nil && deployment.Generation != state.Generation {
		err = errors.New("another local cloud was started since")
	}
	return state, err
}

func (c Cloud) destroy(ctx context.Context, folder localdir.Folder, state localcloud.State, name string) error {
	log, err := openLog(folder)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	ctx, runner, release := c.watch(ctx, state)
	defer release()

	stack, err := openStack(ctx, folder, state, name, c.program(runner, log))
	if err != nil {
		return err
	}
	if _, err := stack.Repair(ctx, folder.Backend()); err != nil {
		return err
	}
	c.print("destroying stack %s", name)
	if gone, ok := strings.CutPrefix(name, slug.StackName(Stack, "")); ok {
		// Its data goes to an archive first, as everywhere; the archive goes with the environment.
		tenants := &tenant.Tenants{Environment: &environment{cloud: c, folder: folder, state: state, runner: runner, log: log, locked: true}}
		_, err = tenants.Offboard(ctx, gone, true)
		return err
	}
	_, err = c.follow(0, log.Name(), func(t progress.Observer) error { return stack.Destroy(ctx, t) })
	return err
}

// identify returns the processes of a local cloud, by name.
func identify(state localcloud.State) map[string]process.Identity {
	found := map[string]process.Identity{"supervisor": process.Identify(state.PID)}
	for _, p := range state.Processes {
		found[p.Name] = process.Identify(p.PID)
	}
	return found
}

// survivors names the processes of a stopped local cloud that still exist. One that is just ending, and has much memory to give back,
// gets some time for it.
func survivors(ctx context.Context, processes map[string]process.Identity) []string {
	const interval, most = 50 * time.Millisecond, 10 * time.Second
	for began := time.Now(); ; {
		var left []string
		for name, p := range processes {
			if p.Alive() {
				left = append(left, fmt.Sprintf("%s (%d)", name, p.PID))
			}
		}
		if len(left) == 0 || time.Since(began) > most || ctx.Err() != nil {
			slices.Sort(left)
			return left
		}
		time.Sleep(interval)
	}
}
