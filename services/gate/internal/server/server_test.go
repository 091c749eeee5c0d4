package server_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	accesslogv3 "github.com/envoyproxy/go-control-plane/envoy/data/accesslog/v3"
	alsv3 "github.com/envoyproxy/go-control-plane/envoy/service/accesslog/v3"
	authv3 "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/credentials/insecure"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/genericcorp/platform/internal/edge"
	"github.com/genericcorp/platform/internal/tiers"
	"github.com/genericcorp/platform/services/gate/api"
	"github.com/genericcorp/platform/services/gate/api/identity"
	"github.com/genericcorp/platform/services/gate/internal/decision"
	"github.com/genericcorp/platform/services/gate/internal/denials"
	"github.com/genericcorp/platform/services/gate/internal/directory"
	"github.com/genericcorp/platform/services/gate/internal/host"
	"github.com/genericcorp/platform/services/gate/internal/leases"
	"github.com/genericcorp/platform/services/gate/internal/server"
	"github.com/genericcorp/platform/services/gate/internal/usage"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"))
}

const domain = "app.example"

// batches is a ledger that remembers.
type batches struct {
	mu   sync.Mutex
	rows []usage.Row
}

func (b *batches) Record(_ context.Context, batch usage.Batch) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rows = append(b.rows, batch.Rows...)
	return nil
}

// held are leases in memory. One of the tenant "full" is never given, and one of the tenant "lost" nobody knows of.
type held struct {
	mu    sync.Mutex
	given map[string]int // by tenant/lease, of how many
	ended []string       // tenant/lease
}

func (h *held) Take(_ context.Context, tenant, lease string, most int) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch tenant {
	case "full":
		return leases.ErrTooMany
	case "lost":
		return errors.New("the cache is away")
	}
	h.given[tenant+"/"+lease] = most
	return nil
}

func (h *held) End(tenant, lease string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ended = append(h.ended, tenant+"/"+lease)
}

func (h *held) told() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.ended)
}

// gate is a server on loopback.
type gate struct {
	connection *grpc.ClientConn
	probes     string
	known      *directory.Directory
	usage      *usage.Recorder
	ledger     *batches
	leases     *held
	verifier   *identity.Verifier
	stop       func() error
}

func start(t *testing.T) *gate {
	t.Helper()
	folder := t.TempDir()
	private, public, err := identity.NewKey("1")
	require.NoError(t, err)
	for name, key := range map[string]jose.JSONWebKey{"/private": private, "/public": public} {
		text, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{key}})
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(folder+name, text, 0o600))
	}
	signer, err := identity.NewSigner(folder+"/private", domain)
	require.NoError(t, err)
	tenants, err := host.New(domain, 443)
	require.NoError(t, err)
	g := &gate{known: &directory.Directory{Now: time.Now}, ledger: &batches{}, leases: &held{given: map[string]int{}}}
	g.verifier, err = identity.NewVerifier(folder+"/public", domain)
	require.NoError(t, err)
	g.usage = usage.NewRecorder(g.ledger)
	s := &server.Server{
		Authorization: &server.Authorization{
			Gate:   decision.Gate{Domain: tenants, Knowledge: g.known, Contact: "help@example", Now: time.Now},
			Leases: g.leases, Signer: signer, Denials: denials.New(slog.Default(), time.Now), Now: time.Now,
		},
		AccessLog: &server.AccessLog{Domain: tenants, Known: g.known.Known, Usage: g.usage, Leases: g.leases}, Ready: g.known.Fresh,
	}
	questions, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	probes, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, questions, probes) }()
	g.stop = sync.OnceValue(func() error { cancel(); return <-ended })
	t.Cleanup(func() { require.NoError(t, g.stop()) })
	g.probes = "http://" + probes.Addr().String()
	g.connection, err = grpc.NewClient(questions.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	t.Cleanup(func() { _ = g.connection.Close() })
	return g
}

func (g *gate) check(t *testing.T, method, host string) *authv3.CheckResponse {
	t.Helper()
	response, err := authv3.NewAuthorizationClient(g.connection).Check(t.Context(), &authv3.CheckRequest{Attributes: &authv3.AttributeContext{
		Request: &authv3.AttributeContext_Request{Http: &authv3.AttributeContext_HttpRequest{Method: method, Path: "/notes?token=geheim", Host: host,
			Headers: map[string]string{edge.HeaderRequest: "id-of-the-proxy"},
		}},
	}})
	require.NoError(t, err)
	return response
}

// tell tells of requests that have ended.
func (g *gate) tell(t *testing.T, entries ...*accesslogv3.HTTPAccessLogEntry) {
	t.Helper()
	stream, err := alsv3.NewAccessLogServiceClient(g.connection).StreamAccessLogs(t.Context())
	require.NoError(t, err)
	require.NoError(t, stream.Send(message(entries...)))
	_, err = stream.CloseAndRecv()
	require.NoError(t, err)
}

func message(entries ...*accesslogv3.HTTPAccessLogEntry) *alsv3.StreamAccessLogsMessage {
	return &alsv3.StreamAccessLogsMessage{LogEntries: &alsv3.StreamAccessLogsMessage_HttpLogs{
		HttpLogs: &alsv3.StreamAccessLogsMessage_HTTPAccessLogEntries{LogEntry: entries},
	}}
}

func (g *gate) probe(t *testing.T, path string) int {
	t.Helper()
	response, err := http.Get(g.probes + path)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return response.StatusCode
}

// A request that may pass goes on with an identity that a workload believes, and with what its tier may.
func TestCheck(t *testing.T) {
	g := start(t)
	assert.EqualValues(t, 503, g.check(t, "GET", "acme.app.example").GetDeniedResponse().GetStatus().GetCode(), "it knows nobody yet")
	assert.Equal(t, http.StatusServiceUnavailable, g.probe(t, api.PathReady))
	assert.Equal(t, http.StatusOK, g.probe(t, api.PathLive))

	require.NoError(t, g.known.Replace([]directory.Tenant{{Slug: "acme", Tier: "pro", State: directory.Active}, {Slug: "gone", Tier: "pro", State: directory.Suspended}}, time.Now()))
	assert.Equal(t, http.StatusOK, g.probe(t, api.PathReady))
	response := g.check(t, "GET", "acme.app.example")
	require.NotNil(t, response.GetOkResponse())
	require.Len(t, response.GetOkResponse().GetHeaders(), 1)
	header := response.GetOkResponse().GetHeaders()[0]
	assert.Equal(t, identity.Header, header.GetHeader().GetKey())
	assert.Equal(t, corev3.HeaderValueOption_OVERWRITE_IF_EXISTS_OR_ADD, header.GetAppendAction())
	got, err := g.verifier.Verify(header.GetHeader().GetValue(), time.Now())
	require.NoError(t, err)
	assert.Equal(t, identity.Identity{Tenant: "acme", Tier: "pro"}, got)
	tier, err := tiers.Find("pro")
	require.NoError(t, err)
	assert.Equal(t, map[string]int{"acme/id-of-the-proxy": tier.Limits.ConcurrentRequests}, g.leases.given)
	assert.Equal(t, map[string]any{
		"tenant": "acme", "tier": "pro", "lease": "id-of-the-proxy",
		"second": map[string]any{"requests_per_unit": float64(tier.Limits.RequestsPerSecond), "unit": "SECOND"},
		"day":    map[string]any{"requests_per_unit": float64(tier.Limits.RequestsPerDay), "unit": "DAY"},
	}, response.GetDynamicMetadata().AsMap())

	denied := g.check(t, "GET", "gone.app.example")
	assert.NotZero(t, denied.GetStatus().GetCode())
	assert.EqualValues(t, 403, denied.GetDeniedResponse().GetStatus().GetCode())
	assert.Contains(t, denied.GetDeniedResponse().GetBody(), "help@example")
	assert.Equal(t, map[string]any{"tenant": "gone"}, denied.GetDynamicMetadata().AsMap(), "no tier: nothing is counted against its day")
	assert.Nil(t, g.check(t, "GET", "nobody.app.example").GetDynamicMetadata())
	assert.EqualValues(t, 405, g.check(t, "", "").GetDeniedResponse().GetStatus().GetCode(), "an empty question")
}

// Who has too many requests under way is told so, and nobody gets in of whom nobody knows how many there are. A tenant that is refused for
// another reason takes no lease.
func TestLeases(t *testing.T) {
	g := start(t)
	require.NoError(t, g.known.Replace([]directory.Tenant{
		{Slug: "full", Tier: "free", State: directory.Active}, {Slug: "lost", Tier: "free", State: directory.Active}, {Slug: "gone", Tier: "free", State: directory.Suspended},
	}, time.Now()))
	full := g.check(t, "GET", "full.app.example")
	assert.EqualValues(t, 429, full.GetDeniedResponse().GetStatus().GetCode())
	assert.JSONEq(t, `{"code": "too-many-at-once", "message": "this account has too many requests at once: Retry-After says when to go on"}`, full.GetDeniedResponse().GetBody())
	sent := map[string]string{}
	for _, header := range full.GetDeniedResponse().GetHeaders() {
		sent[header.GetHeader().GetKey()] = header.GetHeader().GetValue()
	}
	assert.Equal(t, "1", sent["Retry-After"])
	assert.Equal(t, map[string]any{"tenant": "full"}, full.GetDynamicMetadata().AsMap())
	lost := g.check(t, "GET", "lost.app.example")
	assert.EqualValues(t, 503, lost.GetDeniedResponse().GetStatus().GetCode())
	assert.NotContains(t, lost.GetDeniedResponse().GetBody(), "cache")
	assert.EqualValues(t, 403, g.check(t, "GET", "gone.app.example").GetDeniedResponse().GetStatus().GetCode())
	assert.Empty(t, g.leases.given)
}

// What the proxy tells of ended requests is counted for the tenant that gate told it, served or refused. Its day is used up by what its
// limits let pass, and not by what they, or gate, refuse.
func TestAccessLog(t *testing.T) {
	g := start(t)
	began := time.Date(2026, 11, 30, 23, 59, 59, 0, time.UTC)
	entry := func(told map[string]any, details string, flags *accesslogv3.ResponseFlags) *accesslogv3.HTTPAccessLogEntry {
		metadata, err := structpb.NewStruct(told)
		require.NoError(t, err)
		return &accesslogv3.HTTPAccessLogEntry{
			CommonProperties: &accesslogv3.AccessLogCommon{
				StartTime: timestamppb.New(began), Duration: durationpb.New(2 * time.Second),
				Metadata: &corev3.Metadata{FilterMetadata: map[string]*structpb.Struct{edge.MetadataNamespace: metadata}}, ResponseFlags: flags,
			},
			Request:  &accesslogv3.HTTPRequestProperties{Authority: "beta.app.example", RequestHeadersBytes: 10, RequestBodyBytes: 1},
			Response: &accesslogv3.HTTPResponseProperties{ResponseCode: wrapperspb.UInt32(200), ResponseCodeDetails: details, ResponseHeadersBytes: 20, ResponseBodyBytes: 2},
		}
	}
	admitted := map[string]any{edge.MetadataTenant: "acme", edge.MetadataTier: "free", edge.MetadataLease: "1"}
	g.tell(t,
		entry(admitted, "via_upstream", nil), entry(admitted, "upstream_response_timeout", &accesslogv3.ResponseFlags{UpstreamRequestTimeout: true}),
		entry(admitted, "request_rate_limited", &accesslogv3.ResponseFlags{RateLimited: true}),
		entry(admitted, "rate_limiter_error", &accesslogv3.ResponseFlags{RateLimitServiceError: true}),
		entry(map[string]any{edge.MetadataTenant: "acme"}, "ext_authz_denied", nil), &accesslogv3.HTTPAccessLogEntry{},
	)
	g.usage.Flush(t.Context())
	require.Len(t, g.ledger.rows, 2)
	assert.Equal(t, usage.Row{
		Tenant: "acme", Hour: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC),
		Counts: usage.Counts{Served: 1, Refused: 4, Admitted: 2, Valid: 1, BytesIn: 55, BytesOut: 110, Duration: 10 * time.Second},
	}, g.ledger.rows[1])
	assert.Equal(t, []string{"acme/1", "acme/1", "acme/1", "acme/1"}, g.leases.ended, "of each that had one, however it ended")
	assert.Empty(t, g.ledger.rows[0].Tenant, "an entry without anything is nobody's, and counted")
}

// What is promised counts what should be served: not what a limit, a state or the client ended. What fails counts for the tenant of the host
// where gate told none, if there is such a tenant.
func TestPromise(t *testing.T) {
	free, err := tiers.Find("free")
	require.NoError(t, err)
	admitted := map[string]any{edge.MetadataTenant: "acme", edge.MetadataTier: "free", edge.MetadataLease: "1"}
	within, late := free.Latency.Within, free.Latency.Within+time.Millisecond
	for name, test := range map[string]struct {
		host, details string
		told          map[string]any
		status        uint32
		first         time.Duration
		flags         *accesslogv3.ResponseFlags
		tenant        string
		want          usage.Counts
	}{
		"served":                         {details: "via_upstream", told: admitted, status: 200, first: within, tenant: "acme", want: usage.Counts{Served: 1, Admitted: 1, Valid: 1}},
		"served late":                    {details: "via_upstream", told: admitted, status: 404, first: late, tenant: "acme", want: usage.Counts{Served: 1, Admitted: 1, Valid: 1, Slow: 1}},
		"the application fails, late":    {details: "via_upstream", told: admitted, status: 500, first: late, tenant: "acme", want: usage.Counts{Served: 1, Admitted: 1, Valid: 1, Failed: 1}},
		"the answer breaks off":          {details: "via_upstream", told: admitted, status: 200, flags: &accesslogv3.ResponseFlags{UpstreamRemoteReset: true}, tenant: "acme", want: usage.Counts{Served: 1, Admitted: 1, Valid: 1, Failed: 1}},
		"no application":                 {details: "no_healthy_upstream", told: admitted, status: 503, tenant: "acme", want: usage.Counts{Refused: 1, Admitted: 1, Valid: 1, Failed: 1}},
		"over its limit":                 {details: "request_rate_limited", told: admitted, status: 429, flags: &accesslogv3.ResponseFlags{RateLimited: true}, tenant: "acme", want: usage.Counts{Refused: 1}},
		"suspended":                      {details: "ext_authz_denied", told: map[string]any{edge.MetadataTenant: "gone"}, status: 403, tenant: "gone", want: usage.Counts{Refused: 1}},
		"the client leaves":              {details: "downstream_remote_disconnect", told: admitted, flags: &accesslogv3.ResponseFlags{DownstreamConnectionTermination: true}, tenant: "acme", want: usage.Counts{Refused: 1, Admitted: 1}},
		"nobody knows whose it is":       {host: "ACME.app.example", details: "ext_authz_error", status: 503, tenant: "acme", want: usage.Counts{Refused: 1, Valid: 1, Failed: 1}},
		"nobody's, and nobody may know":  {host: "nobody.app.example", details: "ext_authz_error", status: 503, want: usage.Counts{Refused: 1, Valid: 1, Failed: 1}},
		"of a host that is no tenant's":  {host: "evil.example", details: "ext_authz_error", status: 503, want: usage.Counts{Refused: 1, Valid: 1, Failed: 1}},
		"unknown, and rightly told that": {host: "acme.app.example", details: "ext_authz_denied", status: 404, want: usage.Counts{Refused: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			g := start(t)
			require.NoError(t, g.known.Replace([]directory.Tenant{{Slug: "acme", Tier: "free", State: directory.Active}}, time.Now().Add(-time.Hour)), "stale")
			metadata, err := structpb.NewStruct(test.told)
			require.NoError(t, err)
			g.tell(t, &accesslogv3.HTTPAccessLogEntry{
				CommonProperties: &accesslogv3.AccessLogCommon{
					StartTime: timestamppb.New(time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)), TimeToFirstDownstreamTxByte: durationpb.New(test.first),
					Metadata: &corev3.Metadata{FilterMetadata: map[string]*structpb.Struct{edge.MetadataNamespace: metadata}}, ResponseFlags: test.flags,
				},
				Request:  &accesslogv3.HTTPRequestProperties{Authority: test.host},
				Response: &accesslogv3.HTTPResponseProperties{ResponseCode: wrapperspb.UInt32(test.status), ResponseCodeDetails: test.details},
			})
			g.usage.Flush(t.Context())
			require.Len(t, g.ledger.rows, 1)
			assert.Equal(t, test.tenant, g.ledger.rows[0].Tenant)
			assert.Equal(t, test.want, g.ledger.rows[0].Counts)
		})
	}
}

// The proxy tells nothing of gate's answer where that came too late: then it tells the request's ID, by which the lease is named, and its host.
// It tells neither lease nor tenant of what gate was not asked about, or has refused.
func TestLeaseOfALateAnswer(t *testing.T) {
	g := start(t)
	for _, details := range []string{"ext_authz_error", "downstream_remote_disconnect", "local_rate_limited", "ext_authz_denied"} {
		g.tell(t, &accesslogv3.HTTPAccessLogEntry{
			Request:  &accesslogv3.HTTPRequestProperties{Authority: "ACME.app.example", RequestId: details},
			Response: &accesslogv3.HTTPResponseProperties{ResponseCodeDetails: details},
		})
	}
	g.tell(t, &accesslogv3.HTTPAccessLogEntry{Request: &accesslogv3.HTTPRequestProperties{Authority: "evil.example", RequestId: "3"}})
	assert.Equal(t, []string{"acme/ext_authz_error", "acme/downstream_remote_disconnect"}, g.leases.ended)
}

// A gate that stops takes what comes next on a stream of the log, and ends the stream then, so that the proxy goes on at another gate.
func TestStopEndsTheLog(t *testing.T) {
	g := start(t)
	stream, err := alsv3.NewAccessLogServiceClient(g.connection).StreamAccessLogs(t.Context())
	require.NoError(t, err)
	entry := &accesslogv3.HTTPAccessLogEntry{Request: &accesslogv3.HTTPRequestProperties{Authority: "acme.app.example", RequestId: "1"}}
	require.NoError(t, stream.Send(message(entry)))
	require.Eventually(t, func() bool { return len(g.leases.told()) == 1 }, time.Minute, time.Millisecond)
	stopped := make(chan error, 1)
	go func() { stopped <- g.stop() }()
	require.True(t, g.connection.WaitForStateChange(t.Context(), connectivity.Ready), "it says that it stops")
	require.NoError(t, stream.Send(message(entry, entry)))
	require.NoError(t, stream.RecvMsg(&alsv3.StreamAccessLogsResponse{}), "an end, and no break")
	require.NoError(t, <-stopped)
	assert.Equal(t, []string{"acme/1", "acme/1", "acme/1"}, g.leases.told())
}

// It answers for its health by gRPC, too, and ends what it was asked before it stops.
func TestStop(t *testing.T) {
	g := start(t)
	answer, err := healthv1.NewHealthClient(g.connection).Check(t.Context(), &healthv1.HealthCheckRequest{})
	require.NoError(t, err)
	assert.Equal(t, healthv1.HealthCheckResponse_SERVING, answer.GetStatus())
	require.NoError(t, g.stop())
	_, err = http.Get(g.probes + api.PathLive)
	var refused *net.OpError
	assert.True(t, errors.As(err, &refused), "%v", err)
}
