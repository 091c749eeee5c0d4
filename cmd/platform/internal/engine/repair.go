package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/genericcorp/platform/cmd/platform/internal/home"
)

// Repair makes the stack usable after a run that was killed: it removes that run's lock and the operations
// that it left open, and returns how many those were. The caller holds the home's lock of this stack, therefore no run
// of it is alive. What the open operations were about to make may exist: only a cloud that can be thrown away may
// forget it.
func (s *Stack) Repair(ctx context.Context, h home.Home) (cleared int, err error) {
	if locked(h.Backend(), s.Name()) {
		if err := s.auto.Cancel(ctx); err != nil {
			return 0, failure(ctx, "remove the lock of a run that was killed", err, "")
		}
	}
	return s.clearPending(ctx)
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

// StackNames lists the stacks in a local cloud's backend, those of tenants first, because they stand on the
// environment.
func StackNames(h home.Home, environment string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(h.Backend(), ".pulumi", "stacks", Project, "*.json"))
	if err != nil {
		return nil, fmt.Errorf("list the stacks: %w", err)
	}
	var names []string
	for _, file := range files {
		names = append(names, strings.TrimSuffix(filepath.Base(file), ".json"))
	}
	slices.SortFunc(names, func(a, b string) int {
		if (a == environment) != (b == environment) {
			if a == environment {
				return 1
			}
			return -1
		}
		return strings.Compare(a, b)
	})
	return names, nil
}

// locked says whether a stack of a file backend has a lock.
func locked(backend, stack string) bool {
	found := errors.New("found")
	err := filepath.WalkDir(filepath.Join(backend, ".pulumi", "locks"), func(path string, entry os.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(entry.Name(), ".json") && filepath.Base(filepath.Dir(path)) == stack {
			return found
		}
		return nil
	})
	return errors.Is(err, found)
}
