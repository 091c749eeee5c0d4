package edge_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/edge/counting"
	"github.com/genericcorp/platform/internal/edge/envoyconfig"
	"github.com/genericcorp/platform/internal/postgrestest"
	"github.com/genericcorp/platform/internal/required"
	"github.com/genericcorp/platform/internal/tenant/slug"
	"github.com/genericcorp/platform/internal/tiers"
	gateapi "github.com/genericcorp/platform/services/gate/api"
	"github.com/genericcorp/platform/services/gate/api/identity"
	"github.com/genericcorp/platform/services/provisioner/api"
	sampleapi "github.com/genericcorp/platform/services/sample/api"
	"github.com/genericcorp/platform/tests/localcloud/tools"
	"github.com/genericcorp/platform/tests/testcloud"
)

const (
	domain      = "app.localhost"
	contact     = "help@genericcorp.example"
	environment = "test"
)

// world is the whole edge.
type world struct {
	folder   string
	programs string // of ours
	tools    tools.Set
	server   *postgrestest.Server
	admin    *pgx.Conn
	door     *door // before the database, for gate alone
	primary  *door // before the cache: it leads to the node that is the primary
	secrets  *secrets
	public   int // the proxy's port
	ports    ports

	cache, counting, gate, proxy, application *process
	cacheSecret                               string
	cacheCommand                              []string // of a node of the cache, but for its port
	cachePort                                 int
}

// ports are where things listen.
type ports struct{ public, health, admin, gate, gateHealth, counting, countingHealth, countingDebug, cache, application int }

func start(t *testing.T) *world {
	t.Helper()
	set, err := tools.EnsureEdge(t.Context(), os.Stderr)
	require.NoError(t, err)
	w := &world{folder: t.TempDir(), tools: set, secrets: newSecrets(t)}
	w.build(t)
	free := freePorts(t, 10)
	at := ports{free[0], free[1], free[2], free[3], free[4], free[5], free[6], free[7], free[8], free[9]}
	w.ports, w.public, w.cachePort = at, at.public, at.cache
	w.prepareDatabase(t)
	w.prepareCache(t, at)
	w.prepareCounting(t, at)
	w.prepareGate(t, at)
	w.prepareApplication(t, at)
	w.proxy = w.newProxy(t, "proxy", at)
	all := []*process{w.cache, w.counting, w.gate, w.application, w.proxy}
	t.Cleanup(func() {
		for _, p := range all {
			p.stop(t, syscall.SIGKILL)
			if t.Failed() {
				t.Log(p.tail(t))
			}
		}
	})
	for _, p := range all {
		p.start(t)
		if p == w.cache { // the service that counts ends where there is none at its start
			await(t, func() bool { return listens(w.cachePort) }, "the cache listens")
		}
	}
	await(t, func() bool { return listens(w.public) }, "the proxy listens")
	return w
}

// build compiles our own programs, with what other tests have compiled of them.
func (w *world) build(t *testing.T) {
	t.Helper()
	w.programs = filepath.Join(w.folder, "bin")
	build := exec.Command("go", "build", "-o", w.programs+string(filepath.Separator), "./services/gate", "./services/sample", "./services/provisioner")
	build.Dir = testcloud.Repository(t)
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
}

func (w *world) file(name string) string { return filepath.Join(w.folder, name) }

func (w *world) write(t testing.TB, name string, content any) {
	t.Helper()
	text, isText := content.([]byte)
	if !isText {
		var err error
		text, err = json.Marshal(content)
		require.NoError(t, err)
	}
	require.NoError(t, os.MkdirAll(filepath.Dir(w.file(name)), 0o700))
	require.NoError(t, os.WriteFile(w.file(name+".new"), text, 0o600))
	require.NoError(t, os.Rename(w.file(name+".new"), w.file(name)))
}

// prepareDatabase has the provisioner make its tables, and gives gate's role a password.
func (w *world) prepareDatabase(t *testing.T) {
	t.Helper()
	w.server = postgrestest.Start(t)
	w.secrets.values["arn:master"+current] = fmt.Sprintf(`{"username":%q,"password":%q}`, w.server.Admin, w.server.AdminPassword)
	w.secrets.written = func(arn, value string) {
		w.write(t, "application/"+sampleapi.TenantFile(arn[strings.LastIndex(arn, "/")+1:]), json.RawMessage(value))
	}
	w.provision(t, api.Request{Action: api.ActionList})
	w.admin = w.server.Connect(t, w.server.Admin, w.server.AdminPassword)
	_, err := w.admin.Exec(t.Context(), "ALTER ROLE "+api.EdgeRole+" PASSWORD 'gate'")
	require.NoError(t, err)
	w.door = newDoor(t, net.JoinHostPort(w.server.Host, strconv.Itoa(w.server.Port)))
	w.write(t, "gate/"+gateapi.PasswordFile, []byte("*:*:*:"+api.EdgeRole+":gate\n"))
}

// provision does a request as the program does it outside of Lambda.
func (w *world) provision(t testing.TB, request api.Request) api.Response {
	t.Helper()
	text, err := json.Marshal(request)
	require.NoError(t, err)
	command := exec.Command(filepath.Join(w.programs, "provisioner"))
	var stderr bytes.Buffer
	command.Stdin, command.Stderr = bytes.NewReader(text), &stderr
	command.Env = []string{
		"AWS_ENDPOINT_URL=" + w.secrets.url, "AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=none", "AWS_SECRET_ACCESS_KEY=none",
		api.EnvDatabaseHost + "=" + w.server.Host, api.EnvDatabasePort + "=" + strconv.Itoa(w.server.Port),
		api.EnvDatabaseName + "=" + w.server.Database, api.EnvDatabaseCAFile + "=" + w.server.CAFile, api.EnvOvercommitPercent + "=1000",
		api.EnvMasterSecretARN + "=arn:master", api.EnvArchiveBucket + "=archives", api.EnvArchiveKeyARN + "=arn:key", api.EnvEnvironment + "=" + environment,
	}
	out, err := command.Output()
	require.NoError(t, err, "%s", stderr.String())
	var response api.Response
	require.NoError(t, json.Unmarshal(out, &response))
	return response
}

// tenant makes a tenant, or changes it.
func (w *world) tenant(t testing.TB, name, tier string, state api.State) {
	t.Helper()
	found, err := tiers.Find(tier)
	require.NoError(t, err)
	w.provision(t, api.Request{
		Action: api.ActionApply, Tenant: name, Tier: tier, State: state, Limits: api.LimitsOf(found), PasswordVersion: 1,
		SecretARN: "arn:aws:secretsmanager:us-east-1:123456789012:secret:" + slug.SecretName(environment, name),
	})
}

func (w *world) prepareCache(t *testing.T, at ports) {
	t.Helper()
	program := required.Program(t, "make servers", "valkey-server", "redis-server")
	w.cacheSecret = "of-the-cache"
	w.cacheCommand = []string{
		program, "--bind", "127.0.0.1", "--requirepass", w.cacheSecret, "--masterauth", w.cacheSecret, "--save", "", "--appendonly", "no", "--dir", w.folder,
	}
	w.cache = &process{name: "cache", log: w.file("cache.log"), command: slices.Concat(w.cacheCommand, []string{"--port", strconv.Itoa(at.cache)})}
	w.primary = newDoor(t, address(at.cache))
	login := map[string]any{"host": "127.0.0.1", "port": at.cache, "token": w.cacheSecret, "tls": false}
	w.write(t, "application/"+sampleapi.CacheFile, login)
	login["port"] = w.primary.port
	w.write(t, "gate/"+gateapi.CacheFile, login)
}

func (w *world) prepareCounting(t *testing.T, at ports) {
	t.Helper()
	text, err := counting.YAML()
	require.NoError(t, err)
	w.write(t, "counting/"+counting.File, text)
	w.counting = w.newCounting("counting", w.tools["ratelimit"], at)
}

// newCounting is a service that counts that has not been started.
func (w *world) newCounting(name, program string, at ports) *process {
	settings := counting.Settings{
		Folder: w.file("counting"), Host: "127.0.0.1", GRPC: at.counting, HTTP: at.countingHealth, Debug: at.countingDebug, Cache: address(w.primary.port),
	}
	p := &process{name: name, log: w.file(name + ".log"), command: []string{program}, env: []string{"REDIS_AUTH=" + w.cacheSecret}}
	for name, value := range settings.Environment() {
		p.env = append(p.env, name+"="+value)
	}
	return p
}

func (w *world) prepareGate(t *testing.T, at ports) {
	t.Helper()
	private, public, err := identity.NewKey("1")
	require.NoError(t, err)
	w.write(t, "gate/"+gateapi.SigningKeysFile, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{private}})
	w.write(t, "public-keys.json", jose.JSONWebKeySet{Keys: []jose.JSONWebKey{public}})
	w.gate = &process{name: "gate", log: w.file("gate.log"), command: []string{filepath.Join(w.programs, "gate")}, env: []string{
		gateapi.EnvDomain + "=" + domain, gateapi.EnvPublicPort + "=" + strconv.Itoa(at.public), gateapi.EnvContact + "=" + contact,
		gateapi.EnvGRPCAddress + "=" + address(at.gate), gateapi.EnvHTTPAddress + "=" + address(at.gateHealth),
		gateapi.EnvDatabaseHost + "=127.0.0.1", gateapi.EnvDatabasePort + "=" + strconv.Itoa(w.door.port), gateapi.EnvDatabaseName + "=" + w.server.Database,
		gateapi.EnvSecretsFolder + "=" + w.file("gate"), gateapi.EnvDatabaseCAFile + "=" + w.server.CAFile,
	}}
}

func (w *world) prepareApplication(t *testing.T, at ports) {
	t.Helper()
	w.application = &process{name: "application", log: w.file("application.log"), command: []string{filepath.Join(w.programs, "sample"), sampleapi.RoleServe}, env: []string{
		sampleapi.EnvAddress + "=" + address(at.application), sampleapi.EnvSecretsFolder + "=" + w.file("application"), sampleapi.EnvDrain + "=0s",
		sampleapi.EnvDatabaseCAFile + "=" + w.server.CAFile, sampleapi.EnvIdentityKeysFile + "=" + w.file("public-keys.json"), sampleapi.EnvIdentityDomain + "=" + domain,
	}}
}

// newProxy is a proxy that has not been started.
func (w *world) newProxy(t *testing.T, name string, at ports) *process {
	t.Helper()
	local := func(port int) envoyconfig.Address { return envoyconfig.Address{Host: "127.0.0.1", Port: port} }
	text, err := envoyconfig.JSON(envoyconfig.Settings{
		Node: "test", Public: local(at.public), Health: local(at.health), Admin: local(at.admin), Gate: local(at.gate), Counting: local(at.counting),
		Workload: local(at.application),
	})
	require.NoError(t, err)
	w.write(t, name+".json", text)
	return w.proxyOf(name)
}

// proxyOf is a proxy of the configuration of its name.
func (w *world) proxyOf(name string) *process {
	// Without hot restarts it needs no number of its own among the machine's proxies.
	return &process{name: name, log: w.file(name + ".log"), command: []string{
		w.tools["envoy"], "-c", w.file(name + ".json"), "--disable-hot-restart", "--concurrency", "2", "--log-level", "warning",
		"--file-flush-interval-msec", "100", // tests read what it writes
	}}
}

// request is one to a tenant's host, which the name does not need to lead to.
type request struct {
	method, host, path, body string
	headers                  map[string]string
}

// response is what came back.
type response struct {
	status  int
	headers http.Header
	body    string
}

// code is what the body says to programs.
func (r response) code() string {
	var body struct{ Code string }
	_ = json.Unmarshal([]byte(r.body), &body) // what is not JSON has no code
	return body.Code
}

var client = &http.Client{
	Timeout:       forever,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Transport:     &http.Transport{MaxIdleConnsPerHost: 50},
}

// do sends a request, and again while a part of the edge does not answer in time: that closes the edge, as it should, and happens on a
// busy machine.
func (w *world) do(t testing.TB, r request) response {
	t.Helper()
	var got response
	await(t, func() bool { got = w.once(t, r); return got.status != http.StatusServiceUnavailable }, "%s %s%s without 503", r.method, r.host, r.path)
	return got
}

func (w *world) once(t testing.TB, r request) response {
	t.Helper()
	return onceAt(t, w.public, r)
}

// onceAt sends a request to the proxy at a port.
func onceAt(t testing.TB, port int, r request) response {
	t.Helper()
	sent, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), r.method, "http://"+address(port)+r.path, strings.NewReader(r.body))
	require.NoError(t, err)
	sent.Host = r.host
	for name, value := range r.headers {
		sent.Header.Set(name, value)
	}
	got, err := receive(client, sent)
	require.NoError(t, err)
	return got
}

// receive sends a request and reads all of the answer.
func receive(from *http.Client, sent *http.Request) (response, error) {
	got, err := from.Do(sent)
	if err != nil {
		return response{}, err
	}
	defer got.Body.Close()
	body, err := io.ReadAll(got.Body)
	return response{got.StatusCode, got.Header, string(body)}, err
}

func (w *world) host(tenant string) string {
	return fmt.Sprintf("%s.%s:%d", tenant, domain, w.public)
}

func (w *world) notes(tenant string) request {
	return request{method: http.MethodGet, host: w.host(tenant), path: sampleapi.PathNotes}
}

func (w *world) get(t testing.TB, tenant string) response {
	t.Helper()
	return w.do(t, w.notes(tenant))
}

var (
	keysMu sync.Mutex
	keys   int
)

// add makes a note.
func (w *world) add(t testing.TB, tenant, text string) response {
	t.Helper()
	keysMu.Lock()
	keys++
	key := strconv.Itoa(keys)
	keysMu.Unlock()
	body, err := json.Marshal(sampleapi.NewNote{Text: text})
	require.NoError(t, err)
	return w.do(t, request{
		method: http.MethodPost, host: w.host(tenant), path: sampleapi.PathNotes, body: string(body),
		headers: map[string]string{"Content-Type": "application/json", sampleapi.HeaderIdempotencyKey: key},
	})
}

// eventually waits until a tenant's requests get the status.
func (w *world) eventually(t testing.TB, tenant string, status int) response {
	t.Helper()
	var last response
	await(t, func() bool { last = w.once(t, w.notes(tenant)); return last.status == status }, "%s: status %d", tenant, status)
	return last
}

// used is a sum of the ledger's for a tenant: of the column served, refused or admitted.
func (w *world) used(t testing.TB, column, tenant string) (n int) {
	t.Helper()
	err := w.admin.QueryRow(t.Context(), "SELECT coalesce(sum("+pgx.Identifier{column}.Sanitize()+"), 0)::bigint FROM platform.usage WHERE tenant = $1", tenant).Scan(&n)
	require.NoError(t, err)
	return n
}

// change changes the ledger by hand.
func (w *world) change(t testing.TB, statement string, args ...any) {
	t.Helper()
	_, err := w.admin.Exec(t.Context(), statement, args...)
	require.NoError(t, err)
}

// inCache reaches the cache itself.
func (w *world) inCache(t testing.TB) *redis.Client {
	t.Helper()
	return w.nodeOfCache(t, w.cachePort)
}

func (w *world) nodeOfCache(t testing.TB, port int) *redis.Client {
	t.Helper()
	c := redis.NewClient(&redis.Options{Addr: address(port), Password: w.cacheSecret, DisableIdentity: true})
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// door passes connections on, while it is open.
type door struct {
	port int

	mu     sync.Mutex
	to     string
	open   bool
	passed map[net.Conn]bool

	held sync.RWMutex // for as long as somebody has it, no answer passes
}

// answers pass when nobody holds them.
type answers struct {
	net.Conn

	held *sync.RWMutex
}

func (a answers) Write(text []byte) (int, error) {
	a.held.RLock()
	defer a.held.RUnlock()
	return a.Conn.Write(text)
}

func newDoor(t testing.TB, to string) *door {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address, isTCP := listener.Addr().(*net.TCPAddr)
	require.True(t, isTCP)
	d := &door{port: address.Port, to: to, open: true, passed: map[net.Conn]bool{}}
	t.Cleanup(func() { _ = listener.Close(); d.set(false) })
	go func() {
		for {
			in, err := listener.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", d.leads())
			if err != nil || !d.add(in, out) {
				_ = in.Close()
				if out != nil {
					_ = out.Close()
				}
				continue
			}
			for _, pair := range []struct {
				to   io.Writer
				from io.Reader
			}{{answers{in, &d.held}, out}, {out, in}} {
				go func() {
					_, _ = io.Copy(pair.to, pair.from)
					_ = in.Close()
					_ = out.Close()
				}()
			}
		}
	}()
	return d
}

func (d *door) add(connections ...net.Conn) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range connections {
		d.passed[c] = d.open
	}
	return d.open
}

func (d *door) leads() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.to
}

// lead has the door lead elsewhere from now on, and ends all connections.
func (d *door) lead(to string) {
	d.set(false)
	d.mu.Lock()
	d.to = to
	d.mu.Unlock()
	d.set(true)
}

// set opens the door, or closes it with all connections.
func (d *door) set(open bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.open = open
	for c := range d.passed {
		if !open {
			_ = c.Close()
			delete(d.passed, c)
		}
	}
}

// redisKeepTTL sets a key's value alone.
var redisKeepTTL = redis.SetArgs{KeepTTL: true}
