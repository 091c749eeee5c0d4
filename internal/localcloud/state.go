// Package localcloud is the contract between the local cloud, which writes its state into a file of its folder and prints
// it, and those who use it: the operator's command and the tests.
package localcloud

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// StateFile is the name of the state's file in the folder of a local cloud. It exists while the cloud serves.
const StateFile = "state.json"

// ErrNotRunning means that no local cloud runs in the folder.
var ErrNotRunning = errors.New("the local cloud is not running")

// State describes a running local cloud. It holds credentials, which are good for this local cloud alone.
type State struct {
	PID               int               `json:"pid"`        // of the supervisor
	Generation        string            `json:"generation"` // random; each start has its own, because each start begins empty
	StartedAt         time.Time         `json:"startedAt"`
	AWSEndpoint       string            `json:"awsEndpoint"` // a URL
	AccountID         string            `json:"accountId"`
	Region            string            `json:"region"`
	Kubeconfig        string            `json:"kubeconfig"` // a path
	KubernetesVersion string            `json:"kubernetesVersion"`
	Postgres          Postgres          `json:"postgres"`
	Env               map[string]string `json:"env"` // what the Pulumi engine needs to find everything
	Processes         []Process         `json:"processes"`
}

// Postgres is the database server that stands for RDS.
type Postgres struct {
	Host         string `json:"host"`
	Port         int    `json:"port"`
	Version      string `json:"version"`
	CAFile       string `json:"caFile"` // the authority that signed the server's certificate
	User         string `json:"user"`   // the superuser
	PasswordFile string `json:"passwordFile"`
}

// Process is one process of the local cloud and whether it serves.
type Process struct {
	Name    string `json:"name"`
	PID     int    `json:"pid"`
	Address string `json:"address"` // host:port
	Log     string `json:"log"`     // a path
	Healthy bool   `json:"healthy"`
	// Restarts says that the supervisor starts it again when it ends: the local cloud does not end with it.
	Restarts bool `json:"restarts,omitempty"`
}

// Unhealthy lists the processes that do not serve.
func (s State) Unhealthy() []Process {
	return slices.DeleteFunc(slices.Clone(s.Processes), func(p Process) bool { return p.Healthy })
}

// Environ is Env as KEY=value lines, sorted.
func (s State) Environ() []string {
	var lines []string
	for _, key := range slices.Sorted(maps.Keys(s.Env)) {
		lines = append(lines, key+"="+s.Env[key])
	}
	return lines
}

// Write replaces the state's file in the folder in one step. Only its owner can read it.
func (s State) Write(dir string) error {
	content, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	path := filepath.Join(dir, StateFile)
	temporary := path + ".new"
	if err := os.WriteFile(temporary, append(content, '\n'), 0o600); err != nil {
		return fmt.Errorf("write the local cloud's state: %w", err)
	}
	return os.Rename(temporary, path)
}

// Read returns what the local cloud of the folder wrote when it started; it may have died since. The error is
// ErrNotRunning when there is no state.
func Read(dir string) (State, error) {
	content, err := os.ReadFile(filepath.Join(dir, StateFile))
	if errors.Is(err, fs.ErrNotExist) {
		return State{}, ErrNotRunning
	}
	if err != nil {
		return State{}, fmt.Errorf("read the local cloud's state: %w", err)
	}
	return Decode(content)
}

// Decode reads a state that the local cloud printed.
func Decode(content []byte) (State, error) {
	var state State
	if err := json.Unmarshal(content, &state); err != nil {
		return State{}, fmt.Errorf("read the local cloud's state: %w", err)
	}
	if state.PID == 0 || state.Generation == "" {
		return State{}, errors.New("read the local cloud's state: it names no process or no generation")
	}
	return state, nil
}
