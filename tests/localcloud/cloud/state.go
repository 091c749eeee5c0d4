package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/genericcorp/platform/tests/localcloud/supervise"
)

// State is what a running local cloud tells its users; it is kept in state.json while the cloud serves.
type State struct {
	PID               int               `json:"pid"`
	Generation        string            `json:"generation"` // differs at every start: the cloud forgets everything between
	StartedAt         time.Time         `json:"startedAt"`
	AWSEndpoint       string            `json:"awsEndpoint"`
	AccountID         string            `json:"accountId"`
	Region            string            `json:"region"`
	Kubeconfig        string            `json:"kubeconfig"`
	KubernetesVersion string            `json:"kubernetesVersion"`
	Postgres          PostgresState     `json:"postgres"`
	Env               map[string]string `json:"env"` // for the Pulumi engine
	Processes         []ProcessState    `json:"processes"`
}

// PostgresState tells how to reach the database server.
type PostgresState struct {
	Host         string `json:"host"`
	Port         int    `json:"port"`
	Version      string `json:"version"`
	CAFile       string `json:"caFile"`
	User         string `json:"user"`
	PasswordFile string `json:"passwordFile"`
}

// ProcessState is one process and whether it serves.
type ProcessState struct {
	Name    string `json:"name"`
	PID     int    `json:"pid"`
	Address string `json:"address"`
	Log     string `json:"log"`
	Healthy bool   `json:"healthy"`
}

// Unhealthy lists the processes that do not serve.
func (s *State) Unhealthy() []ProcessState {
	var list []ProcessState
	for _, process := range s.Processes {
		if !process.Healthy {
			list = append(list, process)
		}
	}
	return list
}

// requirePort refuses an endpoint that has another port than the one that was asked for.
func (s *State) requirePort(port int) error {
	if port == 0 || strings.HasSuffix(s.AWSEndpoint, ":"+strconv.Itoa(port)) {
		return nil
	}
	return fmt.Errorf("the local cloud runs already, at %s: stop it first to have it at port %d", s.AWSEndpoint, port)
}

// refresh asks the supervisor how every process is. When that does not answer, it is what does not serve, and of the
// others is known only whether they accept connections.
func (s *State) refresh(ctx context.Context) {
	sick, err := askHealth(ctx, s.AWSEndpoint)
	for i := range s.Processes {
		process := &s.Processes[i]
		switch {
		case process.PID == s.PID:
			process.Healthy = err == nil
		case err == nil:
			process.Healthy = sick[process.Name] == ""
		default:
			attempt, cancel := context.WithTimeout(ctx, 2*time.Second)
			process.Healthy = alive(process.PID) && supervise.Accepts(attempt, process.Address) == nil
			cancel()
		}
	}
}

// alive tells whether a process exists; a process of another user counts.
func alive(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}

// write replaces the state file in one step; it holds credentials of the local cloud, so it is private.
func (s *State) write(path string) error {
	content, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	temporary := path + ".new"
	if err := os.WriteFile(temporary, append(content, '\n'), 0o600); err != nil {
		return explain("write the state", temporary, err)
	}
	return os.Rename(temporary, path)
}

// readState returns nil without an error when there is no state.
func readState(path string) (*State, error) {
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // no state is an answer
	}
	if err != nil {
		return nil, explain("read the state", path, err)
	}
	var state State
	if err := json.Unmarshal(content, &state); err != nil {
		return nil, fmt.Errorf("read the state %s: %w", path, err)
	}
	return &state, nil
}
