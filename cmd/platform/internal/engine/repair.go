package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/genericcorp/platform/cmd/platform/internal/process"

	"github.com/genericcorp/platform/internal/environments"
)

// Repair makes the stack usable after a run that was killed: it waits until that run's engine has ended, removes its lock
// and the operations that it left open, and returns how many those were. The backend is a folder, and the caller holds a lock
// of this stack of his own, so that no other run of it begins. What the open operations were about to create may exist: only
// a cloud that can be thrown away may forget it.
func (s *Stack) Repair(ctx context.Context, backend string) (cleared int, err error) {
	for _, holder := range lockHolders(backend, s.Name()) {
		if err := awaitEnd(ctx, holder); err != nil {
			return 0, err
		}
	}
	if len(lockHolders(backend, s.Name())) > 0 {
		if err := s.auto.Cancel(ctx); err != nil {
			return 0, s.failure(ctx, "remove the lock of a run that was killed", err, "")
		}
	}
	return s.clearPending(ctx)
}

// awaitEnd waits until a process has ended, but not longer than an interrupted engine takes: after a restart of the
// machine its number may be another's.
func awaitEnd(ctx context.Context, pid int) error {
	const interval, most = 100 * time.Millisecond, 2 * time.Minute
	for began := time.Now(); process.Alive(pid) && time.Since(began) < most; {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(interval):
		}
	}
	return nil
}

// clearPending drops the operations that a killed run left open in the state and returns how many there were.
func (s *Stack) clearPending(ctx context.Context) (int, error) {
	state, err := s.export(ctx)
	if err != nil {
		return 0, err
	}
	cleared, count, err := withoutPending(state.Deployment)
	if err != nil || count == 0 {
		return 0, err
	}
	state.Deployment = cleared
	raw, err := json.Marshal(state)
	if err != nil {
		return 0, fmt.Errorf("clear the open operations: %w", err)
	}
	file, err := os.CreateTemp("", "platform-state-*.json")
	if err != nil {
		return 0, fmt.Errorf("clear the open operations: %w", err)
	}
	defer func() { _ = os.Remove(file.Name()) }()
	_, err = file.Write(raw)
	if err = errors.Join(err, file.Close()); err != nil {
		return 0, fmt.Errorf("clear the open operations: %w", err)
	}
	_, err = s.run(ctx, "stack", "import", "--file", file.Name())
	return count, err
}

// withoutPending removes the open operations from a deployment and leaves the rest as it was written.
func withoutPending(deployment json.RawMessage) (json.RawMessage, int, error) {
	const key = "pending_operations"
	fields := map[string]json.RawMessage{}
	if err := json.Unmarshal(deployment, &fields); err != nil {
		return nil, 0, fmt.Errorf("read the state: %w", err)
	}
	var pending []json.RawMessage
	if raw, ok := fields[key]; ok {
		if err := json.Unmarshal(raw, &pending); err != nil {
			return nil, 0, fmt.Errorf("read the open operations of the state: %w", err)
		}
	}
	delete(fields, key)
	cleared, err := json.Marshal(fields)
	return cleared, len(pending), err
}

// StackNames lists the stacks in a backend that is a folder, in the order in which they are destroyed: those of tenants, what runs in the
// cluster, and last the environment, on which all others depend.
func StackNames(backend, environment string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(backend, ".pulumi", "stacks", Project, "*.json"))
	if err != nil {
		return nil, fmt.Errorf("list the stacks: %w", err)
	}
	var names []string
	for _, file := range files {
		names = append(names, strings.TrimSuffix(filepath.Base(file), ".json"))
	}
	last := []string{environments.WorkloadsStack(environment), environment}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(slices.Index(last, a)-slices.Index(last, b), strings.Compare(a, b))
	})
	return names, nil
}

// lockHolders are the processes of the engines that have locked a stack of a file backend; one that cannot be read is 0.
func lockHolders(backend, stack string) []int {
	files, _ := filepath.Glob(filepath.Join(backend, ".pulumi", "locks", "*", "*", stack, "*.json")) // the pattern is right
	var holders []int
	for _, file := range files {
		var lock struct {
			PID int `json:"pid"`
		}
		raw, err := os.ReadFile(file)
		if err == nil {
			_ = json.Unmarshal(raw, &lock) // a lock that is half written is a lock
		}
		holders = append(holders, lock.PID)
	}
	return holders
}
