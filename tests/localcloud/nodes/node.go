package nodes

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/genericcorp/platform/tests/localcloud/nodes/cgroups"
	"github.com/genericcorp/platform/tests/localcloud/nodes/fabric"
	"github.com/genericcorp/platform/tests/localcloud/nodes/machine"
	"github.com/genericcorp/platform/tests/localcloud/supervise"
)

// What a node can be.
const (
	StatePending     = "pending"     // it starts
	StateReady       = "ready"       // Kubernetes finds it ready
	StateNotReady    = "not ready"   // it runs, and Kubernetes does not find it ready
	StateDraining    = "draining"    // its pods go to other nodes, then it ends
	StateLost        = "lost"        // it has ended by itself, or was killed
	StateTerminating = "terminating" // its group no longer wants it
)

// metadata is where an instance asks about itself. A node has the address, and nobody listens there: pods have no business with it
// (the hop limit of 1 keeps them from it on EKS).
var metadata = netip.MustParseAddr("169.254.169.254")

// identity is where the agent of Pod Identity listens on every node.
var identity = netip.MustParseAddr("169.254.170.23")

// node is one machine of a group.
type node struct {
	name       string // ip-10-128-0-66.ec2.internal
	instance   string // i-0123456789abcdef0
	group      string
	subnet     Subnet
	block      block
	number     int
	started    time.Time
	size       size
	memory     int64
	reserved   int    // processors of the machine, in thousandths
	release    string // of its image
	revision   string // what it is made from: see Group
	typeName   string
	cgroup     cgroups.Group
	dir        string
	apiServer  string
	clusterDNS string

	// Of the manager's lock:
	state    string
	pid      int
	lostAt   time.Time
	rules    string // of network policies, that are in force
	labels   map[string]string
	taints   []Taint
	unwanted bool                    // somebody wants another in its place
	limit    time.Duration           // of the draining
	cancel   context.CancelCauseFunc // of the draining, while there is one
}

// reserve gives a new node of the group its place.
func (m *Manager) reserve(key string) (*node, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	g := m.groups[key]
	if g == nil {
		return nil, errors.New("the group is gone")
	}
	subnet := m.subnetOf(g)
	place, err := freeBlock(subnet.Prefix, func(p netip.Prefix) bool {
		return slices.ContainsFunc(m.nodes, func(n *node) bool { return n.block.prefix == p })
	})
	if err != nil {
		return nil, err
	}
	size, err := sizeOf(g.InstanceType)
	if err != nil {
		return nil, err
	}
	m.numbers++
	n := &node{
		// A node of a region other than us-east-1 has <region>.compute.internal
		// (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/hostname-types.html).
		name:     "ip-" + strings.ReplaceAll(place.node().String(), ".", "-") + "." + domainOf(m.config.Region),
		instance: fmt.Sprintf("i-0%016x", rand.Uint64()), //nolint:gosec // a name
		group:    key, subnet: subnet, block: place, number: m.numbers, size: size, typeName: g.InstanceType, started: time.Now(),
		release: g.Release, revision: g.revision(),
		taints: g.Taints, labels: labelsOf(g.Group, subnet, m.config.Region, g.Release), state: StatePending,
		apiServer: "https://" + net.JoinHostPort(nth(m.first, apiServerHost).String(), apiServerPort), clusterDNS: clusterDNS,
	}
	n.memory, n.reserved = size.onThisMachine()
	n.dir = filepath.Join(m.config.Dir, n.name)
	n.cgroup = m.host.Group(parent(m.config.Cloud) + "/" + n.name)
	m.nodes = append(m.nodes, n)
	return n, nil
}

// subnetOf is where the next node of a group starts: where the one is that it replaces, else where there are fewest.
func (m *Manager) subnetOf(g *groupState) Subnet {
	members := slices.DeleteFunc(slices.Clone(m.nodes), func(n *node) bool { return n.group != g.key() || n.state == StateTerminating })
	now := serving(members)
	if outdated := g.outdated(now); len(outdated) > 0 && len(now) >= g.Desired && slices.Contains(g.Subnets, outdated[0].subnet) {
		return outdated[0].subnet
	}
	return chooseSubnet(g.Subnets, m.nodes)
}

// clusterDNS is the address that EKS gives the service kube-dns of a cluster with the services 172.20.0.0/16.
const clusterDNS = "172.20.0.10"

func domainOf(region string) string {
	if region == "us-east-1" {
		return "ec2.internal"
	}
	return region + ".compute.internal"
}

// labelsOf are the labels that EKS gives the nodes of a group, with the group's own. The image is of the node's release, which may
// be older than the group's.
func labelsOf(g Group, subnet Subnet, region, release string) map[string]string {
	labels := map[string]string{
		"eks.amazonaws.com/nodegroup": g.Name, "eks.amazonaws.com/capacityType": g.CapacityType,
		"eks.amazonaws.com/nodegroup-image": imageOf(release),
		"node.kubernetes.io/instance-type":  g.InstanceType,
		"topology.kubernetes.io/region":     region, "topology.kubernetes.io/zone": subnet.Zone,
	}
	maps.Copy(labels, g.Labels)
	return labels
}

// imageOf names the image of a release, as EC2 names images. Every release here is the same programs.
func imageOf(release string) string {
	sum := sha256.Sum256([]byte(release))
	return "ami-0" + hex.EncodeToString(sum[:8])
}

// start starts the node and returns when its kubelet serves.
func (m *Manager) start(ctx context.Context, n *node) error {
	if err := m.writeFiles(n); err != nil {
		return fmt.Errorf("write the node's files: %w", err)
	}
	if err := n.cgroup.Create(n.memory); err != nil {
		return err
	}
	_, err := m.config.Group.Start(ctx, 0, func([]int) (supervise.Spec, error) {
		read, write, err := os.Pipe()
		if err != nil {
			return supervise.Spec{}, err
		}
		return supervise.Spec{
			Name: n.name, Command: []string{m.config.Self, machine.Command}, Address: net.JoinHostPort(n.block.node().String(), healthPort),
			Namespaces: machine.Namespaces, Files: []*os.File{read}, // becomes machine.Descriptor
			Started: func(pid int) error { return errors.Join(m.connect(n, pid, write), read.Close()) },
			Ready:   m.kubeletServes(n),
			Ended:   func() { m.lost(n) },
			// Nothing in it is told: a node is thrown away.
			StopSignal: killSignal,
		}, nil
	})
	return err
}

// connect gives the node, whose process 1 waits for that, its place in the network, and lets it begin.
func (m *Manager) connect(n *node, pid int, config io.WriteCloser) (err error) {
	defer func() { err = errors.Join(err, config.Close()) }()
	if err := n.cgroup.Add(pid); err != nil {
		return err
	}
	err = m.config.Fabric.Connect(fabric.Node{
		Link: fmt.Sprintf("node%d", n.number), Address: n.block.node(), Pods: n.block.prefix, Local: []netip.Addr{metadata, identity},
	}, pid)
	if err != nil {
		return err
	}
	if err := m.serveIdentity(pid); err != nil {
		return err
	}
	m.mu.Lock()
	n.pid = pid
	now := m.cluster
	m.mu.Unlock()
	if err := m.enforceOn(n, pid, now.Rules(n.name)); err != nil { // also shows that there are rules on this machine
		return err
	}
	return json.NewEncoder(config).Encode(m.machineConfig(n))
}

func (m *Manager) machineConfig(n *node) machine.Config {
	folder := func(tool string) string { return filepath.Dir(m.config.Tools[tool]) }
	kube := machine.Programs + "/kubernetes/kube"
	var imports [][]string
	for _, name := range imageNames {
		imports = append(imports, []string{
			machine.Programs + "/containers/ctr", "--address=/run/containerd/containerd.sock", "--namespace=k8s.io", "images", "import", "--digests=false",
			machine.Programs + "/images/" + name + ".tar",
		})
	}
	var labels []string
	for _, key := range slices.Sorted(maps.Keys(n.labels)) {
		labels = append(labels, key+"="+n.labels[key])
	}
	return machine.Config{
		Name: n.name, Dir: n.dir, Logs: m.config.Logs, Memory: n.memory,
		Programs: map[string]string{
			"kubernetes": folder("kube"), "containers": folder("containerd"), "runc": folder("runc"), "images": filepath.Join(m.config.Dir, "images"),
		},
		Daemons: []machine.Daemon{
			{
				Name: "containerd", Command: []string{machine.Programs + "/containers/containerd", "--config=/etc/containerd.toml", "--log-level=warn"},
				Socket: "/run/containerd/containerd.sock", Prepare: imports,
			},
			{Name: "kubelet", Command: []string{
				kube, "kubelet", "--config=/etc/kubernetes/kubelet.yaml", "--kubeconfig=/etc/kubernetes/kubelet.kubeconfig",
				"--hostname-override=" + n.name, "--node-ip=" + n.block.node().String(), "--node-labels=" + strings.Join(labels, ","),
			}},
			{Name: "kube-proxy", Command: []string{kube, "kube-proxy", "--config=/etc/kubernetes/kube-proxy.yaml"}},
		},
	}
}

const healthPort = "10248" // of a kubelet

// kubeletServes asks the kubelet whether it is well.
func (m *Manager) kubeletServes(n *node) func(context.Context) error {
	client := &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
			return m.config.Fabric.Dial(ctx, address)
		},
	}}
	return supervise.RespondsOK(client, "http://"+net.JoinHostPort(n.block.node().String(), healthPort)+"/healthz")
}

// lost notes that a node has ended by itself.
func (m *Manager) lost(n *node) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n.state != StateTerminating {
		n.state, n.lostAt = StateLost, time.Now()
		n.giveUp()
	}
	m.wake()
}

// terminate ends a node as the end of its instance does, and removes all that it had.
func (m *Manager) terminate(ctx context.Context, n *node) {
	m.mu.Lock()
	n.state = StateTerminating
	m.mu.Unlock()
	m.config.Group.End(n.name)
	err := errors.Join(n.cgroup.Remove(removeLimit), os.RemoveAll(n.dir), m.forget(ctx, n))
	m.mu.Lock()
	defer m.mu.Unlock()
	m.nodes = slices.DeleteFunc(m.nodes, func(other *node) bool { return other == n })
	if err != nil && ctx.Err() == nil {
		m.config.Report(fmt.Sprintf("what node %s left: %v", n.name, err))
	}
	m.wake()
}
