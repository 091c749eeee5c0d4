package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/genericcorp/platform/internal/localcloud"
	"github.com/genericcorp/platform/tests/localcloud/gateway"
	"github.com/genericcorp/platform/tests/localcloud/nodes"
	"github.com/genericcorp/platform/tests/localcloud/nodes/fabric"
	"github.com/genericcorp/platform/tests/localcloud/nodes/podidentity"
	"github.com/genericcorp/platform/tests/localcloud/nodes/preflight"
	"github.com/genericcorp/platform/tests/localcloud/servers"
	"github.com/genericcorp/platform/tests/localcloud/supervise"
	"github.com/genericcorp/platform/tests/localcloud/tools"
)

// EnsureTools makes every tool available that a local cloud on this machine uses.
func EnsureTools(ctx context.Context, progress io.Writer) (tools.Set, error) {
	set, _, err := ensureTools(ctx, progress)
	return set, err
}

// ensureTools makes every tool available, with those of nodes where this machine can run them; else missing says what it lacks.
func ensureTools(ctx context.Context, progress io.Writer) (set tools.Set, missing []string, err error) {
	missing = preflight.Missing()
	if len(missing) > 0 {
		fmt.Fprintf(progress, "there will be no nodes, because this machine lacks: %s\n", strings.Join(missing, "; "))
		set, err = tools.Ensure(ctx, progress)
		return set, missing, err
	}
	ofNodes, err := tools.EnsureNodes(ctx, progress)
	if err != nil {
		return nil, nil, err
	}
	if set, err = tools.Ensure(ctx, progress); err != nil {
		return nil, nil, err
	}
	maps.Copy(set, ofNodes)
	return set, nil, nil
}

// socket is where the API server asks for nodes, or nothing where there are none.
func (r *run) socket() string {
	if len(r.missing) > 0 {
		return ""
	}
	return r.layout.socket()
}

// makeFabric makes the network of nodes, which costs nothing as long as there are none.
func (r *run) makeFabric() (err error) {
	if len(r.missing) > 0 {
		return nil
	}
	if r.fabric, err = fabric.New(); err != nil {
		return err
	}
	if err := os.MkdirAll(r.layout.path("kube"), 0o700); err != nil {
		return explain("make the folder of Kubernetes", r.layout.path("kube"), err)
	}
	r.egress, err = r.fabric.ServeEgress(r.layout.socket())
	return err
}

// manageNodes makes node groups have nodes.
func (r *run) manageNodes() error {
	if len(r.missing) > 0 {
		return nil
	}
	config, err := clientcmd.BuildConfigFromFlags("", r.kubernetes.Kubeconfig)
	if err != nil {
		return err
	}
	config.QPS, config.Burst = -1, -1 // no waiting of a client for itself
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	r.nodes, err = nodes.New(nodes.Config{
		Dir: r.layout.path("nodes"), Logs: r.layout.logs(), Cloud: r.layout.name(), Self: self, Tools: r.tools,
		Fabric: r.fabric, Group: r.group, Authority: r.authority,
		AWS: r.endpoint.address(), Registry: http.HandlerFunc(r.pullImages), RegistryHost: servers.AccountID + ".dkr.ecr." + servers.Region + ".amazonaws.com",
		Endpoints: r.endpoints,
		Identity: http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
			podidentity.Agent{Kubernetes: client, EKS: r.endpoint.gateway.EKS()}.ServeHTTP(w, request)
		}),
		Webhook: http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
			podidentity.Webhook{EKS: r.endpoint.gateway.EKS(), Region: servers.Region, AWS: "http://" + nodes.AWS.String()}.ServeHTTP(w, request)
		}),
		APIServer: r.kubernetes.Address(), Kubeconfig: r.kubernetes.KubeconfigOf, Kubernetes: client,
		FrontProxy: servers.FrontProxy, Kubectl: r.kubectl, Region: servers.Region, Host: r.host, NewHost: serviceHost, Begin: r.startScheduler, Report: r.report,
	})
	return err
}

func (r *run) startScheduler(ctx context.Context) error {
	_, err := r.group.Start(ctx, 1, func(ports []int) (supervise.Spec, error) {
		spec, err := r.kubernetes.Scheduler(r.tools["kube"], ports[0])
		return r.restarting(spec), err
	})
	return err
}

func (r *run) kubectl(ctx context.Context, in io.Reader, args ...string) error {
	command := exec.CommandContext(ctx, r.tools["kubectl"], append([]string{"--kubeconfig", r.kubernetes.Kubeconfig}, args...)...) //nolint:gosec // our own program
	command.Stdin = in
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("kubectl %s: %w: %s", args[0], err, strings.TrimSpace(string(out)))
	}
	return nil
}

// pullImages is the registry as nodes see it.
func (r *run) pullImages(w http.ResponseWriter, request *http.Request) {
	r.endpoint.gateway.PullImages(w, request)
}

// groups is who runs the nodes of node groups; nil where there are none.
func (r *run) groups() gateway.Nodes {
	if r.nodes == nil {
		return nil // not a nil pointer in an interface
	}
	return r.nodes
}

// dialNode connects to a port of a node.
func (r *run) dialNode(ctx context.Context, address string) (net.Conn, error) {
	if r.fabric == nil {
		return nil, errors.New("there are no nodes")
	}
	return r.fabric.Dial(ctx, address)
}

// serveListeners responds at localcloud.ListenersPath.
func (r *run) serveListeners(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(localcloud.Listeners{CAFile: r.postgres.CAFile, Listeners: r.endpoint.gateway.Listeners()}) // the client may be gone
}

// closeNodes removes what was made for nodes, when they have ended.
func (r *run) closeNodes() error {
	var err error
	if r.nodes != nil {
		err = r.nodes.Close()
	}
	if r.egress != nil {
		err = errors.Join(err, r.egress.Close())
	}
	if r.fabric != nil {
		r.fabric.Close()
	}
	return err
}

// serveNodes responds at localcloud.NodesPath.
func (r *run) serveNodes(w http.ResponseWriter, request *http.Request) {
	if r.nodes == nil && request.Method != http.MethodGet {
		http.Error(w, "there are no nodes, because this machine lacks: "+strings.Join(r.missing, "; "), http.StatusConflict)
		return
	}
	switch request.Method {
	case http.MethodGet:
		shown := localcloud.Nodes{Missing: append([]string{}, r.missing...), Nodes: []localcloud.Node{}}
		if r.nodes != nil {
			shown.Nodes, shown.NodePorts = r.nodes.List(), r.host
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(shown) // the client may be gone
	case http.MethodPost:
		if err := r.endpoint.gateway.AddNode(request, request.URL.Query().Get("group")); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
		}
	case http.MethodDelete:
		err := r.nodes.Kill(strings.TrimPrefix(request.URL.Path, localcloud.NodesPath+"/"))
		if errors.Is(err, nodes.ErrNoNode) {
			http.Error(w, err.Error(), http.StatusNotFound)
		} else if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	default:
		http.Error(w, "GET, POST or DELETE", http.StatusMethodNotAllowed)
	}
}
