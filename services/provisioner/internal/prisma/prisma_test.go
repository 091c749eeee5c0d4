package prisma

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/postgrestest"
	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/domain"
	"github.com/genericcorp/platform/services/provisioner/internal/tenancytest"
)

var ctx = context.Background()

// tenants are some of the tier free and one of starter, and an application that knows how to reach each.
type tenants struct {
	*tenancytest.Setup
	application
	trust string // in the environment
}

func TestPrisma(t *testing.T) {
	t.Parallel()
	versions := postgrestest.Versions(t)
	a := newApplication(t)
	s := tenants{Setup: tenancytest.NewOn(t, versions[len(versions)-1]), application: a}
	s.trust = "NODE_EXTRA_CA_CERTS=" + s.Server.CAFile
	for slug, tier := range map[string]string{"acme": "free", "bolt": "free", "crew": "free", "dawn": "free", "elm": "free", "fern": "starter", "gull": "free", "hawk": "free"} {
		s.Must(t, s.Request(t, slug, tier, api.StateActive))
	}
	for name, test := range map[string]func(*testing.T, tenants){
		"application stays in its tenant":          testApplicationStaysInItsTenant,
		"crowd within the tier's connections":      testCrowdWithinTheTiersConnections,
		"only the right server is trusted":         testOnlyTheRightServerIsTrusted,
		"the lock of migrations is the database's": testMigrationLockIsSharedByTenants,
		"the platform migrates as Prisma does":     testPlatformMigratesAsPrismaDoes,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, s)
		})
	}
}

func (s tenants) secret(t *testing.T, slug string, changes ...func(*domain.Connection)) string {
	t.Helper()
	c := s.Connection(t, slug)
	for _, change := range changes {
		change(&c)
	}
	text, err := json.Marshal(c)
	require.NoError(t, err)
	return string(text)
}

const unlocked = "PRISMA_SCHEMA_DISABLE_ADVISORY_LOCK=1"

func (s tenants) migrate(t *testing.T, slug string, environment ...string) (string, error) {
	t.Helper()
	return s.run(s.secret(t, slug), append(environment, s.trust), "node", "migrate.mjs", "prisma/migrations")
}

// The whole of what the page shows: migrations of two tenants at once, then the client and raw queries of each.
func testApplicationStaysInItsTenant(t *testing.T, s tenants) {
	t.Helper()
	migrated := make(chan error)
	for _, slug := range []string{"acme", "bolt"} {
		go func() {
			out, err := s.migrate(t, slug, unlocked)
			if err == nil && !strings.Contains(out, `{"appliedMigrationNames":["20261101000000_first"]}`) {
				err = fmt.Errorf("migrated %s", out)
			}
			migrated <- err
		}()
	}
	require.NoError(t, <-migrated)
	require.NoError(t, <-migrated)
	for me, other := range map[string]string{"acme": "bolt", "bolt": "acme"} {
		var got struct {
			Client, Raw, Refused []string
			Place                struct{ Schema, Said string }
		}
		out := s.must(t, s.secret(t, me), []string{s.trust}, "node", "use.mjs", me, other)
		require.NoError(t, json.Unmarshal([]byte(out), &got), out)
		notes := []string{"raw of " + me + "!", "changed by " + me + "!"}
		assert.ElementsMatch(t, notes, got.Client)
		assert.ElementsMatch(t, notes, got.Raw)
		assert.Equal(t, "tenant_"+me, got.Place.Schema)
		assert.Equal(t, "QUIET", got.Place.Said)
		assert.Equal(t, []string{"42501", "42501", "42501", "42501"}, got.Refused)
		assert.Empty(t, s.Must(t, api.Request{Action: api.ActionCheck, Tenant: me}).Problems)
	}
	for version, served := range map[string]string{"20261101000000_first": "true", "20261102000000_second": "false"} {
		assert.Equal(t, served, s.must(t, s.secret(t, "acme"), []string{s.trust, "SCHEMA_VERSION=" + version}, "node", "served.mjs"), version)
	}
	out, err := s.migrate(t, "acme", unlocked)
	require.NoError(t, err, out)
	assert.Contains(t, out, `{"appliedMigrationNames":[]}`, "a second run has nothing to do")
	assert.Contains(t, s.connect(t, "public", s.trust, s.Connection(t, "acme").LibpqURL)[0], "permission denied for schema public", "without the schema the client looks there")
}

// Every request of a crowd is served by a free tenant's connections, while a person uses the one that the pool leaves.
func testCrowdWithinTheTiersConnections(t *testing.T, s tenants) {
	t.Helper()
	out, err := s.migrate(t, "crew", unlocked)
	require.NoError(t, err, out)
	_, err = s.Login(t, "crew").Exec(ctx, `SELECT 1`)
	require.NoError(t, err)
	type served struct {
		Count  int
		Failed map[string]int
	}
	crowd := func(secret string) (got served) {
		out := s.must(t, secret, []string{s.trust}, "node", "crowd.mjs")
		require.NoError(t, json.Unmarshal([]byte(out), &got), out)
		return got
	}
	assert.Equal(t, served{Count: 120, Failed: map[string]int{}}, crowd(s.secret(t, "crew")))
	more := crowd(s.secret(t, "crew", func(c *domain.Connection) { c.ConnectionLimit = 10 }))
	assert.Contains(t, fmt.Sprint(more.Failed), "too many connections for role", "a pool beyond the tier's limit shows what the secret's avoids")
}

// A server that is not the one of the secret, or speaks without TLS, gets no password.
func testOnlyTheRightServerIsTrusted(t *testing.T, s tenants) {
	t.Helper()
	out, err := s.migrate(t, "dawn", unlocked)
	require.NoError(t, err, out)
	other := postgrestest.Start(t)
	servers := map[string]string{
		"right": fmt.Sprintf("%s:%d", s.Server.Host, s.Server.Port), "other": fmt.Sprintf("%s:%d", other.Host, other.Port),
		"name": fmt.Sprintf("localhost:%d", s.Server.Port), "plain": withoutTLS(t),
	}
	c := s.Connection(t, "dawn")
	connect := func(trust, server string) []string {
		var urls []string
		for _, u := range []string{c.LibpqURL, c.URL} {
			urls = append(urls, strings.Replace(u, "@"+servers["right"]+"/", "@"+servers[server]+"/", 1))
		}
		return s.connect(t, "tenant_dawn", trust, urls...)
	}
	for _, test := range []struct{ trust, server, want string }{
		{s.trust, "right", "connected 0"},
		{"NODE_EXTRA_CA_CERTS=", "right", "self-signed certificate"},
		{"NODE_EXTRA_CA_CERTS=" + other.CAFile, "right", "self-signed certificate"},
		{s.trust, "other", "self-signed certificate"},
		{s.trust, "name", "altnames"},
		{s.trust, "plain", "does not support SSL"},
	} {
		for _, line := range connect(test.trust, test.server) {
			assert.Contains(t, line, test.want, "%s, trusting %s", test.server, test.trust)
		}
	}
}

// connect connects by each URL and gives how that ended.
func (s tenants) connect(t *testing.T, schema, trust string, urls ...string) []string {
	t.Helper()
	list, err := json.Marshal(urls)
	require.NoError(t, err)
	out := s.must(t, "", []string{trust, "URLS=" + string(list), "NODE_NO_WARNINGS=1"}, "node", "connect.mjs", schema)
	lines := strings.Split(out, "\n")
	require.Len(t, lines, len(urls), out)
	return lines
}

// withoutTLS is a server that answers a request for TLS with no, and reads no further.
func withoutTLS(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = connection.Read(make([]byte, 8))
			_, _ = connection.Write([]byte("N"))
			time.AfterFunc(time.Second, func() { _ = connection.Close() })
		}
	}()
	return listener.Addr().String()
}

// The lock that Prisma Migrate takes is one for the whole database: why the page switches it off.
func testMigrationLockIsSharedByTenants(t *testing.T, s tenants) {
	t.Helper()
	_, err := s.Login(t, "dawn").Exec(ctx, `SELECT pg_advisory_lock(72707369)`)
	require.NoError(t, err)
	for slug, failure := range map[string]string{"elm": "statement timeout", "fern": "P1002"} {
		out, err := s.migrate(t, slug)
		require.Error(t, err)
		assert.Contains(t, out, failure, "it has waited for the other tenant in vain")
		out, err = s.migrate(t, slug, unlocked)
		require.NoError(t, err, out)
		assert.Contains(t, out, `{"appliedMigrationNames":["20261101000000_first"]}`)
	}
}
