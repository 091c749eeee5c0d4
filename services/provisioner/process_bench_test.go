package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/internal/postgrestest"
	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/awsfake"
	"github.com/genericcorp/platform/services/provisioner/internal/tenancytest"
)

// BenchmarkProcess measures the program itself, as Lambda runs it, from outside: how long a creation takes where 1,000
// tenants have 30 tables each, on the server's version of the settings, and the most memory that the process ever had, for
// creations, a list, and an archive of 1 GB and its restore.
//
//	go test ./services/provisioner -run - -bench Process -benchtime 1x -timeout 60m
func BenchmarkProcess(b *testing.B) {
	const creations = 100
	versions := postgrestest.Versions(b)
	s := tenancytest.NewOn(b, versions[len(versions)-1], "max_locks_per_transaction=1024", "autovacuum=off", "max_wal_size=4GB", "log_statement=none")
	s.Ceiling, s.OvercommitPercent = 1<<20, 1<<20
	s.Crowd(b, 1000, 30)
	big := s.Request(b, "big-corp", "enterprise", api.StateActive)
	s.Must(b, big)
	fill(b, s, big.Tenant)
	program := build(b)
	for b.Loop() {
		creating := start(b, s, program)
		var times []time.Duration
		for i := range creations {
			request := s.Request(b, fmt.Sprintf("new-%d", i), "pro", api.StateActive)
			began := time.Now()
			creating.call(b, request)
			times = append(times, time.Since(began))
		}
		slices.Sort(times)
		b.ReportMetric(milliseconds(times[len(times)/2]), "create-p50-ms")
		b.ReportMetric(milliseconds(times[len(times)*95/100]), "create-p95-ms")
		b.ReportMetric(creating.end(b), "create-MiB")

		listing := start(b, s, program)
		began := time.Now()
		listing.call(b, api.Request{Action: api.ActionList})
		b.ReportMetric(milliseconds(time.Since(began)), "first-list-ms")
		began = time.Now()
		listing.call(b, api.Request{Action: api.ActionList})
		b.ReportMetric(milliseconds(time.Since(began)), "next-list-ms")
		b.ReportMetric(listing.end(b), "list-MiB")

		archiving := start(b, s, program)
		began = time.Now()
		archived := archiving.call(b, api.Request{Action: api.ActionArchive, Tenant: big.Tenant}).Archive
		b.ReportMetric(time.Since(began).Seconds(), "archive-s")
		b.ReportMetric(float64(archived.Bytes)/(1<<20), "archive-packed-MiB")

		again := s.Request(b, "big-again", "enterprise", api.StateActive)
		s.Must(b, again)
		began = time.Now()
		for unfinished := true; unfinished; {
			unfinished = archiving.call(b, api.Request{Action: api.ActionRestore, Tenant: again.Tenant, ArchiveKey: archived.Key, Run: "bench"}).Unfinished != nil
		}
		b.ReportMetric(time.Since(began).Seconds(), "restore-s")
		b.ReportMetric(archiving.end(b), "archive-restore-MiB")

		deleting := start(b, s, program)
		for i := range creations {
			deleting.call(b, api.Request{Action: api.ActionDelete, Tenant: fmt.Sprintf("new-%d", i)})
		}
		deleting.end(b)
	}
	b.ReportMetric(0, "ns/op")
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// fill gives a tenant a table of 1 GB.
func fill(b *testing.B, s *tenancytest.Setup, tenant string) {
	b.Helper()
	login := s.Login(b, tenant)
	for _, statement := range []string{
		`SET statement_timeout = 0`, `CREATE TABLE big (id bigint, body text)`,
		`INSERT INTO big SELECT i, md5(i::text) || md5((2 * i)::text) || md5((3 * i)::text) || md5((5 * i)::text) FROM generate_series(1, 7000000) i`,
	} {
		if _, err := login.Exec(b.Context(), statement, pgx.QueryExecModeSimpleProtocol); err != nil {
			b.Fatal(err)
		}
	}
}

func build(b *testing.B) string { return buildOf(b, ".") }

// buildOf builds the program of a folder.
func buildOf(b *testing.B, folder string) string {
	b.Helper()
	program := filepath.Join(b.TempDir(), "bootstrap")
	command := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", program, folder)
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := command.CombinedOutput(); err != nil {
		b.Fatalf("build the program: %v\n%s", err, out)
	}
	return program
}

// process is the program under a runtime API of the test's.
type process struct {
	command  *exec.Cmd
	calls    chan []byte
	outcomes chan []byte
	stop     chan struct{}
}

func start(b *testing.B, s *tenancytest.Setup, program string) *process {
	b.Helper()
	p := &process{calls: make(chan []byte), outcomes: make(chan []byte), stop: make(chan struct{})}
	runtime := httptest.NewServer(p)
	b.Cleanup(runtime.Close)
	aws := httptest.NewServer(awsfake.New(b.TempDir(), s.Secrets, map[string]string{
		"arn:master": fmt.Sprintf(`{"username":%q,"password":%q}`, s.Server.Admin, s.Server.AdminPassword),
	}))
	b.Cleanup(aws.Close)
	p.command = exec.Command(program)
	p.command.Stderr = os.Stderr
	p.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	p.command.Env = []string{
		"AWS_LAMBDA_RUNTIME_API=" + strings.TrimPrefix(runtime.URL, "http://"), "AWS_ENDPOINT_URL=" + aws.URL, "AWS_REGION=us-east-1",
		"AWS_ACCESS_KEY_ID=none", "AWS_SECRET_ACCESS_KEY=none", "AWS_LAMBDA_FUNCTION_NAME=provisioner", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=1769",
		api.EnvDatabaseHost + "=" + s.Server.Host, api.EnvDatabasePort + "=" + strconv.Itoa(s.Server.Port),
		api.EnvDatabaseName + "=" + s.Server.Database, api.EnvDatabaseCAFile + "=" + s.Server.CAFile,
		api.EnvMasterSecretARN + "=arn:master", api.EnvArchiveBucket + "=archives", api.EnvArchiveKeyARN + "=arn:key",
		api.EnvEnvironment + "=" + tenancytest.Environment, api.EnvSchemaCeiling + "=100000", api.EnvOvercommitPercent + "=100000",
	}
	if err := p.command.Start(); err != nil {
		b.Fatal(err)
	}
	return p
}

// ServeHTTP is the runtime API: the next call, and where its answer goes.
func (p *process) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.URL.Path, "/next") {
		select {
		case call := <-p.calls:
			w.Header().Set("Lambda-Runtime-Aws-Request-Id", "1")
			w.Header().Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(15*time.Minute).UnixMilli(), 10))
			_, _ = w.Write(call)
		case <-p.stop:
		}
		return
	}
	answer := map[string]json.RawMessage{}
	var body json.RawMessage
	if err := json.NewDecoder(r.Body).Decode(&body); err == nil {
		answer[filepath.Base(r.URL.Path)] = body // "response" or "error"
	}
	w.WriteHeader(http.StatusAccepted)
	text, _ := json.Marshal(answer)
	select {
	case p.outcomes <- text:
	case <-p.stop: // it was killed in the midst, and nobody waits
	}
}

func (p *process) call(b *testing.B, request api.Request) (response api.Response) {
	b.Helper()
	text, err := json.Marshal(request)
	if err != nil {
		b.Fatal(err)
	}
	p.calls <- text
	var answer struct {
		Response *api.Response
		Error    json.RawMessage
	}
	if err := json.Unmarshal(<-p.outcomes, &answer); err != nil || answer.Response == nil {
		b.Fatalf("%s: %v %s", text, err, answer.Error)
	}
	return *answer.Response
}

// end stops the process and tells the most memory that it ever had, in MiB.
func (p *process) end(b *testing.B) float64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	var kib float64
	if _, err := fmt.Sscanf(rest, "%f kB", &kib); err != nil {
		b.Fatalf("read the peak of memory: %v", err)
	}
	close(p.stop)
	_ = p.command.Process.Kill()
	_ = p.command.Wait() // its status after a signal says nothing
	return kib / 1024
}
