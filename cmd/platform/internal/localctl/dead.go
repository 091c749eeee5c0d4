// Package localctl drives the local cloud's program: it builds it, starts and stops it, and watches its processes.
package localctl

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/genericcorp/platform/cmd/platform/internal/process"
	"github.com/genericcorp/platform/internal/localcloud"
)

// DeadError says that processes of a local cloud have died, and with them what the cloud held in memory.
type DeadError struct {
	Processes []localcloud.Process // at least one; when it notices that one has died, the supervisor ends the others
	Log       string               // the supervisor's
}

func (e *DeadError) Error() string {
	if len(e.Processes) == 1 {
		died := e.Processes[0]
		return fmt.Sprintf("%s of the local cloud died (process %d); its log is %s", died.Name, died.PID, died.Log)
	}
	var names []string
	for _, died := range e.Processes {
		names = append(names, died.Name)
	}
	return fmt.Sprintf("%s of the local cloud died; which was the first is in %s", strings.Join(names, ", "), e.Log)
}

// FindDead returns a *DeadError with the processes that do not exist any more, else nil. One that is started again is not missed.
func FindDead(s localcloud.State) error {
	supervisor := localcloud.Process{Name: "the supervisor", PID: s.PID}
	if len(s.Processes) > 0 {
		supervisor.Log = filepath.Join(filepath.Dir(s.Processes[0].Log), "supervisor.log")
	}
	all := append(slices.Clone(s.Processes), supervisor)
	died := slices.DeleteFunc(all, func(p localcloud.Process) bool { return p.PID == 0 || p.Restarts || process.Alive(p.PID) })
	if len(died) == 0 {
		return nil
	}
	return &DeadError{Processes: died, Log: supervisor.Log}
}
