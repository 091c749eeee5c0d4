package tenancy

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/sqltext"
)

// edgeIsReady is the part of isHard that is about the edge: whether its view and trigger are there, and its role may do what it should.
const edgeIsReady = `to_regclass('` + api.EdgeSchema + `.` + api.EdgeView + `') IS NOT NULL
	AND EXISTS (SELECT FROM pg_trigger WHERE tgrelid = to_regclass('platform.tenant') AND tgname = 'notify_edge' AND tgenabled = 'O')
	AND EXISTS (SELECT FROM pg_roles WHERE rolname = '` + api.EdgeRole + `' AND rolcanlogin AND NOT rolsuper AND NOT rolcreaterole AND NOT rolcreatedb)
	AND coalesce((SELECT has_database_privilege(oid, current_database(), 'CONNECT') AND has_table_privilege(oid, to_regclass('` + api.EdgeSchema + `.` + api.EdgeView + `'), 'SELECT')
		FROM pg_roles WHERE rolname = '` + api.EdgeRole + `'), false)`

// edgeView shows of each tenant what the edge decides by. The view reads the table as its owner, the administrator, so that the
// edge's role needs no right to the schema in which the tenants' records are.
var edgeView = sqltext.Statement("CREATE OR REPLACE VIEW %s WITH (security_barrier) AS SELECT slug, tier, "+effectiveState+" AS state FROM platform.tenant WHERE NOT deleting",
	sqltext.Qualified{Schema: api.EdgeSchema, Name: api.EdgeView})

// notifyEdge says that something changed, and not what: every tenant may listen. A queue that tenants have filled would fail the
// provisioner's transaction when it is committed, a suspension's, too: so it says nothing into a queue that is half full, and the edge
// looks by itself every few seconds. https://www.postgresql.org/docs/current/sql-notify.html
var notifyEdge = sqltext.Statement(`CREATE OR REPLACE FUNCTION platform.notify_edge() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $body$
BEGIN
	IF pg_notification_queue_usage() < 0.5 THEN
		PERFORM pg_notify(%s, '');
	END IF;
	RETURN NULL;
END $body$`, api.EdgeChannel)

// prepareEdge makes the view, and the role that reads it.
func prepareEdge(ctx context.Context, tx pgx.Tx) ([]string, error) {
	role, schema := sqltext.Name(api.EdgeRole), sqltext.Name(api.EdgeSchema)
	var exists bool
	if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)`, api.EdgeRole).Scan(&exists); err != nil {
		return nil, err
	}
	var statements []string
	if !exists {
		statements = append(statements, sqltext.Statement("CREATE ROLE %s", role))
	}
	return append(statements,
		sqltext.Statement("ALTER ROLE %s LOGIN NOCREATEDB NOCREATEROLE NOINHERIT CONNECTION LIMIT %s", role, api.EdgeConnections),
		sqltext.Statement("GRANT CONNECT ON DATABASE %s TO %s", sqltext.Name(tx.Conn().Config().Database), role),
		sqltext.Statement("CREATE SCHEMA IF NOT EXISTS %s", schema),
		edgeView, notifyEdge,
		"CREATE OR REPLACE TRIGGER notify_edge AFTER INSERT OR UPDATE OR DELETE ON platform.tenant FOR EACH STATEMENT EXECUTE FUNCTION platform.notify_edge()",
		sqltext.Statement("GRANT USAGE ON SCHEMA %s TO %s", schema, role),
		sqltext.Statement("GRANT SELECT ON %s TO %s", sqltext.Qualified{Schema: api.EdgeSchema, Name: api.EdgeView}, role),
	), nil
}
