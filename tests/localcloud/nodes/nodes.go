// Package nodes runs the nodes of node groups: as many as each group desires, each a process of the local cloud with namespaces
// of its own, joined to the others by a network without a way out.
package nodes

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"

	"k8s.io/client-go/kubernetes"

	"github.com/genericcorp/platform/tests/localcloud/gateway/portforward"
	"github.com/genericcorp/platform/tests/localcloud/nodes/cgroups"
	"github.com/genericcorp/platform/tests/localcloud/nodes/fabric"
	"github.com/genericcorp/platform/tests/localcloud/nodes/policy"
	"github.com/genericcorp/platform/tests/localcloud/nodes/preflight"
	"github.com/genericcorp/platform/tests/localcloud/pki"
	"github.com/genericcorp/platform/tests/localcloud/supervise"
)

const (
	// replaceAfter is how long a node that was lost stays lost, as with an instance whose group notices it.
	replaceAfter = 60 * time.Second
	// retryAfter is the time between two attempts to start a node.
	retryAfter = 5 * time.Second
	// lookEvery is how often the Kubernetes API is asked which nodes are ready.
	lookEvery = 2 * time.Second
)

// Config is what nodes are made of.
type Config struct {
	Dir  string // for the nodes' files
	Logs string
	// Cloud is different for each local cloud of the machine: the name of its control groups.
	Cloud string
	// Self is the program that becomes process 1 of a node when it is called with machine.Command.
	Self string
	// Tools are the paths of the programs of nodes, by name.
	Tools     map[string]string
	Fabric    *fabric.Fabric
	Group     *supervise.Group
	Authority *pki.Authority
	// APIServer is host:port of the API server on the machine's loopback interface.
	APIServer string
	// AWS is host:port of the AWS API on the machine's loopback interface.
	AWS string
	// Registry is the registry of images, whose host in their names is RegistryHost.
	Registry     http.Handler
	RegistryHost string
	// Identity is the agent of Pod Identity as pods see it, and Webhook what tells new pods of it.
	Identity, Webhook http.Handler
	// Endpoints are the databases and caches that there are now.
	Endpoints func(context.Context) ([]Endpoint, error)
	// Kubeconfig is that of a user, for the API server at an address.
	Kubeconfig func(server, user string, groups ...string) ([]byte, error)
	// FrontProxy is the name by which the API server hands requests on.
	FrontProxy string
	// Kubernetes is an administrator's client.
	Kubernetes kubernetes.Interface
	// Kubectl runs kubectl as an administrator.
	Kubectl func(ctx context.Context, in io.Reader, args ...string) error
	Region  string
	// Host is the address of the machine's loopback interface at which node ports are open, and NewHost gives one to a load balancer.
	Host    string
	NewHost func() (string, error)
	// Begin starts what the first node needs, once.
	Begin  func(context.Context) error
	Report func(string)
}

// Manager keeps as many nodes running as their groups desire.
type Manager struct {
	config Config
	host   cgroups.Host
	stop   context.CancelFunc
	ended  sync.WaitGroup
	poke   chan struct{}

	published published // of run

	mu      sync.Mutex
	begun   bool
	groups  map[string]*groupState
	nodes   []*node
	numbers int // of nodes that were started
	turn    int // of connections to node ports
	offers  map[netip.AddrPort]*portforward.Forwarder
	offered map[netip.AddrPort]string // what server each leads to
	servers []*http.Server
	cluster policy.Cluster  // as the rules for packets know it
	addons  map[string]bool // that were asked for, and whether they are to be there
	first   netip.Prefix    // the subnet in which nodes and pods find the API server and the registry
}

type groupState struct {
	Group

	since   time.Time
	failure string
	retryAt time.Time
	stuck   string // why the replacing of nodes was given up
}

// New makes a manager without nodes.
func New(config Config) (*Manager, error) {
	host, err := cgroups.Find()
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	m := &Manager{config: config, host: host, stop: stop, poke: make(chan struct{}, 1), groups: map[string]*groupState{}, addons: map[string]bool{},
		offers: map[netip.AddrPort]*portforward.Forwarder{}, offered: map[netip.AddrPort]string{}}
	m.published = published{open: map[string]*portforward.Forwarder{}, refused: map[string]bool{}}
	m.ended.Go(func() { m.run(ctx) })
	return m, nil
}

// Apply makes a group, or makes it as it is asked for now. The nodes come and go afterwards.
func (m *Manager) Apply(group Group) error {
	if _, err := sizeOf(group.InstanceType); err != nil {
		return err
	}
	if len(group.Subnets) == 0 {
		return fmt.Errorf("node group %s has no subnets", group.Name)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.groups[group.key()] = &groupState{Group: group, since: time.Now()}
	m.wake()
	return nil
}

// Remove ends a group and its nodes, which are drained before. Status says when they are gone.
func (m *Manager) Remove(cluster, name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.groups, Group{Cluster: cluster, Name: name}.key())
	m.wake()
}

// Status is how far a group is.
func (m *Manager) Status(cluster, name string) Status {
	m.mu.Lock()
	defer m.mu.Unlock()
	key, status := Group{Cluster: cluster, Name: name}.key(), Status{}
	g := m.groups[key]
	if g != nil {
		status = Status{Failure: g.failure, Since: g.since, Stuck: g.stuck}
	}
	for _, n := range m.nodes {
		if n.group != key {
			continue
		}
		status.Nodes++
		if n.state == StateReady {
			status.Ready++
		}
		if g != nil && n.revision != g.revision() {
			status.Outdated++
		}
	}
	return status
}

// Kill ends a node as a power cut does. After a minute its group has another.
func (m *Manager) Kill(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := m.find(name)
	if n == nil || n.pid == 0 || n.state == StateLost {
		return fmt.Errorf("%w: %s", ErrNoNode, name)
	}
	return syscall.Kill(n.pid, syscall.SIGKILL)
}

// Replace drains and ends the node of an instance; its group has another. It reports whether there is such a node.
func (m *Manager) Replace(instance string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := slices.IndexFunc(m.nodes, func(n *node) bool { return n.instance == instance && n.state != StateTerminating })
	if at < 0 {
		return false
	}
	m.nodes[at].unwanted = true
	m.wake()
	return true
}

// ErrNoNode means that no node of that name runs.
var ErrNoNode = errors.New("no such node runs")

// Stop ends the managing: nodes no longer come and go.
func (m *Manager) Stop() {
	m.stop()
	m.ended.Wait()
}

// Close removes all that was made for nodes, when they have ended with their group of processes.
func (m *Manager) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.published.close()
	for _, offer := range m.offers {
		_ = offer.Close() // nobody is there any more
	}
	for _, server := range m.servers {
		_ = server.Close() // likewise
	}
	return RemoveLeftovers(m.config.Cloud, m.config.Dir)
}

// RemoveLeftovers removes what the nodes of a local cloud leave when it is killed: control groups and files. All else, the
// kernel removes.
func RemoveLeftovers(cloud, dir string) error {
	host, err := cgroups.Find()
	if err != nil {
		return nil //nolint:nilerr // there never were nodes on this machine
	}
	if err := host.Group(parent(cloud)).Remove(removeLimit); err != nil {
		return fmt.Errorf("remove the control groups of nodes: %w", err)
	}
	return os.RemoveAll(dir)
}

// removeLimit is for a busy machine, on which what was killed takes its time to go.
const removeLimit = time.Minute

// parent is the control group above those of a local cloud's nodes.
func parent(cloud string) string { return "genericcorp-" + cloud }

func (m *Manager) find(name string) *node {
	at := slices.IndexFunc(m.nodes, func(n *node) bool { return n.name == name })
	if at < 0 {
		return nil
	}
	return m.nodes[at]
}

// wake lets run look now. The lock is held.
func (m *Manager) wake() {
	select {
	case m.poke <- struct{}{}:
	default:
	}
}

func (m *Manager) run(ctx context.Context) {
	for {
		wait := time.Hour
		if m.active() {
			m.observe(ctx)
			m.reconcile(ctx)
			m.publish(ctx)
			wait = lookEvery
		}
		select {
		case <-ctx.Done():
			return
		case <-m.poke:
		case <-time.After(wait):
		}
	}
}

func (m *Manager) active() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.groups) > 0 || len(m.nodes) > 0
}

// reconcile starts and ends nodes until every group has what it desires.
func (m *Manager) reconcile(ctx context.Context) {
	change := m.plan()
	for _, n := range change.end {
		m.terminate(ctx, n)
	}
	for _, n := range change.leave {
		m.ended.Go(func() { m.leave(ctx, n) })
	}
	m.relabel(ctx)
	for _, key := range change.start {
		err := preflight.Inotify()
		if err == nil {
			err = m.begin(ctx)
		}
		if err != nil {
			m.fail(key, err)
			continue
		}
		n, err := m.reserve(key)
		if err != nil {
			m.fail(key, err)
			continue
		}
		m.ended.Go(func() {
			if err := m.start(ctx, n); err != nil && ctx.Err() == nil {
				m.fail(key, err)
				m.terminate(ctx, n)
			}
			m.mu.Lock()
			defer m.mu.Unlock()
			if n.state == StatePending {
				n.state = StateNotReady // until Kubernetes says otherwise
			}
			m.wake()
		})
	}
}

func (m *Manager) fail(key string, err error) {
	m.config.Report("a node of group " + key + " did not start: " + err.Error())
	m.mu.Lock()
	defer m.mu.Unlock()
	if g := m.groups[key]; g != nil {
		g.failure, g.retryAt = err.Error(), time.Now().Add(retryAfter)
	}
}

// begin starts, before the first node, what all nodes need.
func (m *Manager) begin(ctx context.Context) error {
	m.mu.Lock()
	begun := m.begun
	var subnets []Subnet
	for _, g := range m.groups {
		subnets = append(subnets, g.Subnets...)
	}
	m.mu.Unlock()
	if begun || len(subnets) == 0 {
		return nil
	}
	if err := os.MkdirAll(filepath.Join(m.config.Dir, "images"), 0o700); err != nil {
		return err
	}
	if err := m.writeImages(); err != nil {
		return err
	}
	first := slices.MinFunc(subnets, func(a, b Subnet) int { return a.Prefix.Addr().Compare(b.Prefix.Addr()) }).Prefix
	if err := m.serveVPC(ctx, first); err != nil {
		return err
	}
	if err := m.publishAPIServer(ctx, nth(first, apiServerHost)); err != nil {
		return err
	}
	if err := m.config.Begin(ctx); err != nil {
		return err
	}
	m.ended.Go(func() {
		if err := policy.Watch(ctx, m.config.Kubernetes, m.enforce); err != nil && ctx.Err() == nil {
			m.config.Report("network policies are no longer enforced: " + err.Error())
		}
	})
	m.mu.Lock()
	m.begun, m.first = true, first
	m.mu.Unlock()
	m.beginAddons()
	return nil
}
