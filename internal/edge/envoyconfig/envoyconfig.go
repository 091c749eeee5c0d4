// Package envoyconfig writes the configuration of the proxy at the edge, from Envoy's own types. One configuration serves a pod and a
// process on this machine. Its public listener has one route, and no request reaches that without a tenant and a limit: what does not
// answer closes.
package envoyconfig

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"time"

	bootstrapv3 "github.com/envoyproxy/go-control-plane/envoy/config/bootstrap/v3"
	clusterv3 "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	listenerv3 "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	overloadv3 "github.com/envoyproxy/go-control-plane/envoy/config/overload/v3"
	connectionsv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/resource_monitors/downstream_connections/v3"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/genericcorp/platform/internal/check"
)

// Settings are what differs from one place to another.
type Settings struct {
	Node      string // a name of this proxy, for the log
	Public    Address
	Health    Address // answers /readyz, for the cluster and the load balancer
	Admin     Address // loopback alone: whoever reaches it can do anything to the proxy
	Gate      Address // services/gate
	Counting  Address // the service that counts (package counting)
	Workload  Address // whose requests they are
	TLS       *TLS    // nil: a load balancer in front of it ends TLS
	Resources Resources
}

// Address is a host, by name or by address, and a port.
type Address struct {
	Host string
	Port int
}

// TLS are files in PEM.
type TLS struct{ Certificate, Key string }

// Resources bound what clients can take of the proxy. Zero values are defaults.
type Resources struct {
	Connections int // at once, of all clients: default 10,000
}

const defaultConnections = 10_000

// hostPattern is a DNS name or an address.
var hostPattern = regexp.MustCompile(`^[A-Za-z0-9.:-]{1,253}$`)

func (s Settings) check() error {
	p := check.Under("the proxy's configuration: ")
	p.Require(s.Node != "", "node", s.Node, "a name")
	for _, one := range []struct {
		name    string
		address Address
	}{{"public", s.Public}, {"health", s.Health}, {"admin", s.Admin}, {"gate", s.Gate}, {"counting", s.Counting}, {"workload", s.Workload}} {
		p.Require(hostPattern.MatchString(one.address.Host), one.name+".host", one.address.Host, "a DNS name or an address")
		p.Between(one.name+".port", one.address.Port, 1, 1<<16-1)
	}
	admin, err := netip.ParseAddr(s.Admin.Host)
	p.Require(err == nil && admin.IsLoopback(), "admin.host", s.Admin.Host, "a loopback address: whoever reaches it can read and stop everything", "admin.host")
	p.Require(s.TLS == nil || s.TLS.Certificate != "" && s.TLS.Key != "", "tls", check.Words("one file"), "the files of a certificate and of its key")
	p.Require(s.Resources.Connections >= 0, "resources.connections", s.Resources.Connections, "0 or more")
	checkTiers(p)
	return p.Err()
}

// JSON is the configuration, as Envoy reads it from a file whose name ends with .json.
func JSON(s Settings) ([]byte, error) {
	b, err := Bootstrap(s)
	if err != nil {
		return nil, err
	}
	text, err := protojson.Marshal(b)
	if err != nil {
		return nil, fmt.Errorf("write the proxy's configuration: %w", err)
	}
	// What protojson writes differs in spaces from one build of this program to the next, on purpose. The same configuration must be the
	// same text: another one makes other pods. https://pkg.go.dev/google.golang.org/protobuf/encoding/protojson#MarshalOptions.Marshal
	var same, indented bytes.Buffer
	if err := errors.Join(json.Compact(&same, text), json.Indent(&indented, same.Bytes(), "", " ")); err != nil {
		return nil, fmt.Errorf("write the proxy's configuration: %w", err)
	}
	return indented.Bytes(), nil
}

// Bootstrap is the configuration in Envoy's type.
func Bootstrap(s Settings) (*bootstrapv3.Bootstrap, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	w := &writer{}
	b := &bootstrapv3.Bootstrap{
		Node:  &corev3.Node{Id: s.Node, Cluster: "edge"},
		Admin: &bootstrapv3.Admin{Address: s.Admin.socket()},
		StaticResources: &bootstrapv3.Bootstrap_StaticResources{
			Listeners: []*listenerv3.Listener{w.public(s), w.health(s)},
			Clusters: []*clusterv3.Cluster{
				w.called(gate, s.Gate, answerPing), w.called(gateLog, s.Gate, tellPing), w.called(counting, s.Counting, answerPing), w.workload(s.Workload),
			},
		},
		OverloadManager: w.overload(s.Resources),
	}
	if w.err != nil {
		return nil, fmt.Errorf("write the proxy's configuration: %w", w.err)
	}
	return b, nil
}

// The names of clusters.
const (
	gate     = "gate"
	gateLog  = "gate-log" // gate, on connections of their own
	counting = "counting"
	workload = "workload"
)

// overload refuses connections beyond what the memory is meant for.
func (w *writer) overload(r Resources) *overloadv3.OverloadManager {
	most := int64(r.Connections)
	if most == 0 {
		most = defaultConnections
	}
	return &overloadv3.OverloadManager{ResourceMonitors: []*overloadv3.ResourceMonitor{{
		Name: "envoy.resource_monitors.global_downstream_max_connections",
		ConfigType: &overloadv3.ResourceMonitor_TypedConfig{
			TypedConfig: w.pack(&connectionsv3.DownstreamConnectionsConfig{MaxActiveDownstreamConnections: most}),
		},
	}}}
}

// writer packs messages and keeps the first error.
type writer struct{ err error }

func (w *writer) pack(message proto.Message) *anypb.Any {
	packed, err := anypb.New(message)
	if err != nil && w.err == nil {
		w.err = err
	}
	return packed
}

func (a Address) socket() *corev3.Address {
	return &corev3.Address{Address: &corev3.Address_SocketAddress{SocketAddress: &corev3.SocketAddress{
		Address: a.Host, PortSpecifier: &corev3.SocketAddress_PortValue{PortValue: uint32(a.Port)}, //nolint:gosec // a port, checked
	}}}
}

func seconds(n int) *durationpb.Duration { return durationpb.New(time.Duration(n) * time.Second) }

func milliseconds(n int) *durationpb.Duration {
	return durationpb.New(time.Duration(n) * time.Millisecond)
}

func number(n uint32) *wrapperspb.UInt32Value { return wrapperspb.UInt32(n) }

func yes() *wrapperspb.BoolValue { return wrapperspb.Bool(true) }
func no() *wrapperspb.BoolValue  { return wrapperspb.Bool(false) }
