// Package localcloud drives the local cloud's program: it builds it, starts and stops it, and watches its processes.
package localcloud

import (
	"fmt"
	"path/filepath"
	"slices"

	"github.com/genericcorp/platform/cmd/platform/internal/process"
	"github.com/genericcorp/platform/internal/localcloud"
)

// State describes a running local cloud.
type State = localcloud.State

// Postgres is the database server that stands for RDS.
type Postgres = localcloud.Postgres

// Process is one process of the local cloud.
type Process = localcloud.Process

// ErrNotRunning says that no local cloud runs in the folder.
var ErrNotRunning = localcloud.ErrNotRunning

// DeadError says that a process of a local cloud has died, and with it what the cloud held in memory.
type DeadError struct {
	Process Process
}

func (e *DeadError) Error() string {
	return fmt.Sprintf("%s of the local cloud died (process %d); its log is %s", e.Process.Name, e.Process.PID, e.Process.Log)
}

// FindDead returns a *DeadError for the first process that does not exist any more, else nil.
func FindDead(s State) error {
	supervisor := Process{Name: "the supervisor", PID: s.PID}
	if len(s.Processes) > 0 {
		supervisor.Log = filepath.Join(filepath.Dir(s.Processes[0].Log), "supervisor.log")
	}
	for _, p := range append(slices.Clone(s.Processes), supervisor) {
		if p.PID != 0 && !process.Alive(p.PID) {
			return &DeadError{Process: p}
		}
	}
	return nil
}
