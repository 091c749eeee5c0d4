package cloud

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/genericcorp/platform/internal/localcloud"
	"github.com/genericcorp/platform/tests/localcloud/supervise"
)

// requirePort refuses an endpoint that has another port than the one that was asked for.
func requirePort(s localcloud.State, port int) error {
	if port == 0 || strings.HasSuffix(s.AWSEndpoint, ":"+strconv.Itoa(port)) {
		return nil
	}
	return fmt.Errorf("the local cloud runs already, at %s: stop it first to have it at port %d", s.AWSEndpoint, port)
}

// refresh asks the supervisor for the health of every process. When that does not respond, it is unhealthy itself, and the
// others count as healthy when they accept connections.
func refresh(ctx context.Context, s *localcloud.State) {
	unhealthy, err := fetchHealth(ctx, s.AWSEndpoint)
	for i := range s.Processes {
		process := &s.Processes[i]
		switch {
		case process.PID == s.PID:
			process.Healthy = err == nil
		case err == nil:
			process.Healthy = unhealthy[process.Name] == ""
		default:
			attempt, cancel := context.WithTimeout(ctx, 2*time.Second)
			process.Healthy = alive(process.PID) && supervise.Accepts(attempt, process.Address) == nil
			cancel()
		}
	}
}

// alive reports whether a process exists; a process of another user counts.
func alive(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}
