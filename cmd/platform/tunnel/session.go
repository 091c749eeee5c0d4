package tunnel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// tunnel is one way to one cluster's API.
type tunnel struct {
	cluster, region string
	port            int // 0: any that is free
	// aws gives what a command of the AWS CLI prints, and forward keeps a session open until its context ends.
	aws      func(ctx context.Context, arguments ...string) ([]byte, error)
	forward  func(ctx context.Context, arguments ...string) error
	patience time.Duration // for the session to carry something

	node string // which node it leads through, once it is open
}

// apiServer is what EKS says of the cluster.
type apiServer struct {
	Cluster struct {
		Endpoint    string `json:"endpoint"`
		Certificate struct {
			Data string `json:"data"` // PEM in base64
		} `json:"certificateAuthority"`
	} `json:"cluster"`
}

// use opens the tunnel, runs inside with a kubeconfig for it, and closes it. The kubeconfig holds no credentials: it asks the AWS
// CLI for a token, as the one that EKS writes does.
func (t *tunnel) use(ctx context.Context, inside func(ctx context.Context, kubeconfig string) error) error {
	server, err := t.describe(ctx)
	if err != nil {
		return err
	}
	host, err := hostOf(server.Cluster.Endpoint)
	if err != nil {
		return err
	}
	if t.node, err = t.findNode(ctx); err != nil {
		return err
	}
	port, err := freePort(ctx, t.port)
	if err != nil {
		return err
	}
	t.port = port
	folder, err := os.MkdirTemp("", "platform-tunnel-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	kubeconfig := filepath.Join(folder, "kubeconfig")
	if err := t.writeKubeconfig(kubeconfig, host, server.Cluster.Certificate.Data); err != nil {
		return err
	}

	session, end := context.WithCancel(context.WithoutCancel(ctx))
	lost, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		err := t.forward(session, "ssm", "start-session", "--region", t.region, "--target", t.node,
			"--document-name", "AWS-StartPortForwardingSessionToRemoteHost",
			"--parameters", fmt.Sprintf("host=%s,portNumber=443,localPortNumber=%d", host, t.port))
		if session.Err() == nil {
			//page:kubernetes-api-trouble
			stop(fmt.Errorf("the session to %s through %s ended (%w): open it again", t.cluster, t.node, orClosed(err)))
		}
	}()
	defer func() { end(); <-ended }()

	if err := t.awaitOpen(lost); err != nil {
		return err
	}
	if err := inside(lost, kubeconfig); err != nil {
		return err
	}
	if ctx.Err() == nil && lost.Err() != nil {
		return context.Cause(lost)
	}
	return nil
}

// errClosed is the end of a session that says nothing about its end.
//
//page:none the message around it has a page
var errClosed = errors.New("it was closed")

func orClosed(err error) error {
	if err == nil {
		return errClosed
	}
	return err
}

func (t *tunnel) describe(ctx context.Context) (server apiServer, err error) {
	out, err := t.aws(ctx, "eks", "describe-cluster", "--region", t.region, "--name", t.cluster)
	if err != nil {
		return server, err
	}
	if err := json.Unmarshal(out, &server); err != nil {
		return server, fmt.Errorf("read what EKS says of %s: %w", t.cluster, err)
	}
	return server, nil
}

func hostOf(endpoint string) (string, error) {
	parsed, err := url.Parse(endpoint)
	if err != nil || parsed.Scheme != "https" || parsed.Hostname() == "" {
		//page:kubernetes-api-trouble
		return "", fmt.Errorf("the cluster's endpoint: got %q, expected an https address: EKS has not finished it", endpoint)
	}
	return parsed.Hostname(), nil
}

// findNode gives a node of the cluster that sessions reach: EKS tags each with its cluster's name.
func (t *tunnel) findNode(ctx context.Context) (string, error) {
	out, err := t.aws(ctx, "ssm", "describe-instance-information", "--region", t.region, "--filters", "Key=tag:eks:cluster-name,Values="+t.cluster)
	if err != nil {
		return "", err
	}
	var list struct {
		Instances []struct {
			ID   string `json:"InstanceId"`
			Ping string `json:"PingStatus"`
		} `json:"InstanceInformationList"`
	}
	if err := json.Unmarshal(out, &list); err != nil {
		return "", fmt.Errorf("read which nodes sessions reach: %w", err)
	}
	for _, instance := range list.Instances {
		if instance.Ping == "Online" {
			return instance.ID, nil
		}
	}
	//page:kubernetes-api-trouble
	return "", fmt.Errorf("no node of %s can be reached by a session (%d known, none online): new nodes need a minute; "+
		"otherwise the nodes' role lacks the permissions for sessions, or they do not reach AWS", t.cluster, len(list.Instances))
}

// freePort gives the port if it is free, or one that is.
func freePort(ctx context.Context, port int) (int, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address(port))
	if err != nil {
		return 0, fmt.Errorf("--port: %d is taken on this machine: %w", port, err)
	}
	defer listener.Close()
	found, err := netip.ParseAddrPort(listener.Addr().String())
	return int(found.Port()), err
}

func address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// awaitOpen waits until the plugin listens.
func (t *tunnel) awaitOpen(ctx context.Context) error {
	//page:kubernetes-api-trouble
	limited, cancel := context.WithTimeoutCause(ctx, t.patience, fmt.Errorf("the session to %s through %s carries nothing after %s", t.cluster, t.node, t.patience))
	defer cancel()
	for {
		connection, err := (&net.Dialer{}).DialContext(limited, "tcp", address(t.port))
		if err == nil {
			return connection.Close()
		}
		select {
		case <-limited.Done():
			return context.Cause(limited)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// writeKubeconfig writes JSON, which YAML readers take. The certificate is checked against the endpoint's own name.
func (t *tunnel) writeKubeconfig(path, host, authority string) error {
	type object = map[string]any
	out, err := json.MarshalIndent(object{
		"apiVersion": "v1", "kind": "Config", "current-context": t.cluster,
		"clusters": []object{{"name": t.cluster, "cluster": object{
			"server": "https://" + address(t.port), "tls-server-name": host, "certificate-authority-data": authority,
		}}},
		"users": []object{{"name": t.cluster, "user": object{"exec": object{
			"apiVersion": "client.authentication.k8s.io/v1beta1", "command": "aws", "interactiveMode": "Never",
			"args": []string{"eks", "get-token", "--region", t.region, "--cluster-name", t.cluster, "--output", "json"},
		}}}},
		"contexts": []object{{"name": t.cluster, "context": object{"cluster": t.cluster, "user": t.cluster}}},
	}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, out, 0o600)
}
