package tunnel

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// account is an account of AWS with one cluster, whose API is a server on this machine.
type account struct {
	api       *httptest.Server
	instances string // as Systems Manager lists them
	asked     []string
	silent    bool // the session carries nothing
	dies      chan error
}

func newAccount(t *testing.T) *account {
	t.Helper()
	a := &account{
		instances: `[{"InstanceId": "i-lost", "PingStatus": "ConnectionLost"}, {"InstanceId": "i-good", "PingStatus": "Online"}]`, dies: make(chan error, 1),
		api: httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "ok "+r.URL.Path) })),
	}
	t.Cleanup(a.api.Close)
	return a
}

func (a *account) aws(_ context.Context, arguments ...string) ([]byte, error) {
	a.asked = append(a.asked, strings.Join(arguments, " "))
	switch arguments[1] {
	case "describe-cluster":
		certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.api.Certificate().Raw})
		return fmt.Appendf(nil, `{"cluster": {"endpoint": "https://example.com", "certificateAuthority": {"data": %q}}}`,
			base64.StdEncoding.EncodeToString(certificate)), nil // the name in the certificate of net/http/httptest
	case "describe-instance-information":
		return []byte(`{"InstanceInformationList": ` + a.instances + `}`), nil
	}
	return nil, errors.New("AccessDenied")
}

var localPort = regexp.MustCompile(`localPortNumber=(\d+)`)

// forward is the plugin: it listens, and carries what comes to the API.
func (a *account) forward(ctx context.Context, arguments ...string) error {
	a.asked = append(a.asked, strings.Join(arguments, " "))
	if !a.silent {
		listener, err := net.Listen("tcp", "127.0.0.1:"+localPort.FindStringSubmatch(strings.Join(arguments, " "))[1])
		if err != nil {
			return err
		}
		defer listener.Close()
		go func() {
			for {
				near, err := listener.Accept()
				if err != nil {
					return
				}
				far, err := net.Dial("tcp", a.api.Listener.Addr().String())
				if err != nil {
					return
				}
				go func() { _, _ = io.Copy(far, near); _ = far.Close() }()
				go func() { _, _ = io.Copy(near, far); _ = near.Close() }()
			}
		}()
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case err := <-a.dies:
		return err
	}
}

func (a *account) tunnel() *tunnel {
	return &tunnel{cluster: "platform-prod-cluster", region: "us-east-1", aws: a.aws, forward: a.forward, patience: 5 * time.Minute}
}

func TestTheAPIIsReachedThroughANode(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	var kept string
	tunnel := a.tunnel()
	require.NoError(t, tunnel.use(t.Context(), func(_ context.Context, kubeconfig string) error {
		kept = kubeconfig
		information, err := os.Stat(kubeconfig)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), information.Mode().Perm())
		require.Equal(t, "ok /readyz", get(t, kubeconfig, "/readyz"))
		return nil
	}))
	require.NoFileExists(t, kept, "it is gone with the tunnel")
	require.Equal(t, []string{
		"eks describe-cluster --region us-east-1 --name platform-prod-cluster",
		"ssm describe-instance-information --region us-east-1 --filters Key=tag:eks:cluster-name,Values=platform-prod-cluster",
		fmt.Sprintf("ssm start-session --region us-east-1 --target i-good --document-name AWS-StartPortForwardingSessionToRemoteHost "+
			"--parameters host=example.com,portNumber=443,localPortNumber=%d", tunnel.port),
	}, a.asked)
	_, err := tls.Dial("tcp", address(tunnel.port), &tls.Config{InsecureSkipVerify: true})
	require.Error(t, err, "nothing listens any more")
}

// get asks the API that a kubeconfig leads to, as kubectl would, without a token: there is no AWS to give one.
func get(t *testing.T, kubeconfig, path string) string {
	t.Helper()
	var config struct {
		Clusters []struct {
			Cluster struct {
				Server    string `json:"server"`
				Name      string `json:"tls-server-name"`
				Authority []byte `json:"certificate-authority-data"`
			} `json:"cluster"`
		} `json:"clusters"`
		Users []struct {
			User struct {
				Exec struct {
					Command string   `json:"command"`
					Args    []string `json:"args"`
				} `json:"exec"`
			} `json:"user"`
		} `json:"users"`
	}
	text, err := os.ReadFile(kubeconfig)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &config))
	token := config.Users[0].User.Exec
	require.Equal(t, "aws eks get-token --region us-east-1 --cluster-name platform-prod-cluster --output json", token.Command+" "+strings.Join(token.Args, " "))
	cluster := config.Clusters[0].Cluster
	authorities := x509.NewCertPool()
	require.True(t, authorities.AppendCertsFromPEM(cluster.Authority))
	client := &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: authorities, ServerName: cluster.Name, MinVersion: tls.VersionTLS12}, DisableKeepAlives: true,
	}}
	response, err := client.Get(cluster.Server + path)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return string(body)
}

func TestWhatAnInsideCommandSaysIsTheEnd(t *testing.T) {
	t.Parallel()
	failed := errors.New("no such pod")
	require.ErrorIs(t, newAccount(t).tunnel().use(t.Context(), func(context.Context, string) error { return failed }), failed)
}

func TestASessionThatEndsIsTold(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	err := a.tunnel().use(t.Context(), func(ctx context.Context, _ string) error {
		a.dies <- nil
		<-ctx.Done()
		return nil
	})
	require.EqualError(t, err, "the session to platform-prod-cluster through i-good ended (it was closed): open it again")

	refused := newAccount(t)
	refused.silent = true
	refused.dies <- errors.New("exit status 254")
	err = refused.tunnel().use(t.Context(), func(context.Context, string) error { return nil })
	require.EqualError(t, err, "the session to platform-prod-cluster through i-good ended (exit status 254): open it again")

	silent := newAccount(t)
	silent.silent = true
	slow := silent.tunnel()
	slow.patience = time.Millisecond
	require.EqualError(t, slow.use(t.Context(), func(context.Context, string) error { return nil }),
		"the session to platform-prod-cluster through i-good carries nothing after 1ms")
}

func TestACtrlCIsNoTrouble(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	require.NoError(t, newAccount(t).tunnel().use(ctx, func(ctx context.Context, _ string) error {
		cancel()
		<-ctx.Done()
		return nil
	}))
}

func TestWhatIsMissingIsNamed(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.instances = `[{"InstanceId": "i-lost", "PingStatus": "ConnectionLost"}]`
	require.ErrorContains(t, a.tunnel().use(t.Context(), nil), "no node of platform-prod-cluster can be reached by a session (1 known, none online)")

	busy, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer busy.Close()
	taken := newAccount(t).tunnel()
	taken.port = int(netip.MustParseAddrPort(busy.Addr().String()).Port())
	require.ErrorContains(t, taken.use(t.Context(), nil), fmt.Sprintf("--port: %d is taken", taken.port))

	unfinished := newAccount(t).tunnel()
	unfinished.aws = func(context.Context, ...string) ([]byte, error) { return json.Marshal(apiServer{}) }
	require.ErrorContains(t, unfinished.use(t.Context(), nil), `the cluster's endpoint: got "", expected an https address`)
}
