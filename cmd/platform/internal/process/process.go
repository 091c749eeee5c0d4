// Package process runs child programs so that they can be stopped kindly and, when that takes too long, for
// good: the children and all that they started.
package process

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"syscall"
	"time"
)

// drain is how long output of a child that has ended may still arrive through a pipe held by a grandchild.
const drain = 5 * time.Second

// Runner runs children. When Hard is done they are killed with their descendants; nil means never.
type Runner struct{ Hard context.Context }

// Run starts cmd in a process group of its own, so that a terminal's Ctrl-C reaches it through Run alone, and
// waits for its end. When ctx is done the group is interrupted once and then waited for, without a limit:
// cleaning up is the child's business until Hard is done. The error of an interrupted child is ctx's cause.
func (r Runner) Run(ctx context.Context, cmd *exec.Cmd) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	cmd.SysProcAttr = ownGroup()
	cmd.WaitDelay = drain
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	var failure error
	ended := make(chan struct{})
	go func() {
		failure = cmd.Wait()
		close(ended)
	}()

	select {
	case <-ended:
		return ignoreDrain(failure)
	case <-ctx.Done():
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGINT)
	}
	select {
	case <-ended:
	case <-r.hard():
		killTree(cmd.Process.Pid)
		<-ended
	}
	return context.Cause(ctx)
}

func (r Runner) hard() <-chan struct{} {
	if r.Hard == nil {
		return nil
	}
	return r.Hard.Done()
}

// ignoreDrain forgives a successful child whose output was cut because a daemon it started kept the pipe.
func ignoreDrain(err error) error {
	if errors.Is(err, exec.ErrWaitDelay) {
		return nil
	}
	return err
}

// Alive says whether a process with this id runs. One that has ended and was not collected by its parent
// does not.
func Alive(pid int) bool {
	if pid <= 0 || errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return false
	}
	s, err := readStat(pid)
	return err != nil || s.state != "Z" && s.state != "X"
}

// Identity tells a process from later ones, which get its id when the kernel has counted through all ids: on a busy machine with the
// usual 32,768 that takes minutes.
type Identity struct {
	PID     int
	started string // as the kernel counts; empty where it does not say
}

// Identify returns the identity of the process that has this id now.
func Identify(pid int) Identity {
	s, _ := readStat(pid) // without /proc, as on macOS, the id alone tells
	return Identity{PID: pid, started: s.started}
}

// Alive says whether that very process runs.
func (i Identity) Alive() bool {
	if !Alive(i.PID) {
		return false
	}
	s, err := readStat(i.PID)
	return err != nil || s.started == i.started
}
