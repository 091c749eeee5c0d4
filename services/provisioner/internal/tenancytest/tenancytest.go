// Package tenancytest gives tests a provisioner over a private PostgreSQL server, with secrets and archives in memory.
//
//page:none only tests see it
package tenancytest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/internal/postgrestest"
	"github.com/genericcorp/platform/internal/tenant/slug"
	"github.com/genericcorp/platform/internal/tiers"
	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/database"
	"github.com/genericcorp/platform/services/provisioner/internal/domain"
	"github.com/genericcorp/platform/services/provisioner/internal/tenancy"
)

// Environment is what the provisioner calls its environment.
const Environment = "test"

// Setup is a provisioner and what it works on.
type Setup struct {
	*tenancy.Provisioner
	Server  *postgrestest.Server
	Secrets *Secrets
	Archive *Archive
}

// New starts a server for the test and a provisioner on it.
func New(t testing.TB, settings ...string) *Setup {
	t.Helper()
	return on(t, postgrestest.Start(t, settings...))
}

// OnEach runs a test on every version of the server, side by side with other tests.
func OnEach(t *testing.T, test func(t *testing.T, s *Setup)) {
	t.Helper()
	t.Parallel()
	for _, version := range postgrestest.Versions(t) {
		t.Run(version.Name, func(t *testing.T) {
			t.Parallel()
			test(t, NewOn(t, version))
		})
	}
}

// NewOn is New on a version of the server.
func NewOn(t testing.TB, version postgrestest.Version, settings ...string) *Setup {
	t.Helper()
	return on(t, postgrestest.StartVersion(t, version, settings...))
}

func on(t testing.TB, server *postgrestest.Server) *Setup {
	t.Helper()
	s := &Setup{Server: server, Secrets: &Secrets{values: map[string][]byte{}}, Archive: &Archive{objects: map[string][]byte{}}}
	s.Provisioner = s.Another(t)
	return s
}

// Another is a second provisioner over the same database, secrets and archives.
func (s *Setup) Another(t testing.TB) *tenancy.Provisioner {
	t.Helper()
	reached := database.Database{Host: s.Server.Host, Port: s.Server.Port, Name: s.Server.Database, Roots: s.Server.Roots}
	credentials := func(context.Context) (database.Credentials, error) {
		return database.Credentials{User: s.Server.Admin, Password: s.Server.AdminPassword}, nil
	}
	admin, err := reached.Administer(context.Background(), credentials)
	if err != nil {
		t.Fatalf("reach the database: %v", err)
	}
	reserve := reached.Reserve(credentials)
	t.Cleanup(func() {
		admin.Close()
		reserve.Close(context.Background())
	})
	return &tenancy.Provisioner{
		Environment: Environment, Database: reached, Admin: admin, Reserve: reserve, Secrets: s.Secrets, Archives: s.Archive,
		Ceiling: api.DefaultSchemaCeiling, OwnConnections: api.ConnectionsPerCall, Archivable: tenancy.MaxArchivable,
		PartBytes: tenancy.DefaultPartBytes, Now: time.Now,
	}
}

// Request asks for a tenant of a tier in a state, with its first password.
func (s *Setup) Request(t testing.TB, tenant, tier string, state api.State) api.Request {
	t.Helper()
	found, err := tiers.Find(tier)
	if err != nil {
		t.Fatal(err)
	}
	s.Secrets.Make(SecretARN(tenant))
	return api.Request{
		Action: api.ActionApply, Tenant: tenant, Tier: tier, State: state, SecretARN: SecretARN(tenant),
		Limits: api.LimitsOf(found), PasswordVersion: 1,
	}
}

// Must does what a request asks, as the function does: through the JSON of the contract.
func (s *Setup) Must(t testing.TB, r api.Request) api.Response {
	t.Helper()
	response, err := s.Try(r)
	if err != nil {
		t.Fatal(err)
	}
	return response
}

// Try is Must for what may fail.
func (s *Setup) Try(r api.Request) (api.Response, error) {
	text, err := json.Marshal(r)
	if err != nil {
		return api.Response{}, err
	}
	parsed, err := api.Parse(text)
	if err != nil {
		return api.Response{}, err
	}
	return s.Do(context.Background(), parsed)
}

// Crowd makes many tenants, "other-0" and on, with some tables each.
func (s *Setup) Crowd(t testing.TB, tenants, tables int) {
	t.Helper()
	var statements strings.Builder
	for table := range tables {
		fmt.Fprintf(&statements, "CREATE TABLE t%d (id bigint PRIMARY KEY, body text);", table)
	}
	for i := range tenants {
		name := fmt.Sprintf("other-%d", i)
		s.Must(t, s.Request(t, name, "starter", api.StateActive))
		login := s.Login(t, name)
		if _, err := login.Exec(context.Background(), statements.String(), pgx.QueryExecModeSimpleProtocol); err != nil {
			t.Fatal(err)
		}
		_ = login.Close(context.Background())
	}
}

// Connection is what the tenant's secret holds.
func (s *Setup) Connection(t testing.TB, tenant string) domain.Connection {
	t.Helper()
	value, err := s.Secrets.Read(context.Background(), SecretARN(tenant), tenancy.Current)
	if err != nil {
		t.Fatalf("the secret of %s: %v", tenant, err)
	}
	var c domain.Connection
	if err := json.Unmarshal(value, &c); err != nil {
		t.Fatalf("the secret of %s: %v", tenant, err)
	}
	return c
}

// Login connects as the tenant, by its secret. The connection ends with the test.
func (s *Setup) Login(t testing.TB, tenant string) *pgx.Conn {
	t.Helper()
	connection, err := s.TryLogin(t, tenant)
	// The session of whoever has just logged in as the tenant counts until the server has ended it.
	for deadline := time.Now().Add(10 * time.Second); err != nil && strings.Contains(err.Error(), "SQLSTATE 53300") && time.Now().Before(deadline); {
		time.Sleep(20 * time.Millisecond)
		connection, err = s.TryLogin(t, tenant)
	}
	if err != nil {
		t.Fatalf("log in as %s: %v", tenant, err)
	}
	return connection
}

// TryLogin is Login for what may be refused.
func (s *Setup) TryLogin(t testing.TB, tenant string) (*pgx.Conn, error) {
	t.Helper()
	connection, err := pgx.Connect(context.Background(), s.Connection(t, tenant).LibpqURL+"&sslrootcert="+s.Server.CAFile)
	if err == nil {
		t.Cleanup(func() { _ = connection.Close(context.Background()) })
	}
	return connection, err
}

// SecretARN is where the tenant's secret is.
func SecretARN(tenant string) string {
	return "arn:aws:secretsmanager:us-east-1:123456789012:secret:" + slug.SecretName(Environment, tenant)
}

// Secrets keeps secrets in memory.
type Secrets struct {
	mu     sync.Mutex
	values map[string][]byte // nil: a secret without a value
	// Fail, if set, is asked before each write; its error is the write's.
	Fail func(arn string, stage tenancy.Stage) error
}

// Make makes a secret without a value, unless there is one.
func (s *Secrets) Make(arn string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.values[arn]; !ok {
		s.values[arn] = nil
	}
}

// Delete removes a secret, as a person might.
func (s *Secrets) Delete(arn string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, key := range []string{arn, arn + string(tenancy.Current), arn + string(tenancy.Pending)} {
		delete(s.values, key)
	}
}

// Read implements tenancy.Secrets.
func (s *Secrets) Read(_ context.Context, arn string, stage tenancy.Stage) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.values[arn]; !ok {
		return nil, fmt.Errorf("secret %s does not exist", arn)
	}
	value, ok := s.values[arn+string(stage)]
	if !ok {
		return nil, tenancy.ErrNoValue
	}
	return slices.Clone(value), nil
}

// Write implements tenancy.Secrets.
func (s *Secrets) Write(_ context.Context, arn string, stage tenancy.Stage, value []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.values[arn]; !ok {
		return fmt.Errorf("secret %s does not exist", arn)
	}
	if s.Fail != nil {
		if err := s.Fail(arn, stage); err != nil {
			return err
		}
	}
	s.values[arn+string(stage)] = slices.Clone(value)
	return nil
}

// Archive keeps archives in memory.
type Archive struct {
	mu      sync.Mutex
	objects map[string][]byte
	// Fail, if set, is asked before each read of an archive's text; its error is the read's.
	Fail func(key string) error
}

// Put implements tenancy.Store.
func (a *Archive) Put(_ context.Context, key string, body io.Reader) error {
	content, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.objects[key] = content
	return nil
}

// Get implements tenancy.Store.
func (a *Archive) Get(_ context.Context, key string) (io.ReadCloser, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	content, ok := a.objects[key]
	if !ok {
		return nil, tenancy.ErrNoObject
	}
	if a.Fail != nil && strings.Contains(key, ".sql.gz") {
		if err := a.Fail(key); err != nil {
			return nil, err
		}
	}
	return io.NopCloser(bytes.NewReader(content)), nil
}

// List implements tenancy.Store.
func (a *Archive) List(_ context.Context, prefix string) ([]string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var keys []string
	for key := range a.objects {
		if strings.HasPrefix(key, prefix) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys, nil
}

// Change rewrites an object, as damage does.
func (a *Archive) Change(key string, change func([]byte) []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.objects[key] = change(slices.Clone(a.objects[key]))
}
