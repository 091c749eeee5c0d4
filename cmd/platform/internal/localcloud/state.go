// Package localcloud drives the local cloud's program: it builds it, starts and stops it, and reads what it
// says of itself.
package localcloud

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"github.com/genericcorp/platform/cmd/platform/internal/process"
)

// State is what the local cloud's program prints about a running local cloud.
type State struct {
	PID               int               `json:"pid"`
	Generation        string            `json:"generation"` // random id of this start
	StartedAt         string            `json:"startedAt"`  // RFC 3339
	AWSEndpoint       string            `json:"awsEndpoint"`
	AccountID         string            `json:"accountId"`
	Region            string            `json:"region"`
	Kubeconfig        string            `json:"kubeconfig"`
	KubernetesVersion string            `json:"kubernetesVersion"`
	Postgres          Postgres          `json:"postgres"`
	Env               map[string]string `json:"env"` // what the engine needs to find everything
	Processes         []Process         `json:"processes"`
}

// Postgres is the database server that stands for RDS.
type Postgres struct {
	Host    string `json:"host"`
	Port    int    `json:"port"`
	Version string `json:"version"`
	CAFile  string `json:"caFile"`
}

// Process is one supervised process of the local cloud.
type Process struct {
	Name    string `json:"name"`
	PID     int    `json:"pid"`
	Address string `json:"address"`
	Log     string `json:"log"`
	Healthy bool   `json:"healthy"`
}

// ErrNotRunning says that no local cloud runs in the folder.
var ErrNotRunning = errors.New("the local cloud is not running")

// DeadError says that a process of a local cloud has died, and with it what the cloud held in memory.
type DeadError struct {
	Process Process
}

func (e *DeadError) Error() string {
	return fmt.Sprintf("%s of the local cloud died (process %d); its log is %s", e.Process.Name, e.Process.PID, e.Process.Log)
}

// FindDead returns a *DeadError for the first process that does not exist any more, else nil.
func (s State) FindDead() error {
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

// Unhealthy lists the names of the processes that do not answer as they should.
func (s State) Unhealthy() []string {
	var names []string
	for _, p := range s.Processes {
		if !p.Healthy {
			names = append(names, p.Name)
		}
	}
	return names
}

// Environ is Env as KEY=value lines, sorted.
func (s State) Environ() []string {
	var lines []string
	for _, key := range slices.Sorted(maps.Keys(s.Env)) {
		lines = append(lines, key+"="+s.Env[key])
	}
	return lines
}
