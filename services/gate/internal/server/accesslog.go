package server

import (
	"errors"
	"io"
	"sync/atomic"

	accesslogv3 "github.com/envoyproxy/go-control-plane/envoy/data/accesslog/v3"
	alsv3 "github.com/envoyproxy/go-control-plane/envoy/service/accesslog/v3"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/genericcorp/platform/internal/edge"
	"github.com/genericcorp/platform/services/gate/internal/host"
	"github.com/genericcorp/platform/services/gate/internal/usage"
)

// AccessLog counts the requests that the proxy tells of, and ends their leases. It keeps nothing of a single one.
type AccessLog struct {
	alsv3.UnimplementedAccessLogServiceServer

	Domain host.Domain
	Known  func(slug string) bool // is there such a tenant, as far as anybody here has ever heard
	Usage  *usage.Recorder
	Leases Leases

	stopping atomic.Bool // each stream is to end after what comes next on it
}

// StreamAccessLogs implements the proxy's log. https://www.envoyproxy.io/docs/envoy/v1.37.0/api-v3/service/accesslog/v3/als.proto
func (a *AccessLog) StreamAccessLogs(stream alsv3.AccessLogService_StreamAccessLogsServer) error {
	for {
		message, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return stream.SendAndClose(&alsv3.StreamAccessLogsResponse{})
		}
		if err != nil {
			return err
		}
		for _, entry := range message.GetHttpLogs().GetLogEntry() {
			a.Usage.Add(a.count(entry))
			a.end(entry)
		}
		if a.stopping.Load() { // now, when the proxy has just sent what it had, and sends no more for a moment
			return stream.SendAndClose(&alsv3.StreamAccessLogsResponse{})
		}
	}
}

// end ends a request's lease. The proxy does not know of one where gate answered later than it waits, or its client: then the lease's name is
// the request's ID, and whose it is says the host.
func (a *AccessLog) end(entry *accesslogv3.HTTPAccessLogEntry) {
	if lease := told(entry)[edge.MetadataLease].GetStringValue(); lease != "" {
		a.Leases.End(told(entry)[edge.MetadataTenant].GetStringValue(), lease)
		return
	}
	details := entry.GetResponse().GetResponseCodeDetails()
	if details == refusedByGate || details == refusedByAddress {
		return
	}
	if tenant, err := a.Domain.Tenant(entry.GetRequest().GetAuthority(), ""); err == nil {
		a.Leases.End(tenant, entry.GetRequest().GetRequestId())
	}
}

// Envoy's details of an answer: https://www.envoyproxy.io/docs/envoy/v1.37.0/configuration/http/http_conn_man/response_code_details
const (
	fromWorkload     = "via_upstream"
	refusedByGate    = "ext_authz_denied"
	refusedByAddress = "local_rate_limited" // before gate is asked
)

func (a *AccessLog) count(entry *accesslogv3.HTTPAccessLogEntry) usage.Entry {
	common, request, response := entry.GetCommonProperties(), entry.GetRequest(), entry.GetResponse()
	duration, flags := common.GetDuration().AsDuration(), common.GetResponseFlags()
	served, broken := response.GetResponseCodeDetails() == fromWorkload, failed(entry)
	return usage.Entry{
		Tenant: a.whose(entry, broken),
		Ended:  common.GetStartTime().AsTime().Add(duration),
		Served: served, Failed: broken, Slow: served && !broken && slow(entry),
		// Gate tells the tier of what it lets pass alone, and then the limits decide.
		Admitted: told(entry)[edge.MetadataTier].GetStringValue() != "" && !flags.GetRateLimited() && !flags.GetRateLimitServiceError(),
		BytesIn:  int64(request.GetRequestHeadersBytes() + request.GetRequestBodyBytes()),     //nolint:gosec // far below
		BytesOut: int64(response.GetResponseHeadersBytes() + response.GetResponseBodyBytes()), //nolint:gosec // far below
		Duration: duration,
	}
}

// told is what the proxy was told when it asked, and not what the client sent.
func told(entry *accesslogv3.HTTPAccessLogEntry) map[string]*structpb.Value {
	return entry.GetCommonProperties().GetMetadata().GetFilterMetadata()[edge.MetadataNamespace].GetFields()
}
