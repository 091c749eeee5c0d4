package config

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/genericcorp/platform/services/sample/api"
	"github.com/genericcorp/platform/services/sample/internal/sampletest"
)

// app is the application in some roles, on a real database and cache.
type app struct {
	folder   string
	database *sampletest.Database
	urls     map[string]string // by role
	stop     map[string]func() error
}

func start(t *testing.T, roles ...string) *app {
	t.Helper()
	a := &app{folder: t.TempDir(), urls: map[string]string{}, stop: map[string]func() error{}}
	sampletest.Cache(t, a.folder)
	a.database = sampletest.NewDatabase(t, a.folder)
	for _, role := range roles {
		a.run(t, role)
	}
	return a
}

// run starts the application in a role.
func (a *app) run(t *testing.T, role string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := listener.Addr().String()
	require.NoError(t, listener.Close())
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	environment := map[string]string{
		api.EnvAddress: address, api.EnvSecretsFolder: a.folder, api.EnvDatabaseCAFile: a.database.CAFile, api.EnvDrain: "0s",
	}
	go func() { ended <- Run(ctx, []string{role}, func(name string) string { return environment[name] }) }()
	stopped := false
	a.urls[role] = "http://" + address
	a.stop[role] = func() error {
		if stopped {
			return nil
		}
		stopped = true
		cancel()
		return <-ended
	}
	t.Cleanup(func() { assert.NoError(t, a.stop[role]()) })
	for _, path := range []string{api.PathReady, api.PathLive} {
		require.Eventually(t, func() bool { return get(a.urls[role]+path) == http.StatusOK }, 5*time.Minute, 50*time.Millisecond, "%s %s", role, path)
	}
}

func get(url string) int {
	response, err := http.Get(url)
	if err != nil {
		return 0
	}
	_ = response.Body.Close()
	return response.StatusCode
}

func (a *app) do(t *testing.T, method, path, tenant, key, body string, into any) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, a.urls[api.RoleServe]+path, strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set(api.HeaderTenant, tenant)
	request.Header.Set(api.HeaderIdempotencyKey, key)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, json.NewDecoder(bytes.NewReader(text)).Decode(into), "%s", text)
	return response.StatusCode
}

func (a *app) add(t *testing.T, tenant, key, text string) (int, api.Note) {
	t.Helper()
	body, err := json.Marshal(api.NewNote{Text: text})
	require.NoError(t, err)
	var note api.Note
	return a.do(t, http.MethodPost, api.PathNotes, tenant, key, string(body), &note), note
}

// refused makes a note that is refused, and gives the code.
func (a *app) refused(t *testing.T, tenant string) (int, api.Code) {
	t.Helper()
	var failure api.Error
	status := a.do(t, http.MethodPost, api.PathNotes, tenant, "refused", `{"text": "a"}`, &failure)
	return status, failure.Code
}

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) { os.Exit(code) }), goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"),
		goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"))
}

// A tenant's notes are in the tenant's schema, made once, and counted by the worker; others see none of them.
func TestApplication(t *testing.T) {
	a := start(t, api.RoleServe, api.RoleWork)
	a.database.Tenant(t, "acme")
	a.database.Tenant(t, "beta")
	status, note := a.add(t, "acme", "1", "four words of mine")
	require.Equal(t, http.StatusCreated, status)
	status, again := a.add(t, "acme", "1", "other text, same attempt")
	require.Equal(t, http.StatusOK, status)
	assert.Equal(t, []string{note.ID, "four words of mine"}, []string{again.ID, again.Text})
	require.Eventually(t, func() bool {
		var counted api.Note
		status := a.do(t, http.MethodGet, api.NotePath(note.ID), "acme", "", "", &counted)
		return status == http.StatusOK && counted.Words != nil && *counted.Words == 4
	}, 5*time.Minute, 50*time.Millisecond)

	var list api.Notes
	require.Equal(t, http.StatusOK, a.do(t, http.MethodGet, api.PathNotes, "beta", "", "", &list))
	assert.Empty(t, list.Notes)
	require.Equal(t, http.StatusOK, a.do(t, http.MethodGet, api.PathNotes, "acme", "", "", &list))
	assert.Len(t, list.Notes, 1)
	var failure api.Error
	assert.Equal(t, http.StatusNotFound, a.do(t, http.MethodGet, api.NotePath(note.ID), "beta", "", "", &failure))

	require.NoError(t, a.stop[api.RoleServe]())
	require.NoError(t, a.stop[api.RoleWork]())
	assert.Zero(t, get(a.urls[api.RoleServe]+api.PathReady), "it has stopped")
}

// A tenant's own worker does the tenant's jobs by the tenant's secret alone: no other worker takes them from the queue here.
func TestTend(t *testing.T) {
	a := start(t, api.RoleServe)
	a.database.Tenant(t, "acme")
	status, note := a.add(t, "acme", "1", "three words here")
	require.Equal(t, http.StatusCreated, status)
	a.run(t, api.RoleTend)
	require.Eventually(t, func() bool {
		var counted api.Note
		return a.do(t, http.MethodGet, api.NotePath(note.ID), "acme", "", "", &counted) == http.StatusOK && counted.Words != nil && *counted.Words == 3
	}, 5*time.Minute, 50*time.Millisecond)
	require.NoError(t, os.Remove(filepath.Join(a.folder, api.TenantFile("acme"))))
	assert.Equal(t, http.StatusServiceUnavailable, get(a.urls[api.RoleTend]+api.PathReady), "without a secret it has nothing to do")
}

// Whoever is not known is not let in: no secret, a secret that is another's, a name that leads elsewhere.
func TestUnknownTenants(t *testing.T) {
	a := start(t, api.RoleServe, api.RoleWork)
	a.database.Tenant(t, "acme")
	acme, err := os.ReadFile(filepath.Join(a.folder, api.TenantFile("acme")))
	require.NoError(t, err)
	require.NoError(t, os.Mkdir(filepath.Join(a.folder, "tenant-x"), 0o700))
	for _, tenant := range []string{"", "beta", "x/../tenant-acme", "acme.json", "ACME"} {
		status, code := a.refused(t, tenant)
		assert.Equal(t, http.StatusForbidden, status, tenant)
		assert.Equal(t, api.CodeUnknownTenant, code, tenant)
	}
	require.NoError(t, os.WriteFile(filepath.Join(a.folder, api.TenantFile("beta")), acme, 0o600))
	status, code := a.refused(t, "beta")
	assert.Equal(t, http.StatusServiceUnavailable, status, "the secret of another tenant")
	assert.Equal(t, api.CodeUnavailable, code)

	status, _ = a.add(t, "acme", "1", "known")
	require.Equal(t, http.StatusCreated, status)
	require.NoError(t, os.Remove(filepath.Join(a.folder, api.TenantFile("acme"))))
	_, code = a.refused(t, "acme")
	assert.Equal(t, api.CodeUnknownTenant, code, "its secret is gone, and its pool was open")
}

// A rotated password needs no restart, and what the platform does to a tenant is told as what it is.
func TestTenantsLimits(t *testing.T) {
	a := start(t, api.RoleServe, api.RoleWork)
	a.database.Tenant(t, "acme")
	status, _ := a.add(t, "acme", "1", "before")
	require.Equal(t, http.StatusCreated, status)
	a.database.Rotate(t, "acme")
	a.database.EndSessions(t, "acme")
	require.Eventually(t, func() bool { // a session that ended may be noticed by its first statement
		status, _ = a.add(t, "acme", "2", "after")
		return status == http.StatusCreated || status == http.StatusOK
	}, 5*time.Minute, 50*time.Millisecond)

	for _, test := range []struct {
		limit, lift string
		status      int
		code        api.Code
	}{
		{"ALTER ROLE %s SET default_transaction_read_only = on", "ALTER ROLE %s RESET default_transaction_read_only", http.StatusForbidden, api.CodeReadOnly},
		{"ALTER ROLE %s NOLOGIN", "ALTER ROLE %s LOGIN", http.StatusForbidden, api.CodeSuspended},
		{"ALTER ROLE %s CONNECTION LIMIT 0", "ALTER ROLE %s CONNECTION LIMIT 5", http.StatusTooManyRequests, api.CodeTooMany},
	} {
		a.database.Exec(t, test.limit, "acme")
		a.database.EndSessions(t, "acme")
		assert.Eventually(t, func() bool {
			status, code := a.refused(t, "acme")
			return status == test.status && code == test.code
		}, 5*time.Minute, 50*time.Millisecond, test.limit)
		a.database.Exec(t, test.lift, "acme")
		a.database.EndSessions(t, "acme")
		assert.Eventually(t, func() bool { status, _ := a.add(t, "acme", test.limit, "lifted"); return status < 300 }, 5*time.Minute, 50*time.Millisecond, test.lift)
	}
}

func TestRunRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(file, []byte("no certificate"), 0o600))
	environment := map[string]string{api.EnvSecretsFolder: "/none", api.EnvDatabaseCAFile: file, api.EnvDrain: "1h", api.EnvCacheCAFile: "/none", api.EnvIdentityKeysFile: "/none"}
	err := Run(t.Context(), []string{"eat"}, func(name string) string { return environment[name] })
	for _, want := range []string{
		"arguments: got [eat], expected serve, work or tend", `SECRETS_FOLDER: got "/none", expected a folder that can be read`,
		"DATABASE_CA_FILE: got ", `CACHE_CA_FILE: got "/none", expected a file with certificates in PEM`, `DRAIN: got "1h", expected a duration up to 20s`,
		`IDENTITY_DOMAIN: got "", expected a domain, as IDENTITY_KEYS_FILE is set`, "read the keys of identities: open /none",
	} {
		assert.ErrorContains(t, err, want)
	}
}
