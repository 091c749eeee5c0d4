package fabric

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/genericcorp/platform/internal/required"
)

func newFabric(t *testing.T) *Fabric {
	t.Helper()
	f, err := New()
	if err != nil {
		required.OfRoot(t, fmt.Sprintf("this machine makes no networks for this user: %v", err))
	}
	t.Cleanup(f.Close)
	return f
}

func hello(t *testing.T) (address string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

// A part of netfilter that the kernel lacks is noticed, as is one that it has. No kernel has that of number 0.
func TestAskNetfilter(t *testing.T) {
	f := newFabric(t)
	require.NoError(t, f.Do(func() error { return askNetfilter(unix.NFNL_SUBSYS_NFTABLES, unix.NFT_MSG_GETGEN) }))
	require.Error(t, f.Do(func() error { return askNetfilter(unix.NFNL_SUBSYS_NONE, unix.NFT_MSG_GETGEN) }))
}

// A node reaches what is offered to it and nothing else, and the machine's own network is as before.
func TestNodesReachWhatIsOffered(t *testing.T) {
	before, err := net.Interfaces()
	require.NoError(t, err)
	f := newFabric(t)
	process := exec.Command("sleep", "600")
	process.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET}
	require.NoError(t, process.Start())
	t.Cleanup(func() { _, _ = process.Process.Kill(), process.Wait() })
	place := Node{Link: "node1", Address: netip.MustParseAddr("10.128.0.66"), Pods: netip.MustParsePrefix("10.128.0.64/26")}
	require.NoError(t, f.Connect(place, process.Process.Pid))
	node, err := NamespaceOf(process.Process.Pid)
	require.NoError(t, err)
	t.Cleanup(func() { _ = node.Close() })

	require.NoError(t, f.AddAddress(netip.MustParseAddr("10.128.0.10")))
	require.NoError(t, f.AddAddress(netip.MustParseAddr("10.128.0.10")), "it has it already")
	offer, err := f.Offer("10.128.0.10:443", hello(t))
	require.NoError(t, err)
	t.Cleanup(func() { _ = offer.Close() })
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
		return node.Dial(ctx, address)
	}}}
	response, err := client.Get("http://10.128.0.10:443/")
	require.NoError(t, err)
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	assert.Equal(t, "hello", string(text))
	_, err = client.Get("http://192.0.2.1/")
	require.ErrorContains(t, err, "network is unreachable", "there is no way out")

	listener, err := node.Listen("10.128.0.66:80")
	require.NoError(t, err)
	go func() {
		_ = http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.RemoteAddr) }))
	}()
	t.Cleanup(func() { _ = listener.Close() })
	fromRouter := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
		return f.Dial(ctx, address)
	}}}
	response, err = fromRouter.Get("http://10.128.0.66:80/")
	require.NoError(t, err)
	text, err = io.ReadAll(response.Body)
	require.NoError(t, err)
	assert.Regexp(t, `^10\.128\.0\.10:`, string(text), "what comes from the router has an address of the VPC, as a load balancer has on AWS")
	exposed, err := f.Expose("127.0.0.1:0", "10.128.0.66:80")
	require.NoError(t, err)
	require.NoError(t, exposed.Close())
	after, err := net.Interfaces()
	require.NoError(t, err)
	assert.Len(t, after, len(before))
}

// The API server's proxy passes a connection on, and says why it cannot.
func TestEgress(t *testing.T) {
	f := newFabric(t)
	socket := filepath.Join(t.TempDir(), "s")
	egress, err := f.ServeEgress(socket)
	require.NoError(t, err)
	t.Cleanup(func() { _ = egress.Close() })
	info, err := os.Stat(socket)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	listener, err := f.Listen("169.254.1.1:8080")
	require.NoError(t, err)
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "inside")
	})}}
	server.Start()
	t.Cleanup(server.Close)
	client := &http.Client{Transport: &http.Transport{
		Proxy:       http.ProxyURL(&url.URL{Scheme: "http", Host: "proxy"}),
		DialContext: func(context.Context, string, string) (net.Conn, error) { return net.Dial("unix", socket) },
	}}
	response, err := client.Get("http://169.254.1.1:8080/") // plain HTTP is not what the proxy understands
	require.NoError(t, err)
	assert.Equal(t, http.StatusMethodNotAllowed, response.StatusCode)

	connect := func(target string) string {
		connection, err := net.Dial("unix", socket)
		require.NoError(t, err)
		defer connection.Close()
		_, err = io.WriteString(connection, "CONNECT "+target+" HTTP/1.1\r\nHost: "+target+"\r\n\r\n"+"GET / HTTP/1.0\r\n\r\n")
		require.NoError(t, err)
		all, err := io.ReadAll(connection)
		require.NoError(t, err)
		return string(all)
	}
	assert.Contains(t, connect("169.254.1.1:8080"), "inside")
	assert.Contains(t, connect("169.254.1.1:8081"), "502 Bad Gateway")
}
