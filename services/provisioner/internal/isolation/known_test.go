package isolation

import (
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/tenancytest"
)

// known is something that tenants of one database share. proof is a query of one tenant's that finds it of another, so
// that the list is true.
type known struct {
	what, reason, mitigation string
	proof                    string
}

var shared = []known{
	{
		what:       "Names: of schemas, tables, columns, roles, and the roles' settings",
		reason:     "PostgreSQL's catalogue is readable by everybody who is connected, and revoking that breaks drivers and tools.",
		mitigation: "Slugs and table names are no secrets: no personal data or customer data goes into a name.",
		proof:      `SELECT count(*) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'tenant_{you}' AND c.relname = 'note'`,
	},
	{
		what:       "Definitions: functions' source, views, defaults, checks, comments",
		reason:     "They are part of the same catalogue.",
		mitigation: "The application's migrations make them, the same for all tenants; nothing of a customer's goes into a definition.",
		proof:      `SELECT count(*) FROM pg_proc WHERE prosrc LIKE '%note%' AND pronamespace = (SELECT oid FROM pg_namespace WHERE nspname = 'tenant_{you}')`,
	},
	{
		what:       "Sizes: of tables on disk, estimates of their rows, counts of changes",
		reason:     "pg_relation_size, pg_class.reltuples and pg_stat_all_tables have no protection by row.",
		mitigation: "Accepted: they tell how large another customer is, not what it has. Who must not be seen at all gets an environment of its own.",
		proof:      `SELECT pg_relation_size(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'tenant_{you}' AND c.relname = 'note'`,
	},
	{
		what:       "Who is connected, and what locks are held",
		reason:     "pg_stat_activity and pg_locks show every session's role; statements and addresses are hidden.",
		mitigation: "Accepted, as it tells no more than the names do.",
		proof:      `SELECT count(*) FROM pg_stat_activity WHERE usename = 'tenant_{you}'`,
	},
	{
		what:       "Object identifiers, transaction numbers and the write-ahead log's position",
		reason:     "The server counts once for all databases.",
		mitigation: "Accepted: the numbers tell how busy the server is as a whole. No application uses them as keys.",
		proof:      `SELECT pg_current_wal_lsn() > '0/0'`,
	},
}

// demonstrate runs the proofs, and shows the shared things that need more than a query.
func demonstrate(t *testing.T, s *tenancytest.Setup, members []member) []known {
	t.Helper()
	me, you := members[0], members[1]
	for _, k := range shared {
		o, err := me.try(me.fill(k.proof, you))
		require.NoError(t, err)
		require.Equal(t, 1, o.found, k.what)
	}
	list := append([]known{}, shared...)
	return append(list, notifications(t, me, you), advisoryLocks(t, me, you), ownLimits(t, me), ownRole(t, s, me, you), otherDatabases(t, s, me), largeObjects(t, me), lockTable(t, s, me, you), uninterruptible(), computing())
}

// ownGrants shows what becomes visible of a table that its owner has granted to everybody.
func ownGrants(t *testing.T, me, you member) known {
	t.Helper()
	o, err := me.try(me.fill(`SELECT 1 FROM pg_stats WHERE schemaname = 'tenant_{you}' AND tablename = 'note' LIMIT 1`, you))
	require.NoError(t, err)
	require.Equal(t, 1, o.found)
	return known{
		what:       "Statistics, with sample values, of tables that their own tenant has granted to everybody; and their sequences' values",
		reason:     "pg_stats and pg_sequences ask for the right to the table, which a tenant may give away, and not for the one to its schema, which it may not.",
		mitigation: "No tenant can give away another's. check reports such grants, and the next deployment of the tenant's stack revokes them.",
	}
}

func notifications(t *testing.T, me, you member) known {
	t.Helper()
	_, err := you.connection.Exec(ctx, `LISTEN everybody`)
	require.NoError(t, err)
	_, err = me.connection.Exec(ctx, `NOTIFY everybody, 'hello'`)
	require.NoError(t, err)
	heard, err := you.connection.WaitForNotification(ctx)
	require.NoError(t, err)
	require.Equal(t, "hello", heard.Payload)
	return known{
		what:       "LISTEN and NOTIFY",
		reason:     "Channels belong to the database and have no owner.",
		mitigation: "Applications do not use them. Whoever must, treats what it hears as written by a stranger. The provisioner's own, for the edge, say only that some tenant has changed, and stay away from a queue that is half full.",
	}
}

func advisoryLocks(t *testing.T, me, you member) known {
	t.Helper()
	_, err := me.connection.Exec(ctx, `SELECT pg_advisory_lock(42)`)
	require.NoError(t, err)
	var taken bool
	require.NoError(t, you.connection.QueryRow(ctx, `SELECT pg_try_advisory_lock(42)`).Scan(&taken))
	require.False(t, taken)
	_, err = me.connection.Exec(ctx, `SELECT pg_advisory_unlock_all()`)
	require.NoError(t, err)
	return known{
		what:       "Advisory locks",
		reason:     "Their numbers belong to the database: a tenant can hold one that another wants.",
		mitigation: "Applications lock rows of their own. Migration tools that lock by number do without: docs/application.md shows how. The provisioner locks rows of its own, where no tenant reaches; a session that holds more than 10,000 locks of any kind, or one of a tenant's that hold 20,000 together, is ended by the next sweep.",
	}
}

func ownLimits(t *testing.T, me member) known {
	t.Helper()
	o, err := me.try(`SET statement_timeout = 0; SET work_mem = '1GB'; SET idle_in_transaction_session_timeout = 0`)
	require.NoError(t, err)
	require.Empty(t, o.refusal)
	return known{
		what:       "A tenant's own statement time, idle time and sort memory",
		reason:     "PostgreSQL lets every session change these for itself; the tier's values are what it begins with. The limits of connections and of temporary files it cannot change.",
		mitigation: "The sweep, every minute, cancels what runs longer than the tier allows, ends the session that goes on all the same, and ends transactions that are left open or take ten times the statement time; sort memory is bounded by the tier's connections and watched by the memory alarm.",
	}
}

func ownRole(t *testing.T, s *tenancytest.Setup, me, you member) known {
	t.Helper()
	var version int
	require.NoError(t, me.connection.QueryRow(ctx, `SELECT current_setting('server_version_num')::int`).Scan(&version))
	_, err := me.connection.Exec(ctx, me.fill(`SET ROLE NONE; ALTER ROLE "tenant_{me}" SET statement_timeout = 0; ALTER ROLE "tenant_{me}" PASSWORD 'short'`, me), pgx.QueryExecModeSimpleProtocol)
	require.NoError(t, err)
	_, err = me.connection.Exec(ctx, me.fill(`GRANT "tenant_{me}" TO "tenant_{you}"`, you))
	require.Equal(t, version < 150000, err == nil, "from version 15 on no role gives itself away: %v", err)
	_, err = me.connection.Exec(ctx, `RESET ROLE`)
	require.NoError(t, err)
	problems := differences(s.Must(t, api.Request{Action: api.ActionCheck, Tenant: me.slug}).Problems)
	require.NotEmpty(t, problems)
	s.Must(t, s.Request(t, me.slug, "starter", api.StateActive))
	require.Empty(t, differences(s.Must(t, api.Request{Action: api.ActionCheck, Tenant: me.slug}).Problems))
	return known{
		what:       "A tenant's own role: its password and first settings; before PostgreSQL 15 also who else may act as it",
		reason:     "PostgreSQL lets a role change itself. It can give away what is its own, and take nothing of another's.",
		mitigation: "check finds it, and the next deployment of the tenant's stack repairs it, password included. The database's default version is 17, where no role can give itself away.",
	}
}

func otherDatabases(t *testing.T, s *tenancytest.Setup, me member) known {
	t.Helper()
	c := s.Connection(t, me.slug)
	connection, err := pgx.Connect(ctx, s.Server.URL(c.Username, c.Password, "template1"))
	require.NoError(t, err)
	defer connection.Close(ctx) // ended by the sweep
	done := s.Must(t, api.Request{Action: api.ActionSweep}).Problems
	require.Contains(t, done, "tenant "+me.slug+": ended its session in database template1, where it has nothing to do")
	require.Eventually(t, func() bool { return connection.Ping(ctx) != nil }, time.Minute, 20*time.Millisecond)
	return known{
		what:       "The server's own databases (template1)",
		reason:     "They belong to the superuser, which on RDS is AWS, so that the administrator cannot close them. There is no tenant's data in them.",
		mitigation: "The sweep ends tenants' sessions there. The databases that the administrator owns, postgres among them, are closed.",
	}
}

func largeObjects(t *testing.T, me member) known {
	t.Helper()
	o, err := me.try(`SELECT lo_create(0)`)
	require.NoError(t, err)
	require.Empty(t, o.refusal)
	return known{
		what:       "Space for large objects",
		reason:     "The functions that make them belong to the superuser and are open to all; the objects themselves are closed to other tenants. They lie in no schema, and a read-only tenant can go on making them.",
		mitigation: "Prisma does not use them. They count as storage; a tenant that is read-only for its size and goes on making them may not log in any more. check reports them, archives refuse them, and a tenant that has any cannot be deleted before they are gone.",
	}
}

func lockTable(t *testing.T, s *tenancytest.Setup, me, you member) known {
	t.Helper()
	s.Must(t, api.Request{Action: api.ActionSweep})
	session := s.Login(t, me.slug)
	_, err := session.Exec(ctx, `SET statement_timeout = 0; SELECT count(pg_advisory_lock(i)) FROM generate_series(1, 2000000) i`, pgx.QueryExecModeSimpleProtocol)
	require.ErrorContains(t, err, "out of shared memory")
	_, err = s.TryLogin(t, you.slug)
	require.ErrorContains(t, err, "out of shared memory")
	swept := s.Must(t, api.Request{Action: api.ActionSweep}).Problems
	require.Contains(t, strings.Join(swept, ";"), "tenant "+me.slug+": ended a session that held ")
	require.NoError(t, s.Login(t, you.slug).Close(ctx))
	return known{
		what:       "The server's table of locks",
		reason:     "All sessions share it, and no limit of PostgreSQL's bounds what one session takes: one statement fills it, and nobody else can log in then.",
		mitigation: "The sweep and every other call first end the sessions that hold more than 10,000 locks, or a tenant's that hold 20,000 together, by a session that was open before and needs none. Until then, up to a minute, other tenants' statements can fail. A tenant whose sessions do it again and again is suspended.",
	}
}

func uninterruptible() known {
	return known{
		what:       "Statements that PostgreSQL cannot interrupt, such as a comparison of two large arrays",
		reason:     "Some functions never look whether their statement was cancelled or their session ended.",
		mitigation: "The sweep and a suspension look whether a session has ended, and fail if it has not: the sweep's alarm tells of it. A reboot of the database ends it.",
	}
}

func computing() known {
	return known{
		what:       "Processor, memory, disk and cache of the server",
		reason:     "One server for all is what makes a small price possible.",
		mitigation: "Connections, statement time, temporary files and storage are limited by tier; alarms watch the server. Enterprise customers who need a server of their own get an environment of their own.",
	}
}
