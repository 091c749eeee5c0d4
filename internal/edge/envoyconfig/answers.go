package envoyconfig

import (
	"net/http"

	accesslogv3 "github.com/envoyproxy/go-control-plane/envoy/config/accesslog/v3"
	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	celv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/access_loggers/filters/cel/v3"
	grpclogv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/access_loggers/grpc/v3"
	streamv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/access_loggers/stream/v3"
	managerv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	typev3 "github.com/envoyproxy/go-control-plane/envoy/type/v3"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/genericcorp/platform/internal/edge"
)

// accessLogs are a line of each request for people, but of most that sent too much, and an entry of each for gate, which counts.
func (w *writer) accessLogs() []*accesslogv3.AccessLog {
	return []*accesslogv3.AccessLog{
		{Name: "envoy.access_loggers.stdout", Filter: sampled(), ConfigType: &accesslogv3.AccessLog_TypedConfig{TypedConfig: w.pack(&streamv3.StdoutAccessLog{
			AccessLogFormat: &streamv3.StdoutAccessLog_LogFormat{LogFormat: format(line)},
		})}},
		{Name: "envoy.access_loggers.http_grpc", ConfigType: &accesslogv3.AccessLog_TypedConfig{TypedConfig: w.pack(&grpclogv3.HttpGrpcAccessLogConfig{
			CommonConfig: &grpclogv3.CommonGrpcAccessLogConfig{
				LogName: "requests", TransportApiVersion: corev3.ApiVersion_V3,
				GrpcService: &corev3.GrpcService{TargetSpecifier: &corev3.GrpcService_EnvoyGrpc_{EnvoyGrpc: &corev3.GrpcService_EnvoyGrpc{ClusterName: gateLog}}},
				// So long a request that has ended counts as under way, by the limit of those at once.
				BufferFlushInterval: milliseconds(100),
			},
		})}},
	}
}

// line has neither path nor query, in which links that log in carry their secret, and no header of the client's but its host.
var line = map[string]string{
	"time": "%START_TIME%", "id": "%REQ(X-REQUEST-ID)%", "tenant": "%DYNAMIC_METADATA(" + edge.MetadataNamespace + ":" + edge.MetadataTenant + ")%",
	"address": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%", "host": "%REQ(:AUTHORITY):253%", "method": "%REQ(:METHOD)%", "protocol": "%PROTOCOL%",
	"status": "%RESPONSE_CODE%", "details": "%RESPONSE_CODE_DETAILS%", "flags": "%RESPONSE_FLAGS%", "bytesIn": "%BYTES_RECEIVED%", "bytesOut": "%BYTES_SENT%",
	"milliseconds": "%DURATION%", "workloadMilliseconds": "%RESPONSE_DURATION%",
}

// sampledPercent of the requests that get 429 have a line: a flood is answered with nothing else, and gate counts them all.
const sampledPercent = 10

// sampled lets through every line but those of most requests that sent too much.
func sampled() *accesslogv3.AccessLogFilter {
	return &accesslogv3.AccessLogFilter{FilterSpecifier: &accesslogv3.AccessLogFilter_OrFilter{OrFilter: &accesslogv3.OrFilter{
		Filters: []*accesslogv3.AccessLogFilter{
			{FilterSpecifier: &accesslogv3.AccessLogFilter_StatusCodeFilter{StatusCodeFilter: &accesslogv3.StatusCodeFilter{
				Comparison: &accesslogv3.ComparisonFilter{Op: accesslogv3.ComparisonFilter_NE, Value: &corev3.RuntimeUInt32{DefaultValue: http.StatusTooManyRequests}},
			}}},
			{FilterSpecifier: &accesslogv3.AccessLogFilter_RuntimeFilter{RuntimeFilter: &accesslogv3.RuntimeFilter{
				RuntimeKey:     "access_log.too_many_requests", // Envoy demands one; nothing sets it
				PercentSampled: &typev3.FractionalPercent{Numerator: sampledPercent}, UseIndependentRandomness: true,
			}}},
		},
	}}}
}

// replies give what the proxy itself refuses a body that programs can read. Gate's own answers stay as they are.
func (w *writer) replies() *managerv3.LocalReplyConfig {
	reply := func(filter *accesslogv3.AccessLogFilter, code, message string) *managerv3.ResponseMapper {
		return &managerv3.ResponseMapper{Filter: filter, BodyFormatOverride: format(map[string]string{"code": code, "message": message})}
	}
	flag := func(flag string) *accesslogv3.AccessLogFilter {
		return &accesslogv3.AccessLogFilter{FilterSpecifier: &accesslogv3.AccessLogFilter_ResponseFlagFilter{
			ResponseFlagFilter: &accesslogv3.ResponseFlagFilter{Flags: []string{flag}},
		}}
	}
	return &managerv3.LocalReplyConfig{Mappers: []*managerv3.ResponseMapper{
		reply(w.toAddress(), edge.CodeTooMany, edge.MessageTooManyAddress),
		reply(flag("RL"), edge.CodeTooMany, edge.MessageTooMany),
		reply(flag("RLSE"), "unavailable", "this service cannot count requests at the moment: try again"),
		reply(flag("UF"), "unavailable", "the application does not answer: try again"),
		reply(flag("UT"), "timeout", "the application took too long"),
	}}
}

// toAddress is a filter for refusals to an address that sends too much. The limit sets its flag too late for its answer.
func (w *writer) toAddress() *accesslogv3.AccessLogFilter {
	return &accesslogv3.AccessLogFilter{FilterSpecifier: &accesslogv3.AccessLogFilter_ExtensionFilter{ExtensionFilter: &accesslogv3.ExtensionFilter{
		Name: "envoy.access_loggers.extension_filters.cel",
		ConfigType: &accesslogv3.ExtensionFilter_TypedConfig{TypedConfig: w.pack(&celv3.ExpressionFilter{
			Expression: `response.code_details == "local_rate_limited"`,
		})},
	}}}
}

func format(fields map[string]string) *corev3.SubstitutionFormatString {
	values := map[string]*structpb.Value{}
	for name, value := range fields {
		values[name] = structpb.NewStringValue(value)
	}
	return &corev3.SubstitutionFormatString{Format: &corev3.SubstitutionFormatString_JsonFormat{JsonFormat: &structpb.Struct{Fields: values}}}
}
