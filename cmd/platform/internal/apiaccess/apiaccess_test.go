package apiaccess_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/cmd/platform/internal/apiaccess"
)

// at serves a response to whoever asks for the address, and counts them.
func at(t *testing.T, response string) (url string, asked *int) {
	t.Helper()
	asked = new(int)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		*asked++
		_, _ = io.WriteString(w, response)
	}))
	t.Cleanup(server.Close)
	return server.URL, asked
}

func TestMachineMustBeLetIn(t *testing.T) {
	t.Parallel()
	url, _ := at(t, "203.0.113.7\n")
	require.NoError(t, apiaccess.Require(t.Context(), []string{"198.51.100.0/24", "203.0.113.0/28"}, url))
	err := apiaccess.Require(t.Context(), []string{"198.51.100.0/24", "192.0.2.1/32"}, url)
	require.ErrorContains(t, err, "platform:settings.cluster.publicAccessCidrs: got 198.51.100.0/24, 192.0.2.1/32, "+
		"expected a network with this machine's public address 203.0.113.7")
	require.ErrorContains(t, err, "Add 203.0.113.7/32")
	require.NotErrorIs(t, err, apiaccess.ErrUnknown)
}

func TestPrivateAPINeedsNoAddress(t *testing.T) {
	t.Parallel()
	url, asked := at(t, "203.0.113.7")
	require.NoError(t, apiaccess.Require(t.Context(), nil, url))
	require.Zero(t, *asked)
}

func TestAddressThatNobodyKnows(t *testing.T) {
	t.Parallel()
	url, _ := at(t, "<html>log in to this hotel</html>")
	err := apiaccess.Require(t.Context(), []string{"198.51.100.0/24"}, url)
	require.ErrorIs(t, err, apiaccess.ErrUnknown)
	require.ErrorContains(t, err, "otherwise the deployment waits five minutes")
}

// A machine that the cluster's API does not answer is told before anything begins.
func TestReach(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	endpoint := "https://" + listener.Addr().String()
	require.NoError(t, apiaccess.Reach(t.Context(), "prod", endpoint))
	require.NoError(t, listener.Close())
	require.ErrorContains(t, apiaccess.Reach(t.Context(), "prod", endpoint), "the API of the cluster of prod does not answer at "+endpoint+", and nothing was begun")
	require.ErrorContains(t, apiaccess.Reach(t.Context(), "prod", ""), `environment prod has no cluster's endpoint among its outputs, but ""`)
}

// Whoever the cluster's API refuses is told before anything begins, what is missing and what to do.
func TestAllow(t *testing.T) {
	t.Parallel()
	answer := func(text string, err error) func(context.Context, []byte, ...string) ([]byte, error) {
		return func(_ context.Context, _ []byte, args ...string) ([]byte, error) {
			require.Equal(t, []string{"auth", "can-i", "list", "namespaces"}, args)
			return []byte(text), err
		}
	}
	require.NoError(t, apiaccess.Allow(t.Context(), answer("yes\n", nil), "prod", "list"))
	failed := errors.New("kubectl auth: exit status 1: ")
	require.ErrorContains(t, apiaccess.Allow(t.Context(), answer("no\n", failed), "prod", "list"),
		"the API of the cluster of prod lets the caller in, but does not let it list namespaces, and nothing was begun: ")
	failed = errors.New("kubectl auth: exit status 1: error: You must be logged in to the server (Unauthorized)")
	err := apiaccess.Allow(t.Context(), answer("", failed), "prod", "list")
	require.ErrorIs(t, err, failed)
	require.ErrorContains(t, err, "the API of the cluster of prod does not let the caller in, and nothing was begun: "+failed.Error()+
		"; expected a role with an access entry. Those in platform:settings.cluster.administrators have one")
}
