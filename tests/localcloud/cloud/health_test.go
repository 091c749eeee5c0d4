package cloud

import (
	"context"
	"errors"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/localcloud"
	"github.com/genericcorp/platform/tests/localcloud/supervise"
)

func TestTheSupervisorReportsWhatDoesNotServe(t *testing.T) {
	t.Parallel()
	group := supervise.NewGroup(t.TempDir(), func(string) {})
	t.Cleanup(group.Stop)
	var hangs atomic.Bool
	for _, name := range []string{"moto", "redis"} {
		_, err := group.Start(t.Context(), 0, func([]int) (supervise.Spec, error) {
			return supervise.Spec{Name: name, Command: []string{"sleep", "600"}, Ready: func(ctx context.Context) error {
				if name == "redis" && hangs.Load() {
					<-ctx.Done()
					return errors.New("no response")
				}
				return nil
			}}, nil
		})
		require.NoError(t, err)
	}
	r := &run{group: group}
	server := httptest.NewServer(r.handler())
	t.Cleanup(server.Close)
	state := &localcloud.State{PID: os.Getpid(), AWSEndpoint: server.URL, Processes: []localcloud.Process{
		{Name: "gateway", PID: os.Getpid(), Address: strings.TrimPrefix(server.URL, "http://")},
	}}
	for _, p := range group.Processes() {
		state.Processes = append(state.Processes, localcloud.Process{Name: p.Name, PID: p.PID, Address: p.Address})
	}
	unhealthy := func() []string {
		refresh(t.Context(), state)
		names := []string{}
		for _, p := range state.Unhealthy() {
			names = append(names, p.Name)
		}
		return names
	}
	assert.Empty(t, unhealthy())
	hangs.Store(true)
	assert.Equal(t, []string{"redis"}, unhealthy())
	hangs.Store(false)
	assert.Empty(t, unhealthy())
	server.Close()
	assert.Contains(t, unhealthy(), "gateway", "the supervisor itself is gone")
}

func TestAPortThatWasChosen(t *testing.T) {
	t.Parallel()
	first, err := listen(0)
	require.NoError(t, err)
	t.Cleanup(first.close)
	state := localcloud.State{AWSEndpoint: first.url()}
	require.NoError(t, requirePort(state, 0))
	require.ErrorContains(t, requirePort(state, 1), "the local cloud runs already, at "+first.url())
	_, port, _ := strings.Cut(first.address(), ":")
	number, err := strconv.Atoi(port)
	require.NoError(t, err)
	require.NoError(t, requirePort(state, number))
	_, err = listen(number)
	require.EqualError(t, err, "port "+port+" of 127.0.0.1 is taken by another program: choose another, or none to get a free one")
}
