package envoyconfig

import (
	"github.com/genericcorp/platform/internal/edge"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	listenerv3 "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	routev3 "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	healthv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/health_check/v3"
	routerv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/router/v3"
	managerv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	tlsv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/transport_sockets/tls/v3"
	matcherv3 "github.com/envoyproxy/go-control-plane/envoy/type/matcher/v3"
	metadatav3 "github.com/envoyproxy/go-control-plane/envoy/type/metadata/v3"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// Bounds of what a client may send, and of how long it may take. Envoy's own advice for an edge:
// https://www.envoyproxy.io/docs/envoy/v1.37.0/configuration/best_practices/edge
const (
	mostHeadersKiB = 24
	mostHeaders    = 100
	mostBodyBytes  = 1 << 20
	mostStreams    = 100 // of one HTTP/2 connection at once
	buffer         = 32 << 10
	streamWindow   = 64 << 10
	connWindow     = 1 << 20
	headersSeconds = 10 // until all headers are there
	requestSeconds = 30 // until all of the request is there
	idleSeconds    = 60
	// answerSeconds is how long a workload may take.
	answerSeconds = 30
)

// public is the listener that clients reach.
func (w *writer) public(s Settings) *listenerv3.Listener {
	l := w.listener("public", s.Public, &managerv3.HttpConnectionManager{
		StatPrefix:  "public",
		HttpFilters: w.filters(),
		RouteSpecifier: &managerv3.HttpConnectionManager_RouteConfig{RouteConfig: &routev3.RouteConfiguration{
			Name: "public", VirtualHosts: []*routev3.VirtualHost{{Name: "all", Domains: []string{"*"}, Routes: routes()}},
			// A name in two spellings would be two hosts here, and one for gate: gate alone reads it.
		}},
		AccessLog:        w.accessLogs(),
		LocalReplyConfig: w.replies(),

		// The client's address is that of its connection: whatever it says of itself in X-Forwarded-For is dropped.
		UseRemoteAddress: yes(), SkipXffAppend: false, XffNumTrustedHops: 0,
		GenerateRequestId: yes(), PreserveExternalRequestId: false,
		ServerName: "edge", ServerHeaderTransformation: managerv3.HttpConnectionManager_OVERWRITE,

		// What two programs could read in two ways, only one of them will see.
		NormalizePath: yes(), MergeSlashes: true, PathWithEscapedSlashesAction: managerv3.HttpConnectionManager_REJECT_REQUEST,
		StreamErrorOnInvalidHttpMessage: no(), // the connection ends: what follows could be the rest of a smuggled request
		HttpProtocolOptions: &corev3.Http1ProtocolOptions{
			AllowAbsoluteUrl: no(), // its host could be another than that of the header
			// A body has one length: one that says both its length and that it comes in chunks is refused.
			AllowChunkedLength: false, AcceptHttp_10: false,
		},
		Http2ProtocolOptions: &corev3.Http2ProtocolOptions{
			MaxConcurrentStreams: number(mostStreams), InitialStreamWindowSize: number(streamWindow), InitialConnectionWindowSize: number(connWindow),
		},
		CommonHttpProtocolOptions: &corev3.HttpProtocolOptions{
			IdleTimeout: seconds(idleSeconds), MaxHeadersCount: number(mostHeaders),
			// Some programs take an underscore for a hyphen: X_Tenant would be X-Tenant to them.
			HeadersWithUnderscoresAction: corev3.HttpProtocolOptions_REJECT_REQUEST,
		},
		MaxRequestHeadersKb: number(mostHeadersKiB),
		RequestTimeout:      seconds(requestSeconds), RequestHeadersTimeout: seconds(headersSeconds), StreamIdleTimeout: seconds(idleSeconds),
		DrainTimeout: seconds(5), DelayedCloseTimeout: seconds(1),
		// No UpgradeConfigs: WebSockets and CONNECT are refused. One would be counted once and go on for hours.
	})
	if s.TLS != nil {
		file := func(path string) *corev3.DataSource {
			return &corev3.DataSource{Specifier: &corev3.DataSource_Filename{Filename: path}}
		}
		l.FilterChains[0].TransportSocket = &corev3.TransportSocket{Name: "envoy.transport_sockets.tls", ConfigType: &corev3.TransportSocket_TypedConfig{
			TypedConfig: w.pack(&tlsv3.DownstreamTlsContext{CommonTlsContext: &tlsv3.CommonTlsContext{
				TlsParams:       &tlsv3.TlsParameters{TlsMinimumProtocolVersion: tlsv3.TlsParameters_TLSv1_2},
				TlsCertificates: []*tlsv3.TlsCertificate{{CertificateChain: file(s.TLS.Certificate), PrivateKey: file(s.TLS.Key)}},
				AlpnProtocols:   []string{"h2", "http/1.1"},
			}}),
		}}
	}
	return l
}

// routes lead every request to the workload, or nowhere. A redirect or a page of the proxy's own would be an answer that nobody counts. So
// would be that to a request without a route: the filters that count for tenants and ask gate leave it out, while the one that takes the
// body waits for it. A tunnel has no path, so it needs a route of its own for gate to refuse it.
// https://www.envoyproxy.io/docs/envoy/v1.40.0/faq/debugging/why_is_envoy_404ing_connect_requests
func routes() []*routev3.Route {
	action := &routev3.Route_Route{Route: &routev3.RouteAction{
		ClusterSpecifier: &routev3.RouteAction_Cluster{Cluster: workload},
		Timeout:          seconds(answerSeconds),
		// No RetryPolicy: a workload would see a request twice that was counted once.
		RateLimits: []*routev3.RateLimit{within(edge.WindowSecond, edge.MetadataSecond), within(edge.WindowDay, edge.MetadataDay)},
	}}
	return []*routev3.Route{
		{Name: "workload", Match: &routev3.RouteMatch{PathSpecifier: &routev3.RouteMatch_Prefix{Prefix: "/"}}, Action: action},
		{Name: "tunnel", Match: &routev3.RouteMatch{PathSpecifier: &routev3.RouteMatch_ConnectMatcher_{ConnectMatcher: &routev3.RouteMatch_ConnectMatcher{}}}, Action: action},
	}
}

// within counts the tenant's requests in a window, by what gate has said. Without the limit in what it said, the counting service takes its
// own, the least of all.
func within(window, limit string) *routev3.RateLimit {
	return &routev3.RateLimit{
		Actions: []*routev3.RateLimit_Action{
			{ActionSpecifier: &routev3.RateLimit_Action_Metadata{Metadata: &routev3.RateLimit_Action_MetaData{
				DescriptorKey: edge.CountTenant, MetadataKey: key(edge.MetadataTenant), Source: routev3.RateLimit_Action_MetaData_DYNAMIC,
				DefaultValue: "unknown", // else a request without a tenant would not be counted at all
			}}},
			{ActionSpecifier: &routev3.RateLimit_Action_GenericKey_{GenericKey: &routev3.RateLimit_Action_GenericKey{
				DescriptorKey: edge.CountWindow, DescriptorValue: window,
			}}},
		},
		Limit: &routev3.RateLimit_Override{OverrideSpecifier: &routev3.RateLimit_Override_DynamicMetadata_{
			DynamicMetadata: &routev3.RateLimit_Override_DynamicMetadata{MetadataKey: key(limit)},
		}},
	}
}

// key is where gate's answer has a value.
func key(name string) *metadatav3.MetadataKey {
	return &metadatav3.MetadataKey{Key: edge.MetadataNamespace, Path: []*metadatav3.MetadataKey_PathSegment{{
		Segment: &metadatav3.MetadataKey_PathSegment_Key{Key: name},
	}}}
}

// PathLive is where the health listener answers as long as the proxy works, also while it drains.
const PathLive = "/livez"

// health is a listener of its own: on the public one its answer would be outside of every limit. It says no while the proxy drains. It
// answers, too, when clients have all the connections that there may be: else the cluster would take a proxy that is busy for one that is
// dead.
func (w *writer) health(s Settings) *listenerv3.Listener {
	l := w.listener("health", s.Health, &managerv3.HttpConnectionManager{
		StatPrefix: "health",
		HttpFilters: []*managerv3.HttpFilter{
			w.filter("envoy.filters.http.health_check", &healthv3.HealthCheck{PassThroughMode: no(), Headers: []*routev3.HeaderMatcher{{
				Name: ":path", HeaderMatchSpecifier: &routev3.HeaderMatcher_StringMatch{
					StringMatch: &matcherv3.StringMatcher{MatchPattern: &matcherv3.StringMatcher_Exact{Exact: edge.PathReady}},
				},
			}}}),
			w.filter("envoy.filters.http.router", &routerv3.Router{}),
		},
		RouteSpecifier: &managerv3.HttpConnectionManager_RouteConfig{RouteConfig: &routev3.RouteConfiguration{
			Name: "health", VirtualHosts: []*routev3.VirtualHost{{Name: "all", Domains: []string{"*"}, Routes: []*routev3.Route{{
				Match:  &routev3.RouteMatch{PathSpecifier: &routev3.RouteMatch_Path{Path: PathLive}},
				Action: &routev3.Route_DirectResponse{DirectResponse: &routev3.DirectResponseAction{Status: 200}},
			}}}},
		}},
		RequestTimeout: seconds(headersSeconds), StreamIdleTimeout: seconds(headersSeconds),
		CommonHttpProtocolOptions: &corev3.HttpProtocolOptions{IdleTimeout: seconds(headersSeconds)},
	})
	l.IgnoreGlobalConnLimit = true
	return l
}

func (w *writer) listener(name string, at Address, manager *managerv3.HttpConnectionManager) *listenerv3.Listener {
	return &listenerv3.Listener{
		Name: name, Address: at.socket(), PerConnectionBufferLimitBytes: wrapperspb.UInt32(buffer),
		FilterChains: []*listenerv3.FilterChain{{Filters: []*listenerv3.Filter{{
			Name: "envoy.filters.network.http_connection_manager", ConfigType: &listenerv3.Filter_TypedConfig{TypedConfig: w.pack(manager)},
		}}}},
	}
}

func (w *writer) filter(name string, config proto.Message) *managerv3.HttpFilter {
	return &managerv3.HttpFilter{Name: name, ConfigType: &managerv3.HttpFilter_TypedConfig{TypedConfig: w.pack(config)}}
}
