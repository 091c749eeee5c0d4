package envoyconfig

import (
	xdstype "github.com/cncf/xds/go/xds/type/v3"
	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	ratelimitv3 "github.com/envoyproxy/go-control-plane/envoy/config/ratelimit/v3"
	bufferv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/buffer/v3"
	authzv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/ext_authz/v3"
	limitv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/ratelimit/v3"
	routerv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/router/v3"
	managerv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	matcherv3 "github.com/envoyproxy/go-control-plane/envoy/type/matcher/v3"
	typev3 "github.com/envoyproxy/go-control-plane/envoy/type/v3"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/genericcorp/platform/internal/edge"
)

// filters are what each request passes, in this order. The buffer comes after the limits, so that nobody fills memory who is refused.
func (w *writer) filters() []*managerv3.HttpFilter {
	return []*managerv3.HttpFilter{
		w.byAddress(),
		w.filter("envoy.filters.http.ext_authz", authorization()),
		w.byTenant(),
		w.filter("envoy.filters.http.buffer", &bufferv3.Buffer{MaxRequestBytes: number(mostBodyBytes)}),
		w.filter("envoy.filters.http.router", &routerv3.Router{SuppressEnvoyHeaders: true}), // they would tell of the inside
	}
}

func authorization() *authzv3.ExtAuthz {
	exact := func(name string) *matcherv3.StringMatcher {
		return &matcherv3.StringMatcher{MatchPattern: &matcherv3.StringMatcher_Exact{Exact: name}}
	}
	// Cookies and credentials are none of gate's business.
	needed := []*matcherv3.StringMatcher{
		exact("host"), exact("accept"), exact("content-type"), exact(edge.HeaderRequest), {MatchPattern: &matcherv3.StringMatcher_Prefix{Prefix: edge.ReservedPrefix}, IgnoreCase: true},
	}
	for _, name := range edge.MethodOverrides() {
		needed = append(needed, exact(name))
	}
	return &authzv3.ExtAuthz{
		StatPrefix:          "gate",
		TransportApiVersion: corev3.ApiVersion_V3,
		Services:            &authzv3.ExtAuthz_GrpcService{GrpcService: service(gate, 1000)},
		FailureModeAllow:    false,
		StatusOnError:       status(typev3.StatusCode_ServiceUnavailable),
		ValidateMutations:   true,
		IncludeTlsSession:   true,
		AllowedHeaders:      &matcherv3.ListStringMatcher{Patterns: needed},
	}
}

// byTenant asks the counting service about what the route counts.
func (w *writer) byTenant() *managerv3.HttpFilter {
	return w.filter("envoy.filters.http.ratelimit", w.with(&limitv3.RateLimit{
		Domain: edge.CountDomain, Timeout: milliseconds(500), FailureModeDeny: true,
		StatusOnError:                  status(typev3.StatusCode_ServiceUnavailable),
		RateLimitService:               &ratelimitv3.RateLimitServiceConfig{TransportApiVersion: corev3.ApiVersion_V3, GrpcService: service(counting, 500)},
		DisableXEnvoyRatelimitedHeader: true,
		EnableXRatelimitHeaders:        limitv3.RateLimit_DRAFT_VERSION_03,
	}, retryAfter, structpb.NewBoolValue(true)))
}

// retryAfter is a field of Envoy 1.40 that the published types, of 1.37, do not have yet: the largest time until a limit's window ends,
// in whole seconds, is the header Retry-After.
const retryAfter = "enable_retry_after_header"

// with is a message with a field that its type does not know, in the form in which Envoy reads it all the same.
func (w *writer) with(message proto.Message, field string, value *structpb.Value) proto.Message {
	text, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(message)
	fields := &structpb.Struct{}
	if err == nil {
		err = protojson.Unmarshal(text, fields)
	}
	if err != nil {
		w.err = err
		return message
	}
	fields.Fields[field] = value
	return &xdstype.TypedStruct{TypeUrl: "type.googleapis.com/" + string(proto.MessageName(message)), Value: fields}
}

func service(cluster string, timeout int) *corev3.GrpcService {
	return &corev3.GrpcService{
		TargetSpecifier: &corev3.GrpcService_EnvoyGrpc_{EnvoyGrpc: &corev3.GrpcService_EnvoyGrpc{ClusterName: cluster}},
		Timeout:         milliseconds(timeout),
	}
}

func status(code typev3.StatusCode) *typev3.HttpStatus { return &typev3.HttpStatus{Code: code} }
