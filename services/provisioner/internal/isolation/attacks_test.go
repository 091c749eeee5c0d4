package isolation

import (
	"strings"
)

// attack is one way into another tenant. In its statement {me} and {you} stand for the attacker's and the victim's slug,
// {pid} for a session of the victim's and {lob} for the victim's large object.
type attack struct {
	way       string // the heading that it is told under
	statement string
	// since is the first major version that knows what it names, or nothing.
	since string
	// blank attacks are not refused with an error: they must find nothing, be it no row, null or a redacted text.
	blank bool
}

// newer are attacks that only a version and those after it know.
func newer(since string, list []attack) []attack {
	for i := range list {
		list[i].since = since
	}
	return list
}

func refused(way string, statements ...string) []attack { return attacks(way, false, statements) }
func blank(way string, statements ...string) []attack   { return attacks(way, true, statements) }

func attacks(way string, blank bool, statements []string) []attack {
	list := make([]attack, 0, len(statements))
	for _, s := range statements {
		list = append(list, attack{way: way, statement: strings.Join(strings.Fields(s), " "), blank: blank})
	}
	return list
}

const searchPath = "Play with the search path"

// The victim's schema holds: table note (id, text), sequence note_id_seq, view seen, function tell(), type mood,
// materialized view kept, and a large object.
var ways = concat(
	refused("Read rows",
		`SELECT * FROM "tenant_{you}".note`, `TABLE "tenant_{you}".note`, `SELECT * FROM "tenant_{you}".seen`, `SELECT * FROM "tenant_{you}".kept`,
		`SELECT count(*) FROM "tenant_{you}".note`, `EXPLAIN ANALYZE SELECT * FROM "tenant_{you}".note`, `SELECT * FROM "tenant_{you}".note FOR UPDATE`,
		`SELECT table_to_xml('"tenant_{you}".note', true, true, '')`, `SELECT query_to_xml('SELECT * FROM "tenant_{you}".note', true, true, '')`,
		`SELECT database_to_xml(true, true, '') WHERE false OR (SELECT count(*) FROM "tenant_{you}".note) > 0`,
		`DECLARE c CURSOR FOR SELECT * FROM "tenant_{you}".note`, `PREPARE p AS SELECT * FROM "tenant_{you}".note; EXECUTE p`,
		`SELECT last_value FROM "tenant_{you}".note_id_seq`, `SELECT * FROM platform.tenant`),
	refused("Write rows",
		`INSERT INTO "tenant_{you}".note VALUES (99, 'x')`, `UPDATE "tenant_{you}".note SET text = 'x'`, `DELETE FROM "tenant_{you}".note`,
		`TRUNCATE "tenant_{you}".note`, `MERGE INTO "tenant_{you}".note USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE`,
		`SELECT nextval('"tenant_{you}".note_id_seq')`, `SELECT setval('"tenant_{you}".note_id_seq', 99)`, `LOCK TABLE "tenant_{you}".note`,
		`UPDATE platform.tenant SET tier = 'enterprise' WHERE slug = '{me}'`),
	refused("Change definitions",
		`CREATE TABLE "tenant_{you}".mine (id int)`, `ALTER TABLE "tenant_{you}".note ADD COLUMN x int`, `DROP TABLE "tenant_{you}".note`,
		`DROP SCHEMA "tenant_{you}" CASCADE`, `ALTER SCHEMA "tenant_{you}" OWNER TO "tenant_{me}_owner"`, `ALTER TABLE "tenant_{you}".note OWNER TO "tenant_{me}_owner"`,
		`CREATE INDEX ON "tenant_{you}".note (text)`, `CREATE POLICY p ON "tenant_{you}".note USING (true)`,
		`CREATE RULE r AS ON INSERT TO "tenant_{you}".note DO ALSO SELECT 1`, `COMMENT ON TABLE "tenant_{you}".note IS 'x'`,
		`CREATE OR REPLACE FUNCTION "tenant_{you}".tell() RETURNS text LANGUAGE sql AS 'SELECT 1::text'`, `DROP FUNCTION "tenant_{you}".tell()`,
		`ALTER TYPE "tenant_{you}".mood ADD VALUE 'x'`, `REFRESH MATERIALIZED VIEW "tenant_{you}".kept`, `REINDEX TABLE "tenant_{you}".note`,
		`CLUSTER "tenant_{you}".note USING note_pkey`, `SECURITY LABEL ON TABLE "tenant_{you}".note IS 'x'`,
		`ALTER DEFAULT PRIVILEGES FOR ROLE "tenant_{you}_owner" GRANT ALL ON TABLES TO PUBLIC`),
	refused("Become the other, or the administrator",
		`SET ROLE "tenant_{you}"`, `SET ROLE "tenant_{you}_owner"`, `SET LOCAL ROLE "tenant_{you}_owner"`, `SELECT set_config('role', 'tenant_{you}', false)`,
		`SET SESSION AUTHORIZATION "tenant_{you}"`, `SELECT set_config('session_authorization', 'tenant_{you}', false)`,
		`SET ROLE platform_admin`, `SET ROLE platform_schemas`, `SET ROLE rdsadmin`, `SET ROLE pg_read_all_data`, `SET ROLE pg_monitor`,
		`GRANT "tenant_{you}" TO "tenant_{me}"`, `GRANT "tenant_{you}_owner" TO "tenant_{me}"`, `GRANT platform_schemas TO "tenant_{me}"`,
		`GRANT pg_read_all_data TO "tenant_{me}"`, `ALTER ROLE "tenant_{you}" PASSWORD 'x'`, `ALTER ROLE "tenant_{you}" SET search_path = x`,
		`ALTER ROLE "tenant_{you}" RENAME TO "x"`, `DROP ROLE "tenant_{you}"`, `REASSIGN OWNED BY "tenant_{you}_owner" TO "tenant_{me}_owner"`,
		`DROP OWNED BY "tenant_{you}_owner"`, `CREATE ROLE another`, `ALTER ROLE "tenant_{me}" CREATEROLE`, `ALTER ROLE "tenant_{me}" CONNECTION LIMIT 100`,
		`ALTER ROLE "tenant_{me}" BYPASSRLS`, `GRANT SELECT ON "tenant_{you}".note TO "tenant_{me}"`, `GRANT USAGE ON SCHEMA "tenant_{you}" TO "tenant_{me}"`),
	newer("16", refused("Become the other, or the administrator",
		`GRANT "tenant_{you}" TO "tenant_{me}" WITH INHERIT TRUE, SET TRUE`, `GRANT "tenant_{you}_owner" TO "tenant_{me}_owner" WITH ADMIN TRUE`,
		`SET ROLE pg_create_subscription`, `GRANT pg_create_subscription TO "tenant_{me}"`, `SET ROLE pg_use_reserved_connections`)),
	newer("17", refused("Become the other, or the administrator",
		`SET ROLE pg_maintain`, `GRANT pg_maintain TO "tenant_{me}"`, `GRANT MAINTAIN ON "tenant_{you}".note TO "tenant_{me}"`, `ALTER ROLE "tenant_{me}" SET event_triggers = off`)),
	refused(searchPath,
		`SET search_path = "tenant_{you}"; SELECT * FROM note`, `SET search_path = "tenant_{you}"; SELECT tell()`,
		`SELECT set_config('search_path', 'tenant_{you}', false); SELECT * FROM note`,
		`SET search_path = "tenant_{you}"; CREATE TABLE mine (id int)`, `CREATE TABLE public.note (id int)`, `CREATE FUNCTION public.lower(text) RETURNS text LANGUAGE sql AS 'SELECT 1::text'`,
		`CREATE SCHEMA mine`, `CREATE SCHEMA AUTHORIZATION "tenant_{me}"`, `CREATE TABLE pg_catalog.mine (id int)`, `CREATE FUNCTION pg_catalog.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'`),
	blank(searchPath, `SET search_path = "tenant_{you}", "tenant_{me}"; SELECT text FROM kept WHERE text = 'of {you}'`),
	refused("Let own objects reach over",
		`CREATE VIEW reach AS SELECT * FROM "tenant_{you}".note; SELECT * FROM reach`,
		`CREATE MATERIALIZED VIEW reach AS SELECT * FROM "tenant_{you}".note`,
		`CREATE FUNCTION reach() RETURNS bigint LANGUAGE plpgsql AS $$DECLARE n bigint; BEGIN EXECUTE 'SELECT count(*) FROM "tenant_{you}".note' INTO n; RETURN n; END$$; SELECT reach()`,
		`CREATE FUNCTION reach() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER AS $$DECLARE n bigint; BEGIN EXECUTE 'SELECT count(*) FROM "tenant_{you}".note' INTO n; RETURN n; END$$; SELECT reach()`,
		`CREATE FUNCTION reach() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'; ALTER FUNCTION reach() OWNER TO "tenant_{you}_owner"`,
		`CREATE FUNCTION reach() RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER FUNCTION reach() SET role = 'tenant_{you}_owner'; SELECT reach()`,
		`CREATE TABLE reach (id int); ALTER TABLE reach OWNER TO "tenant_{you}_owner"`,
		`CREATE TABLE reach (id int REFERENCES "tenant_{you}".note)`, `CREATE TABLE reach (LIKE "tenant_{you}".note)`,
		`CREATE TABLE reach () INHERITS ("tenant_{you}".note)`, `CREATE TABLE reach (m "tenant_{you}".mood)`, `CREATE TABLE reach (r "tenant_{you}".note)`,
		`CREATE TABLE reach (id int DEFAULT nextval('"tenant_{you}".note_id_seq')); INSERT INTO reach DEFAULT VALUES`,
		`CREATE TABLE reach (id int CHECK ("tenant_{you}".tell() = 'x'))`, `CREATE TABLE reach AS SELECT * FROM "tenant_{you}".note`,
		`CREATE TRIGGER reach BEFORE INSERT ON "tenant_{you}".note FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()`,
		`CREATE TABLE reach (id int); CREATE RULE over AS ON INSERT TO reach DO INSTEAD DELETE FROM "tenant_{you}".note; INSERT INTO reach VALUES (1)`,
		`DO $$BEGIN PERFORM * FROM "tenant_{you}".note; END$$`, `SELECT "tenant_{you}".tell()`, `SELECT 'ok'::"tenant_{you}".mood`,
		`CREATE FUNCTION pg_temp.reach() RETURNS int LANGUAGE sql AS 'SELECT 1'`, `CREATE TEMP TABLE note (id int)`, `CREATE TEMP VIEW reach AS SELECT 1`),
	refused("Copy",
		`COPY "tenant_{you}".note TO STDOUT`, `COPY (SELECT * FROM "tenant_{you}".note) TO STDOUT`, `COPY "tenant_{you}".note FROM PROGRAM 'true'`,
		`COPY note TO '/tmp/note'`, `COPY note FROM '/etc/passwd'`, `COPY note TO PROGRAM 'cat'`),
	refused("Large objects",
		`SELECT lo_get({lob})`, `SELECT lo_open({lob}, 262144)`, `SELECT lo_put({lob}, 0, 'x')`, `SELECT lo_unlink({lob})`, `SELECT lo_truncate(lo_open({lob}, 131072), 0)`,
		`SELECT * FROM pg_largeobject`, `GRANT SELECT ON LARGE OBJECT {lob} TO "tenant_{me}"`, `ALTER LARGE OBJECT {lob} OWNER TO "tenant_{me}_owner"`,
		`SELECT lo_export({lob}, '/tmp/x')`, `SELECT lo_import('/etc/passwd')`),
	refused("Leave the schema for the server",
		`CREATE EXTENSION dblink`, `CREATE EXTENSION postgres_fdw`, `CREATE EXTENSION file_fdw`, `CREATE EXTENSION pg_trgm`,
		`CREATE FOREIGN DATA WRAPPER w`, `CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw`, `CREATE PUBLICATION p FOR ALL TABLES`,
		`CREATE SUBSCRIPTION s CONNECTION 'dbname=platform' PUBLICATION p WITH (connect = false)`, `CREATE EVENT TRIGGER t ON ddl_command_end EXECUTE FUNCTION suppress_redundant_updates_trigger()`,
		`CREATE FUNCTION c() RETURNS int LANGUAGE c AS 'libc', 'getpid'`, `CREATE FUNCTION i(text) RETURNS text LANGUAGE internal AS 'lower'`,
		`CREATE LANGUAGE mine HANDLER plpgsql_call_handler`, `LOAD 'dblink'`, `CREATE DATABASE mine`, `DROP DATABASE platform`, `ALTER DATABASE platform SET work_mem = '1GB'`,
		`ALTER SYSTEM SET work_mem = '1GB'`, `SELECT pg_reload_conf()`, `SELECT pg_read_file('/etc/passwd')`, `SELECT pg_ls_dir('/')`,
		`SELECT pg_create_logical_replication_slot('s', 'pgoutput')`, `SELECT pg_create_physical_replication_slot('s')`, `SELECT pg_switch_wal()`,
		`SET session_replication_role = replica`, `SET temp_file_limit = -1`, `SET log_statement = 'all'`, `CHECKPOINT`,
		`CREATE TABLESPACE t LOCATION '/tmp'`, `CREATE ACCESS METHOD a TYPE TABLE HANDLER heap_tableam_handler`),
	refused("Open the own schema to the other",
		`GRANT USAGE ON SCHEMA "tenant_{me}" TO "tenant_{you}"; SELECT 1 / has_schema_privilege('tenant_{you}', 'tenant_{me}', 'USAGE')::int`,
		`ALTER SCHEMA "tenant_{me}" RENAME TO other`, `DROP SCHEMA "tenant_{me}"`, `ALTER SCHEMA "tenant_{me}" OWNER TO "tenant_{you}"`,
		`GRANT "tenant_{me}_owner" TO "tenant_{you}"`),
	refused("Read what the server knows",
		`SELECT * FROM pg_authid`, `SELECT * FROM pg_shadow`, `SELECT * FROM pg_statistic`, `SELECT * FROM pg_user_mapping`, `SELECT * FROM pg_hba_file_rules`,
		`SELECT * FROM pg_file_settings`, `SELECT pg_terminate_backend({pid})`, `SELECT pg_cancel_backend({pid})`, `SELECT pg_log_backend_memory_contexts({pid})`),
	blank("Read what the server knows",
		`SELECT 1 FROM pg_stats WHERE schemaname = 'tenant_{you}'`,
		`SELECT query FROM pg_stat_activity WHERE pid = {pid} AND query <> '<insufficient privilege>'`,
		`SELECT client_addr FROM pg_stat_activity WHERE pid = {pid}`,
		`SELECT last_value FROM pg_sequences WHERE schemaname = 'tenant_{you}'`,
		`SELECT 1 FROM information_schema.tables WHERE table_schema = 'tenant_{you}'`,
		`SELECT 1 FROM information_schema.columns WHERE table_schema = 'tenant_{you}'`,
		`SELECT 1 FROM information_schema.role_table_grants WHERE table_schema = 'tenant_{you}'`,
		`SELECT passwd FROM pg_user WHERE usename = 'tenant_{you}' AND passwd <> '********'`,
		`SELECT 1 FROM pg_prepared_xacts`, `SELECT 1 FROM pg_cursors WHERE statement LIKE '%tenant_{you}%.%'`,
		`SELECT view_definition FROM information_schema.views WHERE table_schema = 'tenant_{you}'`,
		`SELECT 1 FROM information_schema.routines WHERE routine_schema = 'tenant_{you}' AND routine_definition IS NOT NULL`),
)

func concat(lists ...[]attack) []attack {
	var all []attack
	for _, list := range lists {
		all = append(all, list...)
	}
	return all
}
