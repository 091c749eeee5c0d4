package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	accesslogv3 "github.com/envoyproxy/go-control-plane/envoy/data/accesslog/v3"
	alsv3 "github.com/envoyproxy/go-control-plane/envoy/service/accesslog/v3"
	"github.com/go-jose/go-jose/v4"
	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/genericcorp/platform/internal/edge"
	"github.com/genericcorp/platform/internal/postgrestest"
	"github.com/genericcorp/platform/internal/pricing/allocation"
	"github.com/genericcorp/platform/internal/pricing/pricesheet"
	gateapi "github.com/genericcorp/platform/services/gate/api"
	"github.com/genericcorp/platform/services/gate/api/identity"
	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/tenancytest"
)

// BenchmarkKilled kills the database's server, the sweep and gate at random moments, by SIGKILL, while a generator tells gate of requests as the
// proxy does, by which one tenant after another passes its allowance. All programs are real.
//
// First the server and the sweep are killed, and gate ends as it wants to: then the ledger has what was sent, no request more and none less.
// Then gate is killed: the ledger has the first of what each run was sent, up to a moment before its end (lost-s is the longest such time,
// lost the requests of all runs, of those told). At the end each tenant has gone through the breaker's levels by one act each, to the one that its use makes due. Few kills (-kills 2) show in
// half a minute that it works.
//
//	go test ./services/provisioner -run - -bench Killed -benchtime 1x -timeout 20m
func BenchmarkKilled(b *testing.B) {
	const passing = 30
	versions := postgrestest.Versions(b)
	s := tenancytest.NewOn(b, versions[len(versions)-1], "synchronous_commit=on", "full_page_writes=on", "log_statement=none")
	s.Ceiling, s.OvercommitPercent = 1<<20, 1<<20
	s.Must(b, api.Request{Action: api.ActionSweep}) // prepares the database
	for i := range passing + *benchKills {
		s.Must(b, s.Request(b, tenantOf(i), "free", api.StateActive))
	}
	sheet := pricesheet.Sheet{Environment: tenancytest.Environment, Computed: time.Now().Add(-time.Minute), NodeVCPUs: decimal.NewFromInt(10_000)}
	sheet.Groups[allocation.Compute] = decimal.NewFromInt(10_000 * 730 * 3600 / 1000) // a tenth of a cent a second
	s.Must(b, api.Request{Action: api.ActionPublishPrices, Prices: &sheet})
	g := newGate(b, s)
	sweeps := &sweeper{setup: s, program: build(b)}
	for b.Loop() {
		g.start(b)
		stop := make(chan struct{})
		var beside sync.WaitGroup
		var swept int
		beside.Go(func() { swept = sweeps.killed(b, *benchKills) })
		sent := map[string]int{}
		beside.Go(func() {
			g.tell(b, stop, func(n int) string { return tenantOf(n / 60 % passing) }, sent, nil)
		})
		for range *benchKills {
			time.Sleep(time.Duration(rand.Int64N(int64(2 * time.Second))))
			s.Server.Kill(b)
		}
		close(stop)
		beside.Wait()
		g.end(b, syscall.SIGTERM)
		all := 0
		for tenant, n := range sent {
			all += n
			if got := inLedger(b, s, tenant); got != n {
				b.Fatalf("tenant %s: got %d requests in the ledger, expected the %d that gate was told of", tenant, got, n)
			}
		}
		b.ReportMetric(float64(all), "exact")
		b.ReportMetric(float64(swept), "sweeps-killed")
		b.ReportMetric(float64(*benchKills), "server-killed")

		told, lost, longest := 0, 0, time.Duration(0)
		for i := range *benchKills {
			sent, n, since := g.killed(b, s, tenantOf(passing+i))
			told, lost, longest = told+sent, lost+n, max(longest, since)
		}
		b.ReportMetric(float64(told), "told")
		b.ReportMetric(float64(lost), "lost")
		b.ReportMetric(longest.Seconds(), "lost-s")
		b.ReportMetric(float64(*benchKills), "gate-killed")
		sweeps.killed(b, 0)
		b.ReportMetric(float64(checkActs(b, s, passing+*benchKills)), "acts")
	}
	b.ReportMetric(0, "ns/op")
}

func tenantOf(i int) string { return fmt.Sprintf("tenant-%d", i) }

// gate is the program, and what it is told.
type gate struct {
	program, grpc string
	environment   []string
	running       *exec.Cmd
}

func newGate(b *testing.B, s *tenancytest.Setup) *gate {
	b.Helper()
	super := s.Server.Connect(b, s.Server.Superuser, s.Server.SuperuserPassword)
	_, err := super.Exec(b.Context(), `ALTER ROLE `+api.EdgeRole+` LOGIN PASSWORD 'one' CONNECTION LIMIT 50`)
	failed(b, err)
	folder := b.TempDir()
	private, _, err := identity.NewKey("one")
	failed(b, err)
	keys, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{private}})
	failed(b, err)
	failed(b, os.WriteFile(filepath.Join(folder, gateapi.SigningKeysFile), keys, 0o600))
	failed(b, os.WriteFile(filepath.Join(folder, gateapi.PasswordFile), []byte("*:*:*:"+api.EdgeRole+":one\n"), 0o600))
	g := &gate{program: buildOf(b, "../gate"), grpc: freeAddress(b)}
	g.environment = []string{
		gateapi.EnvDomain + "=app.example.com", gateapi.EnvContact + "=ops@example.com", gateapi.EnvGRPCAddress + "=" + g.grpc, gateapi.EnvHTTPAddress + "=" + freeAddress(b),
		gateapi.EnvSecretsFolder + "=" + folder, gateapi.EnvDatabaseHost + "=" + s.Server.Host, gateapi.EnvDatabasePort + "=" + strconv.Itoa(s.Server.Port),
		gateapi.EnvDatabaseName + "=" + s.Server.Database, gateapi.EnvDatabaseCAFile + "=" + s.Server.CAFile,
	}
	return g
}

func freeAddress(b *testing.B) string {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	failed(b, err)
	failed(b, listener.Close())
	return listener.Addr().String()
}

func failed(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func (g *gate) start(b *testing.B) {
	b.Helper()
	g.running = exec.Command(g.program)
	g.running.Env = g.environment
	g.running.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	failed(b, g.running.Start())
}

func (g *gate) end(b *testing.B, signal syscall.Signal) {
	b.Helper()
	failed(b, g.running.Process.Signal(signal))
	_ = g.running.Wait() // its status after a signal says nothing
}

// tell tells of a request each 20 milliseconds until it is stopped, counts by tenant those that were handed to the connection, and notes when.
// Gate has heard of all of them in the end, unless it was killed.
func (g *gate) tell(b *testing.B, stop <-chan struct{}, tenant func(n int) string, sent map[string]int, when *[]time.Time) {
	connection, err := grpc.NewClient(g.grpc, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		b.Error(err)
		return
	}
	defer connection.Close()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	opened := make(chan struct{})
	go func() {
		select {
		case <-stop: // it was killed before it listened
			cancel()
		case <-opened:
		}
	}()
	stream, err := alsv3.NewAccessLogServiceClient(connection).StreamAccessLogs(ctx, grpc.WaitForReady(true))
	close(opened)
	if err != nil {
		if when == nil {
			b.Error(err)
		}
		return
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-tick.C:
		case <-stop:
			if _, err := stream.CloseAndRecv(); err != nil && when == nil {
				b.Errorf("gate has not heard of all: %v", err)
			}
			return
		}
		if stream.Send(message(tenant(n))) != nil {
			continue // gate is killed
		}
		sent[tenant(n)]++
		if when != nil {
			*when = append(*when, time.Now())
		}
	}
}

// message tells of one request that took 103 seconds of a node: a tenant of the free tier passes its allowance with ten of them.
func message(tenant string) *alsv3.StreamAccessLogsMessage {
	told := &structpb.Struct{Fields: map[string]*structpb.Value{edge.MetadataTenant: structpb.NewStringValue(tenant)}}
	return &alsv3.StreamAccessLogsMessage{LogEntries: &alsv3.StreamAccessLogsMessage_HttpLogs{HttpLogs: &alsv3.StreamAccessLogsMessage_HTTPAccessLogEntries{
		LogEntry: []*accesslogv3.HTTPAccessLogEntry{{
			CommonProperties: &accesslogv3.AccessLogCommon{
				StartTime: timestamppb.Now(), Duration: durationpb.New(103 * time.Second),
				Metadata: &corev3.Metadata{FilterMetadata: map[string]*structpb.Struct{edge.MetadataNamespace: told}},
			},
			Response: &accesslogv3.HTTPResponseProperties{ResponseCodeDetails: "via_upstream"},
		}},
	}}}
}

// killed runs gate for up to ten seconds, tells it of a tenant's requests and kills it. It says how many it told, how many of them the ledger
// lacks, and for how long before the end.
func (g *gate) killed(b *testing.B, s *tenancytest.Setup, tenant string) (told, lost int, since time.Duration) {
	b.Helper()
	g.start(b)
	stop, sent, when := make(chan struct{}), map[string]int{}, []time.Time{}
	var beside sync.WaitGroup
	beside.Go(func() { g.tell(b, stop, func(int) string { return tenant }, sent, &when) })
	time.Sleep(time.Duration(rand.Int64N(int64(10 * time.Second))))
	end := time.Now()
	g.end(b, syscall.SIGKILL)
	close(stop)
	beside.Wait()
	got := inLedger(b, s, tenant)
	if got > sent[tenant] {
		b.Fatalf("tenant %s: got %d requests in the ledger, expected at most the %d that gate was told of", tenant, got, sent[tenant])
	}
	if got < len(when) {
		since = end.Sub(when[got])
	}
	return sent[tenant], sent[tenant] - got, since
}

func inLedger(b *testing.B, s *tenancytest.Setup, tenant string) (served int) {
	b.Helper()
	super := s.Server.Connect(b, s.Server.Superuser, s.Server.SuperuserPassword)
	defer super.Close(b.Context())
	var milliseconds int
	failed(b, super.QueryRow(b.Context(), `SELECT coalesce(sum(served), 0), coalesce(sum(milliseconds), 0) FROM platform.usage WHERE tenant = $1`, tenant).Scan(&served, &milliseconds))
	if milliseconds != served*103_000 {
		b.Fatalf("tenant %s: got %d milliseconds, expected those of %d requests", tenant, milliseconds, served)
	}
	return served
}

// sweeper runs sweeps, each run of the program under a runtime of its own.
type sweeper struct {
	setup   *tenancytest.Setup
	program string
}

// killed kills so many sweeps at a random moment, from the program's start on, and lets others between them end. The last two are let.
func (w *sweeper) killed(b *testing.B, times int) (killed int) {
	for killed < times {
		moment := time.Duration(rand.Int64N(int64(time.Second)))
		if w.once(b, moment) {
			killed++
		}
		w.once(b, 0)
	}
	w.once(b, 0)
	w.once(b, 0)
	return killed
}

// once runs a sweep and, after a time, kills it, if it is still at work then. 0 is never.
func (w *sweeper) once(b *testing.B, after time.Duration) (killed bool) {
	p := start(b, w.setup, w.program)
	ended := make(chan struct{})
	go func() { _ = p.command.Wait(); close(ended) }()
	var kill <-chan time.Time
	if after > 0 {
		kill = time.After(after)
	}
	text, _ := json.Marshal(api.Request{Action: api.ActionSweep})
	calls, outcome := p.calls, p.outcomes
	for done := false; !done; {
		select {
		case calls <- text:
			calls = nil
		case <-outcome: // it fails where the server is killed, and the next one goes on
			done = true
		case <-kill:
			killed, done = true, true
		case <-ended:
			done = true
		}
	}
	close(p.stop)
	_ = p.command.Process.Kill() // it may have ended
	<-ended
	return killed
}

// checkActs looks whether each tenant has come by one act each to the level that is due by what it used, and tells how many acts there were.
func checkActs(b *testing.B, s *tenancytest.Setup, tenants int) (acts int) {
	b.Helper()
	super := s.Server.Connect(b, s.Server.Superuser, s.Server.SuperuserPassword)
	rows, err := super.Query(b.Context(), `SELECT tenant, before, after FROM platform.breaker_event ORDER BY id`)
	failed(b, err)
	stands, before, after, tenant := map[string]string{}, "", "", ""
	_, err = pgx.ForEachRow(rows, []any{&tenant, &before, &after}, func() error {
		if order := map[string]int{"": 0, "warned": 1, "limited": 2, "suspended": 3}; stands[tenant] != before || order[after] <= order[before] {
			return fmt.Errorf("tenant %s: got an act from %q to %q, expected one from %q to a stricter level", tenant, before, after, stands[tenant])
		}
		stands[tenant] = after
		acts++
		return nil
	})
	failed(b, err)
	for i := range tenants {
		due, cents := "", float64(inLedger(b, s, tenantOf(i)))*10.3
		switch {
		case cents >= 200:
			due = "suspended"
		case cents >= 100:
			due = "limited"
		case cents >= 90:
			due = "warned"
		}
		var level string
		failed(b, super.QueryRow(b.Context(), `SELECT breaker_level FROM platform.tenant WHERE slug = $1`, tenantOf(i)).Scan(&level))
		if stands[tenantOf(i)] != due || level != due {
			b.Fatalf("tenant %s: got the acts to %q and the level %q, expected %q", tenantOf(i), stands[tenantOf(i)], level, due)
		}
	}
	return acts
}
