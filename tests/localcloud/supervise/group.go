// Package supervise runs a group of processes: started in order, each waited for until it serves, watched, logged to a
// file, stopped in reverse order, and never left behind, not even when the supervisor itself is killed.
package supervise

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/genericcorp/platform/internal/freeport"
)

const (
	grace        = 10 * time.Second // between asking a process to stop and killing it
	readyLimit   = 4 * time.Minute  // for one process to serve, on a machine that compiles meanwhile; one that ends is noticed at once
	restartAfter = time.Second      // between the end of a process and its next start
	portRetries  = 3                // starts before a port that others keep taking is given up
)

// Group is the processes of one supervisor.
type Group struct {
	logs    string
	report  func(string)
	spawner *Spawner
	crashed chan error

	mu        sync.Mutex
	processes []*Process
	stopping  bool
	watchers  sync.WaitGroup
}

// Status is what a caller may know about a process.
type Status struct {
	Name    string
	PID     int
	Address string
	Log     string
	Restart bool // when it ends by itself
}

// NewGroup makes an empty group that logs into the folder logs and reports what its reader should know.
func NewGroup(logs string, report func(string)) *Group {
	return &Group{logs: logs, report: report, spawner: NewSpawner(), crashed: make(chan error, 1)}
}

// Crashed delivers the reason why the group can no longer serve: a vital process ended by itself.
func (g *Group) Crashed() <-chan error { return g.crashed }

// Start reserves ports, plans the process with them, starts it and waits until it serves. When another program takes a
// port meanwhile it tries again with new ones.
func (g *Group) Start(ctx context.Context, ports int, plan func(ports []int) (Spec, error)) (Spec, error) {
	for attempt := 1; ; attempt++ {
		free, err := freeport.Choose(ports)
		if err != nil {
			return Spec{}, err
		}
		spec, err := plan(free)
		if err != nil {
			return Spec{}, err
		}
		err = g.start(ctx, spec)
		if err == nil {
			return spec, nil
		}
		if attempt == portRetries || !errors.Is(err, errLostPort) {
			return Spec{}, err
		}
		g.report(fmt.Sprintf("%s lost its port to another program, trying another", spec.Name))
	}
}

// errLostPort is a start that failed because another program took the port after it was found free.
var errLostPort = errors.New("its port was taken meanwhile")

func (g *Group) start(ctx context.Context, spec Spec) error {
	process, err := launch(g.spawner, g.logs, spec)
	if err != nil {
		return err
	}
	limited, cancel := context.WithTimeoutCause(ctx, readyLimit, fmt.Errorf("no response in %s", readyLimit))
	defer cancel()
	if err := process.awaitReady(limited); err != nil {
		lost := process.ended() && process.portTaken()
		process.stop(grace)
		if lost {
			return fmt.Errorf("%w: %w", errLostPort, err)
		}
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.processes = append(g.processes, process)
	g.watchers.Add(1)
	go g.watch(process)
	return nil
}

// watch reports a process that ends by itself.
func (g *Group) watch(process *Process) {
	defer g.watchers.Done()
	<-process.done
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.stopping || !slices.Contains(g.processes, process) {
		return
	}
	err := process.failure()
	g.report(err.Error())
	if process.spec.Ended != nil {
		go process.spec.Ended() // it may ask the group
	}
	if process.spec.Restart {
		g.watchers.Add(1)
		go g.restart(process)
	}
	if process.spec.Vital {
		select {
		case g.crashed <- err:
		default: // one reason is enough
		}
	}
}

// restart puts a new process in the place of one that has ended, and goes on trying until it serves or the group ends.
func (g *Group) restart(old *Process) {
	defer g.watchers.Done()
	for {
		time.Sleep(restartAfter)
		g.mu.Lock()
		at := slices.Index(g.processes, old)
		if g.stopping || at < 0 {
			g.mu.Unlock()
			return
		}
		process, err := launch(g.spawner, g.logs, old.spec)
		if err == nil {
			g.processes[at] = process
			g.watchers.Add(1)
			go g.watch(process)
		}
		g.mu.Unlock()
		if err == nil {
			g.report(fmt.Sprintf("%s was started again", old.spec.Name))
			if old.spec.Restarted != nil {
				old.spec.Restarted(process.command.Process.Pid)
			}
			return
		}
		g.report(err.Error())
	}
}

// Processes lists the started processes in the order of their start.
func (g *Group) Processes() []Status {
	g.mu.Lock()
	defer g.mu.Unlock()
	list := make([]Status, 0, len(g.processes))
	for _, p := range g.processes {
		list = append(list, Status{Name: p.spec.Name, PID: p.command.Process.Pid, Address: p.spec.Address, Log: p.log, Restart: p.spec.Restart})
	}
	return list
}

// Check asks every process whether it serves, all at once, and returns the reason for each that does not before ctx is
// over, by name.
func (g *Group) Check(ctx context.Context) map[string]error {
	g.mu.Lock()
	processes := slices.Clone(g.processes)
	g.mu.Unlock()
	errs := make([]error, len(processes))
	var checks sync.WaitGroup
	for i, process := range processes {
		checks.Go(func() { errs[i] = process.awaitReady(ctx) })
	}
	checks.Wait()
	failures := map[string]error{}
	for i, process := range processes {
		if errs[i] != nil {
			failures[process.spec.Name] = errs[i]
		}
	}
	return failures
}

// Monitor checks every process again and again until ctx is done, and reports each that serves no more, or again. A check
// may take as long as limit.
func (g *Group) Monitor(ctx context.Context, every, limit time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	before := map[string]error{}
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		limited, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("no response in %s", limit))
		failures := g.Check(limited)
		cancel()
		if ctx.Err() != nil {
			return
		}
		for name, err := range failures {
			if before[name] == nil {
				g.report(err.Error())
			}
		}
		for name := range before {
			if failures[name] == nil {
				g.report(name + " serves again")
			}
		}
		before = failures
	}
}

// End stops the one process of that name; one that is not there needs no stopping.
func (g *Group) End(name string) {
	g.mu.Lock()
	at := slices.IndexFunc(g.processes, func(p *Process) bool { return p.spec.Name == name })
	if at < 0 {
		g.mu.Unlock()
		return
	}
	process := g.processes[at]
	g.processes = slices.Delete(g.processes, at, at+1)
	g.mu.Unlock()
	process.stop(grace)
}

// Stop stops every process, the last started first, and returns when all have ended.
func (g *Group) Stop() {
	g.mu.Lock()
	g.stopping = true
	processes := slices.Clone(g.processes)
	g.mu.Unlock()
	for i := len(processes) - 1; i >= 0; i-- {
		processes[i].stop(grace)
	}
	g.watchers.Wait()
	g.spawner.Close()
}
