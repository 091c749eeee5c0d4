package neighbours

import (
	"time"

	"github.com/genericcorp/platform/services/provisioner/api"
)

// hold is what stops an attack.
type hold string

const (
	bySweepSession   hold = "the sweep ends its sessions"
	bySweepStatement hold = "the sweep cancels the statement, or ends its session"
	bySweepStorage   hold = "the sweep counts it as storage: the tenant may only read, or no longer log in"
	byLimit          hold = "refused by the server"
	byNothing        hold = "it takes its own share, and nobody else's"
	notHeld          hold = "**not held**"
)

// attack is something that a tenant does to a server that it shares.
type attack struct {
	takes, name string
	first       []string      // done once by each session, whatever comes of it
	then        string        // done again and again; nothing: the session stays as it is
	every       time.Duration // between two
	leave       bool          // the session ends and another comes
	pause       time.Duration // before another comes
	sessions    int           // 0: what the tier allows, within bounds
	beyond      int           // sessions more than the tier allows
	silent      int           // connections that never say who they are
	limits      func(l *api.Limits)
	wait        time.Duration // until what the sweep looks for is due
	held        hold
	code        string // of the refusal
	known       string // what is not held, or only later; with its alarm
	fails       bool   // others' statements can fail until the sweep
}

// soon shortens the tier's times, which are the sweep's measure, so that the test need not wait for them.
func soon(l *api.Limits) {
	l.StatementTimeoutMs, l.IdleInTransactionTimeoutMs = 100, 100
}

// little is a storage that is soon full.
func little(l *api.Limits) { l.StorageMiB = 2 }

const (
	// due is how long a statement or an idle transaction beyond its time (soon) may go on before the sweep acts: a second more.
	due = 1300 * time.Millisecond
	// overdue is that of a transaction that is never idle: ten times its statement's.
	overdue = 2200 * time.Millisecond
)

// What tells of an attack, and what to do then.
const (
	suspension  = "page [tenant-suspension-and-resume](../runbooks/tenant-suspension-and-resume.md)."
	alarmMemory = "Alarm `database-main-memory`, " + suspension
	alarmCPU    = "Alarm `database-main-cpu`, " + suspension
	alarmDisk   = "Alarms `database-main-disk` and `database-main-storage`, " + suspension
	alarmXact   = "Alarm `database-main-transactions`, " + suspension
	alarmSlots  = "Alarm `database-main-connections`, " + suspension
	alarmLog    = "Alarm `database-main-log`, " + suspension
	alarmSweep  = "Alarm `provisioner-sweep`, page [provisioner-trouble](../runbooks/provisioner-trouble.md)."
	slower      = "By tiers with many connections: the server gives each session the same share of processor and disk, and others are slower"
	sweepSays   = "The sweep's answer in the provisioner's log names the tenant, " + suspension
)

const forever = `SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0`

var attacks = []attack{
	{takes: "locks", name: "Fill the server's table of locks", sessions: 1,
		first: []string{forever, `SELECT count(pg_advisory_lock(i)) FROM generate_series(1, 2000000) i`},
		held:  bySweepSession, fails: true,
		known: "By one session or many. Until the sweep, up to a minute, others' statements and logins can fail (53200). A tenant that comes back at once is suspended. No limit of PostgreSQL's bounds the locks of a session, and the functions that take them belong to AWS. " + sweepSays},
	{takes: "locks", name: "Some sessions, each just below the budget of a session", sessions: 4,
		first: []string{forever, `SELECT count(pg_advisory_lock(pg_backend_pid(), i)) FROM generate_series(1, 9000) i`},
		held:  bySweepSession},
	{takes: "locks", name: "Hold the number that Prisma Migrate locks", sessions: 1,
		first: []string{`SELECT pg_advisory_lock(72707369)`}, held: notHeld,
		known: "Advisory locks are the database's. A tenant's migrations do without: [application](application.md#migrations)."},
	{takes: "locks", name: "Hold every lock that the provisioner might take by number",
		first: []string{`SELECT pg_try_advisory_lock(hashtextextended(n, 0)) FROM unnest(ARRAY['sweep', 'platform.sweep', 'creation', 'tenant.calm', 'tenant.{me}', 'work.{me}']) n`},
		held:  byNothing},
	{takes: "locks", name: "Leave a transaction open that has locked and granted its own tables", limits: soon, wait: due, sessions: 1,
		first: []string{`CREATE TABLE IF NOT EXISTS thing (id int)`, forever, `BEGIN; LOCK TABLE thing; GRANT SELECT ON thing TO PUBLIC`},
		held:  bySweepSession},
	{takes: "locks", name: "Leave a transaction open that has changed its own role", limits: soon, wait: due, sessions: 1,
		first: []string{forever, `SET ROLE NONE`, `BEGIN; ALTER ROLE "tenant_{me}" SET work_mem = '1MB'`}, held: bySweepSession},

	{takes: "memory", name: "Large settings in sessions that stay", sessions: 2,
		first: []string{`SELECT set_config('app.s' || i, repeat('x', 5000000), false)::text IS NULL FROM generate_series(1, 4) i`},
		held:  notHeld, known: "PostgreSQL limits no session's memory and shows it to nobody else. The tier's connections bound it loosely, and a session that does nothing ends after an hour; the page finds the session by the operating system's metrics. " + alarmMemory},
	{takes: "memory", name: "Sorts with more memory than the tier's", sessions: 2, every: 10 * time.Millisecond,
		first: []string{`SET work_mem = '32MB'`}, then: `SELECT count(*) FROM (SELECT md5(i::text) AS m FROM generate_series(1, 100000) i ORDER BY 1 OFFSET 0) s`,
		held: notHeld, known: "Every session may raise its `work_mem`. " + alarmMemory},
	{takes: "memory", name: "Prepared statements that stay",
		first: []string{`DO $$BEGIN FOR i IN 1..1000 LOOP EXECUTE format('PREPARE p%s AS SELECT %s, c.* FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid', i, i); END LOOP; END$$`},
		held:  notHeld, known: "A session keeps as many as it likes. " + alarmMemory},
	{takes: "memory", name: "A cursor that keeps its rows", limits: func(l *api.Limits) { l.TempFileLimitKiB = 1024 },
		first: []string{`SET work_mem = '64kB'`, `BEGIN; DECLARE c CURSOR WITH HOLD FOR SELECT repeat('x', 1000) FROM generate_series(1, 20000); COMMIT`},
		held:  byLimit, code: "53400"},

	{takes: "connections", name: "More sessions than the tier allows", beyond: 5, first: []string{`SELECT 1`}, held: byLimit, code: "53300"},
	{takes: "connections", name: "Log in and out without end", first: []string{`SELECT 1`}, leave: true, held: byNothing,
		known: slower + ", for each login costs a process. " + alarmCPU},
	{takes: "connections", name: "Connections that never say who they are", sessions: 1, silent: 40, held: notHeld,
		known: "Each takes a place for `authentication_timeout`, 10 seconds. Only the nodes and the provisioner reach the port; enough of them at once keep others from logging in. " + alarmSlots},

	{takes: "disk", name: "Rows beyond the storage", limits: little, every: 20 * time.Millisecond,
		first: []string{`CREATE TABLE IF NOT EXISTS big (text text)`, `INSERT INTO big SELECT repeat(md5(i::text), 30) FROM generate_series(1, 8000) i`},
		then:  `INSERT INTO big SELECT repeat(md5(i::text), 30) FROM generate_series(1, 100) i`, held: bySweepStorage,
		known: slower + " until the sweep. " + alarmDisk},
	{takes: "disk", name: "Rows beyond the storage that are never committed", limits: func(l *api.Limits) { little(l); soon(l) }, wait: overdue, sessions: 1, every: 50 * time.Millisecond,
		first: []string{forever, `BEGIN; CREATE TABLE hidden AS SELECT repeat(md5(i::text), 30) FROM generate_series(1, 8000) i`}, then: `SELECT 1`, held: bySweepSession,
		known: "A table that is not committed is measured by nobody. Its transaction ends after ten times the tier's statement time, in which the disk can take harm. " + alarmDisk},
	{takes: "disk", name: "Large objects", limits: little, sessions: 1, every: 20 * time.Millisecond,
		first: []string{`SELECT lo_from_bytea(0, convert_to(repeat(md5(i::text), 30000), 'UTF8')) FROM generate_series(1, 4) i`}, then: `SELECT 1`, held: bySweepStorage},
	{takes: "temporary files", name: "A sort that needs more than the tier's", limits: func(l *api.Limits) { l.TempFileLimitKiB = 1024 }, every: 10 * time.Millisecond,
		first: []string{`SET work_mem = '64kB'`}, then: `SELECT count(*) FROM (SELECT md5(i::text) AS m FROM generate_series(1, 50000) i ORDER BY 1 OFFSET 0) s`, held: byLimit, code: "53400",
		known: slower + " while it tries again and again. " + alarmCPU},
	{takes: "the write-ahead log", name: "Change the same rows again and again",
		first: []string{`CREATE TABLE IF NOT EXISTS churn AS SELECT i AS id, repeat('x', 500) AS text FROM generate_series(1, 500) i`}, then: `UPDATE churn SET text = text || 'y' WHERE id <= 300`, every: time.Millisecond,
		held: notHeld, known: "Nothing limits what a tenant writes while it stays within its storage. " + alarmDisk},
	{takes: "the server's log", name: "Warnings without end", sessions: 1, every: 10 * time.Millisecond,
		then: `DO $$BEGIN FOR i IN 1..20 LOOP RAISE WARNING '%', repeat('x', 1000); END LOOP; END$$`,
		held: notHeld, known: "Every session may write to the log, by warnings or failing statements; RDS keeps it on the database's disk for three days and CloudWatch bills it. No level of `log_min_messages` that keeps slow statements keeps out what a session raises as LOG. " + alarmLog},

	{takes: "the catalogue", name: "Functions with huge bodies", limits: func(l *api.Limits) { l.StorageMiB = 1 }, sessions: 1, every: 50 * time.Millisecond,
		first: []string{forever, `DO $$BEGIN FOR i IN 1..25 LOOP EXECUTE format('CREATE OR REPLACE FUNCTION f%s() RETURNS text LANGUAGE sql AS %L', i, 'SELECT ''' || (SELECT string_agg(md5(random()::text), '') FROM generate_series(1, 3000)) || ''''); END LOOP; END$$`},
		then:  `SELECT 1`, held: bySweepStorage},
	{takes: "the catalogue", name: "Comments, defaults, views and labels", limits: func(l *api.Limits) { l.StorageMiB = 1 }, sessions: 1, every: 50 * time.Millisecond,
		first: []string{
			forever, `CREATE TABLE IF NOT EXISTS thing (id int); CREATE TYPE mood AS ENUM ()`,
			`DO $$BEGIN FOR i IN 1..2 LOOP EXECUTE format('ALTER TABLE thing ADD COLUMN c%s text', i); EXECUTE format('ALTER TABLE thing ALTER c%s SET DEFAULT %L', i, (SELECT string_agg(md5(random()::text), '') FROM generate_series(1, 8000)));
				EXECUTE format('COMMENT ON COLUMN thing.c%s IS %L', i, (SELECT string_agg(md5(random()::text), '') FROM generate_series(1, 8000)));
				EXECUTE format('CREATE VIEW v%s AS SELECT %L::text AS t', i, (SELECT string_agg(md5(random()::text), '') FROM generate_series(1, 8000))); END LOOP; END$$`,
		}, then: `SELECT 1`, held: bySweepStorage},
	{takes: "the catalogue", name: "Create and drop tables without end",
		then: `DO $$BEGIN FOR i IN 1..20 LOOP EXECUTE 'CREATE TABLE storm_' || pg_backend_pid() || ' (a int PRIMARY KEY, b text, c text)'; EXECUTE 'DROP TABLE storm_' || pg_backend_pid(); END LOOP; END$$`, every: 5 * time.Millisecond,
		held: notHeld, known: "What a tenant drops again counts for nobody; autovacuum clears the catalogue every 15 seconds. " + alarmCPU},

	{takes: "the processor", name: "Statements without end", limits: soon, wait: due, first: []string{forever}, then: `SELECT count(*) FROM generate_series(1, 1000000000) i`, held: bySweepStatement,
		known: slower + " until the sweep. " + alarmCPU},
	{takes: "the processor", name: "A function that goes on when it is cancelled", limits: soon, wait: due,
		first: []string{forever}, then: `DO $$BEGIN LOOP BEGIN PERFORM count(*) FROM generate_series(1, 100000000) i; EXCEPTION WHEN query_canceled THEN NULL; END; END LOOP; END$$`, held: bySweepStatement,
		known: slower + " until the sweep. " + alarmCPU},
	{takes: "the processor", name: "Short statements without end", then: `SELECT count(*) FROM generate_series(1, 20000) i`, held: notHeld,
		known: "The server gives each session the same share; the tier's connections are the only bound. " + alarmCPU},
	{takes: "the processor", name: "A function that PostgreSQL cannot interrupt", sessions: 1, every: time.Millisecond, first: []string{forever},
		then: `SELECT (SELECT array_agg(g) FROM generate_series(1, 8000) g) && (SELECT array_agg(-g) FROM generate_series(1, 8000) g)`, held: notHeld,
		known: "Its session ends when the function does. A sweep that finds one still running fails. " + alarmSweep},
	{takes: "input and output", name: "Read a large table again and again", every: time.Millisecond,
		first: []string{`CREATE TABLE IF NOT EXISTS wide AS SELECT i, repeat('x', 900) FROM generate_series(1, 10000) i`}, then: `SELECT count(*) FROM wide`,
		held: notHeld, known: "Disk and cache are the server's. " + alarmDisk},
	{takes: "input and output", name: "Vacuum and rewrite a table again and again", sessions: 1, every: time.Millisecond,
		first: []string{`CREATE TABLE IF NOT EXISTS wide AS SELECT i, repeat('x', 900) FROM generate_series(1, 3000) i`}, then: `VACUUM FULL wide`,
		held: notHeld, known: "Disk and cache are the server's. " + alarmDisk},

	{takes: "the notification queue", name: "Fill it, with a listener that never reads", limits: soon, wait: due, sessions: 2,
		first: []string{forever, `LISTEN everybody`, `SELECT count(pg_notify('everybody', repeat('x', 7000) || i)) FROM generate_series(1, 300) i`, `BEGIN; SELECT 1`}, held: bySweepSession},

	{takes: "vacuum", name: "A snapshot that stays, with a word now and then", limits: soon, wait: overdue, sessions: 1, every: 50 * time.Millisecond,
		first: []string{forever, `BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class`}, then: `SELECT 1`, held: bySweepSession,
		known: "The sweep ends a transaction after ten times its tier's statement time, which is 50 seconds for free and ten minutes for enterprise. " + alarmXact},
	{takes: "vacuum", name: "A prepared transaction", sessions: 1, first: []string{`BEGIN; CREATE TABLE IF NOT EXISTS two (id int); PREPARE TRANSACTION 'mine'`}, held: byLimit, code: "55000"},
	{takes: "vacuum", name: "A replication slot", sessions: 1, first: []string{`SELECT pg_create_logical_replication_slot('mine', 'pgoutput')`}, held: byLimit, code: "42501"},

	{takes: "the operators' attention", name: "Names with line breaks, terminal codes and workflow commands", limits: little, sessions: 1, every: 50 * time.Millisecond,
		first: []string{
			"CREATE TABLE IF NOT EXISTS \"x\n::error::stolen\r\x1b[2J\u202e\" AS SELECT repeat(md5(i::text), 30) FROM generate_series(1, 4000) i",
			"COMMENT ON TABLE \"x\n::error::stolen\r\x1b[2J\u202e\" IS E'\\n::add-mask::x'", "SET application_name = E'::error::x'",
		}, then: `SELECT 1`, held: bySweepStorage},
}
