package metrics

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	selectors "k8s.io/apimachinery/pkg/labels"
)

const (
	// every is the time between two samples, as metrics-server's.
	every = 15 * time.Second
	// interest is how long kubelets are asked after somebody has asked the server.
	interest = 2 * time.Minute
)

// Node is where a kubelet is.
type Node struct {
	Name    string
	Labels  map[string]string
	Kubelet string // host:port
}

// Config is what the server asks.
type Config struct {
	// Nodes and Pods are those there are now.
	Nodes func() []Node
	Pods  func() []*core.Pod
	// Dial connects to a kubelet, and TLS is what it is shown.
	Dial func(ctx context.Context, address string) (net.Conn, error)
	TLS  *tls.Config
}

// Server is an http.Handler for metrics.k8s.io/v1beta1.
type Server struct {
	config Config
	client *http.Client
	mux    *http.ServeMux

	mu      sync.Mutex
	asked   time.Time
	samples map[string][2]sample // by node: the one before the last, and the last
	first   chan struct{}        // poked when somebody asks
}

// New makes the server. Run must run for it to know anything.
func New(config Config) *Server {
	s := &Server{
		config: config, samples: map[string][2]sample{}, first: make(chan struct{}, 1), mux: http.NewServeMux(),
		client: &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
			TLSClientConfig: config.TLS, IdleConnTimeout: time.Minute,
			DialContext: func(ctx context.Context, _, address string) (net.Conn, error) { return config.Dial(ctx, address) },
		}},
	}
	const root = "GET /apis/metrics.k8s.io/v1beta1"
	s.mux.HandleFunc(root, s.resources)
	s.mux.HandleFunc(root+"/nodes", s.listNodes)
	s.mux.HandleFunc(root+"/nodes/{name}", s.oneNode)
	s.mux.HandleFunc(root+"/pods", s.listPods)
	s.mux.HandleFunc(root+"/namespaces/{namespace}/pods", s.listPods)
	s.mux.HandleFunc(root+"/namespaces/{namespace}/pods/{name}", s.onePod)
	return s
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.asked = time.Now()
	s.mu.Unlock()
	select {
	case s.first <- struct{}{}:
	default:
	}
	s.mux.ServeHTTP(w, r)
}

// Run asks the kubelets as long as somebody asks the server, until ctx is over.
func (s *Server) Run(ctx context.Context) {
	for {
		s.mu.Lock()
		wanted := time.Since(s.asked) < interest
		s.mu.Unlock()
		if wanted {
			s.scrape(ctx)
			select {
			case <-ctx.Done():
				return
			case <-time.After(every):
			}
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-s.first:
		}
	}
}

// scrape takes a sample of every node; one that does not respond has none, and is forgotten.
func (s *Server) scrape(ctx context.Context) {
	nodes := s.config.Nodes()
	taken := make([]*sample, len(nodes))
	var all sync.WaitGroup
	for i, n := range nodes {
		all.Go(func() {
			if got, err := s.ask(ctx, n); err == nil {
				taken[i] = &got
			}
		})
	}
	all.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	next := map[string][2]sample{}
	for i, n := range nodes {
		if taken[i] != nil {
			next[n.Name] = [2]sample{s.samples[n.Name][1], *taken[i]}
		}
	}
	s.samples = next
}

func (s *Server) ask(ctx context.Context, n Node) (sample, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+n.Kubelet+"/metrics/resource", http.NoBody)
	if err != nil {
		return sample{}, err
	}
	response, err := s.client.Do(request)
	if err != nil {
		return sample{}, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return sample{}, fmt.Errorf("the kubelet of %s responds with %s", n.Name, response.Status)
	}
	return parse(response.Body, time.Now())
}

// object is a JSON object.
type object = map[string]any

func (s *Server) resources(w http.ResponseWriter, _ *http.Request) {
	resource := func(name, kind string, namespaced bool) object {
		return object{"name": name, "singularName": "", "namespaced": namespaced, "kind": kind, "verbs": []string{"get", "list"}}
	}
	respond(w, object{
		"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "metrics.k8s.io/v1beta1",
		"resources": []object{resource("nodes", "NodeMetrics", false), resource("pods", "PodMetrics", true)},
	})
}

func (s *Server) listNodes(w http.ResponseWriter, r *http.Request) {
	selector, err := selectors.Parse(r.URL.Query().Get("labelSelector"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	items := []object{}
	for _, n := range s.config.Nodes() {
		if measured := s.node(n); measured != nil && selector.Matches(selectors.Set(n.Labels)) {
			items = append(items, measured)
		}
	}
	respond(w, object{"kind": "NodeMetricsList", "apiVersion": "metrics.k8s.io/v1beta1", "metadata": object{}, "items": items})
}

func (s *Server) oneNode(w http.ResponseWriter, r *http.Request) {
	for _, n := range s.config.Nodes() {
		if measured := s.node(n); measured != nil && n.Name == r.PathValue("name") {
			respond(w, measured)
			return
		}
	}
	missing(w, "nodes", r.PathValue("name"))
}

func (s *Server) listPods(w http.ResponseWriter, r *http.Request) {
	selector, err := selectors.Parse(r.URL.Query().Get("labelSelector"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	items := []object{}
	for _, p := range s.config.Pods() {
		if namespace := r.PathValue("namespace"); namespace != "" && p.Namespace != namespace || !selector.Matches(selectors.Set(p.Labels)) {
			continue
		}
		if measured := s.pod(p); measured != nil {
			items = append(items, measured)
		}
	}
	respond(w, object{"kind": "PodMetricsList", "apiVersion": "metrics.k8s.io/v1beta1", "metadata": object{}, "items": items})
}

func (s *Server) onePod(w http.ResponseWriter, r *http.Request) {
	for _, p := range s.config.Pods() {
		if p.Namespace != r.PathValue("namespace") || p.Name != r.PathValue("name") {
			continue
		}
		if measured := s.pod(p); measured != nil {
			respond(w, measured)
			return
		}
	}
	missing(w, "pods", r.PathValue("name"))
}

// node is a node's metrics, or nil while there are none.
func (s *Server) node(n Node) object {
	s.mu.Lock()
	defer s.mu.Unlock()
	both := s.samples[n.Name]
	cpu, known := rate(both[0], both[1], container{})
	if !known {
		return nil
	}
	shown := describe("NodeMetrics", meta.ObjectMeta{Name: n.Name, Labels: n.Labels}, both)
	shown["usage"] = quantities(cpu, both[1].used[container{}].memory)
	return shown
}

// pod is a pod's metrics, or nil while there are none of all of its containers.
func (s *Server) pod(p *core.Pod) object {
	if p.Status.Phase != core.PodRunning {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	both := s.samples[p.Spec.NodeName]
	containers := []object{}
	for _, c := range p.Spec.Containers {
		named := container{p.Namespace, p.Name, c.Name}
		cpu, known := rate(both[0], both[1], named)
		if !known {
			return nil
		}
		containers = append(containers, object{"name": c.Name, "usage": quantities(cpu, both[1].used[named].memory)})
	}
	shown := describe("PodMetrics", meta.ObjectMeta{Name: p.Name, Namespace: p.Namespace, Labels: p.Labels}, both)
	shown["containers"] = containers
	return shown
}

func describe(kind string, metadata meta.ObjectMeta, both [2]sample) object {
	return object{
		"kind": kind, "apiVersion": "metrics.k8s.io/v1beta1", "metadata": metadata,
		"timestamp": both[1].at.UTC().Format(time.RFC3339), "window": both[1].at.Sub(both[0].at).Round(time.Millisecond).String(),
	}
}

// quantities are processors and bytes as Kubernetes writes them.
func quantities(cpu, memory float64) object {
	return object{"cpu": fmt.Sprintf("%dn", int64(cpu*1e9)), "memory": fmt.Sprintf("%dKi", int64(memory)/1024)}
}

func missing(w http.ResponseWriter, resource, name string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusNotFound)
	_ = json.NewEncoder(w).Encode(object{ // the client may be gone
		"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": http.StatusNotFound,
		"message": fmt.Sprintf("%s.metrics.k8s.io %q not found", resource, name),
	})
}

func respond(w http.ResponseWriter, document object) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(document) // the client may be gone
}

// RequireName lets in who shows a certificate of one of the names.
func RequireName(names ...string) func(tls.ConnectionState) error {
	return func(state tls.ConnectionState) error {
		if len(state.PeerCertificates) > 0 && slices.Contains(names, state.PeerCertificates[0].Subject.CommonName) {
			return nil
		}
		return errors.New("only " + strings.Join(names, ", ") + " may ask")
	}
}
