package envoyconfig

import (
	clusterv3 "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	endpointv3 "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
	httpv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/upstreams/http/v3"
	"google.golang.org/protobuf/types/known/anypb"
)

const (
	// answerPing is how long a service that is asked may be silent on a connection before another is opened, to another of it if there is one.
	answerPing = 2
	// tellPing is how long gate may, to which the log goes: what was just told on a connection that is ended is lost, and a request can be
	// asked about again while a log entry is sent once. So a gate that stands still for seconds, on a busy node, is waited for.
	tellPing = 15
)

// called is a service that the proxy calls by gRPC. One whose machine is gone says nothing: it is found by a ping, whose answer may take so
// many seconds.
func (w *writer) called(name string, at Address, ping int) *clusterv3.Cluster {
	c := cluster(name, at)
	c.TypedExtensionProtocolOptions = map[string]*anypb.Any{
		"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": w.pack(&httpv3.HttpProtocolOptions{
			UpstreamProtocolOptions: &httpv3.HttpProtocolOptions_ExplicitHttpConfig_{ExplicitHttpConfig: &httpv3.HttpProtocolOptions_ExplicitHttpConfig{
				ProtocolConfig: &httpv3.HttpProtocolOptions_ExplicitHttpConfig_Http2ProtocolOptions{Http2ProtocolOptions: &corev3.Http2ProtocolOptions{
					ConnectionKeepalive: &corev3.KeepaliveSettings{Interval: seconds(15), Timeout: seconds(ping)},
				}},
			}},
		}),
	}
	return c
}

func (w *writer) workload(at Address) *clusterv3.Cluster {
	c := cluster(workload, at)
	c.TypedExtensionProtocolOptions = map[string]*anypb.Any{
		"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": w.pack(&httpv3.HttpProtocolOptions{
			// Shorter than the workload's own, which would close a connection just when a request comes on it.
			CommonHttpProtocolOptions: &corev3.HttpProtocolOptions{IdleTimeout: seconds(30)},
			UpstreamProtocolOptions: &httpv3.HttpProtocolOptions_ExplicitHttpConfig_{ExplicitHttpConfig: &httpv3.HttpProtocolOptions_ExplicitHttpConfig{
				ProtocolConfig: &httpv3.HttpProtocolOptions_ExplicitHttpConfig_HttpProtocolOptions{HttpProtocolOptions: &corev3.Http1ProtocolOptions{}},
			}},
		}),
	}
	return c
}

// cluster is all machines that the name stands for. It asks for them again as often as DNS allows.
func cluster(name string, at Address) *clusterv3.Cluster {
	return &clusterv3.Cluster{
		Name:                 name,
		ClusterDiscoveryType: &clusterv3.Cluster_Type{Type: clusterv3.Cluster_STRICT_DNS},
		ConnectTimeout:       seconds(1),
		LoadAssignment: &endpointv3.ClusterLoadAssignment{ClusterName: name, Endpoints: []*endpointv3.LocalityLbEndpoints{{
			LbEndpoints: []*endpointv3.LbEndpoint{{HostIdentifier: &endpointv3.LbEndpoint_Endpoint{Endpoint: &endpointv3.Endpoint{Address: at.socket()}}}},
		}}},
		// What waits for a service that is slow takes memory: beyond this it is refused. Envoy's default is 1024 of each.
		CircuitBreakers: &clusterv3.CircuitBreakers{Thresholds: []*clusterv3.CircuitBreakers_Thresholds{{
			MaxConnections: number(1024), MaxPendingRequests: number(1024), MaxRequests: number(4096),
		}}},
	}
}
