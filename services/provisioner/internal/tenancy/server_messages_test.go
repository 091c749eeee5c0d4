package tenancy_test

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/tenancytest"
)

// What the contract says that a tenant gets from the database is what it gets, word for word.
func TestServerMessages(t *testing.T) { tenancytest.OnEach(t, testServerMessages) }

func testServerMessages(t *testing.T, s *tenancytest.Setup) {
	request := s.Request(t, "acme", "free", api.StateActive)
	request.Limits.StatementTimeoutMs, request.Limits.IdleInTransactionTimeoutMs, request.Limits.Connections = 300, 300, 2
	request.Limits.TempFileLimitKiB, request.Limits.WorkMemKiB = 64, 64
	s.Must(t, request)
	seen := []string{ // what takes the whole server, its start, or an hour
		"53200: out of shared memory", "53300: remaining connection slots are reserved for …", "57P03: the database system is starting up",
		"57P05: terminating connection due to idle-session timeout", // after an hour
	}
	see := func(err error) {
		t.Helper()
		var said *pgconn.PgError
		require.True(t, errors.As(err, &said), "%v", err)
		for _, m := range api.ServerMessages {
			pattern := strings.ReplaceAll(regexp.QuoteMeta(m.Text), "…", ".+")
			if m.Code == said.Code && regexp.MustCompile("^"+pattern+"$").MatchString(said.Message) {
				seen = append(seen, m.Code+": "+m.Text)
				return
			}
		}
		t.Errorf("api.ServerMessages has not %s: %s", said.Code, said.Message)
	}
	fails := func(session *pgx.Conn, statement string) {
		t.Helper()
		_, err := session.Exec(ctx, statement)
		require.Error(t, err, statement)
		see(err)
	}
	refused := func() {
		t.Helper()
		_, err := s.TryLogin(t, "acme")
		require.Error(t, err)
		see(err)
	}

	one := s.Login(t, "acme")
	must(t, one, `CREATE TABLE thing (id int)`)
	fails(one, `SELECT pg_sleep(60)`)
	fails(one, `SELECT count(*) FROM (SELECT g FROM generate_series(1, 100000) g ORDER BY g DESC) s`)
	fails(one, `CREATE TABLE public.thing (id int)`)
	idle := s.Login(t, "acme")
	refused()
	must(t, idle, `BEGIN`)
	_, err := idle.WaitForNotification(ctx)
	see(err)

	ended := make(chan error, 1)
	run := func(statement string) {
		_, err := one.Exec(context.Background(), statement)
		ended <- err
	}
	must(t, one, `SET statement_timeout = 0`)
	go run(`SELECT pg_sleep(3600)`)
	for cancelled := false; !cancelled; time.Sleep(50 * time.Millisecond) {
		s.Must(t, sweep)
		cancelled = len(ended) > 0
	}
	see(<-ended)
	go run(`SELECT pg_sleep(3600)`)
	request.State = api.StateLimited
	s.Must(t, request)
	see(<-ended)
	fails(s.Login(t, "acme"), `INSERT INTO thing VALUES (1)`)
	request.State = api.StateSuspended
	s.Must(t, request)
	refused()
	super := s.Server.Connect(t, s.Server.Superuser, s.Server.SuperuserPassword)
	must(t, super, `ALTER ROLE tenant_acme LOGIN PASSWORD 'another'`)
	refused()

	slices.Sort(seen)
	var told []string
	for _, m := range api.ServerMessages {
		told = append(told, m.Code+": "+m.Text)
	}
	slices.Sort(told)
	assert.Equal(t, told, slices.Compact(seen))
}
