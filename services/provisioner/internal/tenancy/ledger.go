package tenancy

import (
	"context"
	"fmt"

	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/sqltext"
)

// How long the ledger keeps what it has: usage for a year and the month after it, in which somebody may ask; the sources of batches for
// longer than any of them tries to hand over the same batch.
var (
	keptUsage   = fmt.Sprint(api.MonthsKept, " months")
	keptSources = "7 days"
)

// usageTable is created by harden. There is one row a tenant and hour, whoever counted. The tenant is the name that the edge knows it by,
// with no reference to its record: what was used stays when the tenant is gone.
const usageTable = `CREATE TABLE IF NOT EXISTS platform.usage (
	hour timestamptz NOT NULL,
	tenant text NOT NULL CHECK (length(tenant) <= 63),
	served bigint NOT NULL CHECK (served >= 0),
	refused bigint NOT NULL CHECK (refused >= 0),
	admitted bigint NOT NULL CHECK (admitted >= 0),
	bytes_in bigint NOT NULL CHECK (bytes_in >= 0),
	bytes_out bigint NOT NULL CHECK (bytes_out >= 0),
	milliseconds bigint NOT NULL CHECK (milliseconds >= 0),
	PRIMARY KEY (hour, tenant)
)`

// usageColumns came later. valid are the requests that count for what is promised, failed and slow those of them that broke it.
const usageColumns = `ALTER TABLE platform.usage ADD COLUMN IF NOT EXISTS valid bigint NOT NULL DEFAULT 0 CHECK (valid >= 0),
	ADD COLUMN IF NOT EXISTS failed bigint NOT NULL DEFAULT 0 CHECK (failed >= 0), ADD COLUMN IF NOT EXISTS slow bigint NOT NULL DEFAULT 0 CHECK (slow >= 0)`

// usageSourceTable has of each source the last batch that was taken. A source hands over one batch after the other.
const usageSourceTable = `CREATE TABLE IF NOT EXISTS platform.usage_source (
	source text PRIMARY KEY CHECK (length(source) <= 63),
	sequence bigint NOT NULL,
	dropped bigint NOT NULL CHECK (dropped >= 0),
	heard timestamptz NOT NULL
)`

// recordUsageBody takes a batch whole, or not at all. Two sources write the same rows, always in the same order: so neither waits for the
// other in a circle.
var recordUsageBody = sqltext.Statement(`
DECLARE
	latest timestamptz := date_trunc('hour', now(), 'UTC');
	earliest timestamptz := date_trunc('hour', now() - make_interval(secs => %s), 'UTC');
BEGIN
	IF jsonb_array_length(batch_rows) > %s THEN
		RAISE EXCEPTION 'batch_rows: got %% rows, expected at most %s', jsonb_array_length(batch_rows);
	END IF;
	INSERT INTO platform.usage_source AS s (source, sequence, dropped, heard) VALUES (batch_source, batch_sequence, batch_dropped, now())
		ON CONFLICT (source) DO UPDATE SET sequence = excluded.sequence, dropped = s.dropped + excluded.dropped, heard = excluded.heard
		WHERE s.sequence < excluded.sequence;
	IF NOT FOUND THEN
		RETURN false;
	END IF;
	INSERT INTO platform.usage AS u (hour, tenant, served, refused, admitted, bytes_in, bytes_out, milliseconds, valid, failed, slow)
		SELECT greatest(earliest, least(latest, date_trunc('hour', r.hour, 'UTC'))), r.tenant,
			sum(r.served), sum(r.refused), sum(r.admitted), sum(r.bytes_in), sum(r.bytes_out), sum(r.milliseconds),
			coalesce(sum(r.valid), 0), coalesce(sum(r.failed), 0), coalesce(sum(r.slow), 0) -- which an older gate does not tell
		FROM jsonb_to_recordset(batch_rows) AS r (tenant text, hour timestamptz, served bigint, refused bigint, admitted bigint,
			bytes_in bigint, bytes_out bigint, milliseconds bigint, valid bigint, failed bigint, slow bigint)
		GROUP BY 1, 2 ORDER BY 1, 2
		ON CONFLICT (hour, tenant) DO UPDATE SET served = u.served + excluded.served, refused = u.refused + excluded.refused,
			admitted = u.admitted + excluded.admitted, bytes_in = u.bytes_in + excluded.bytes_in, bytes_out = u.bytes_out + excluded.bytes_out,
			milliseconds = u.milliseconds + excluded.milliseconds,
			valid = u.valid + excluded.valid, failed = u.failed + excluded.failed, slow = u.slow + excluded.slow;
	INSERT INTO platform.promise AS p (tier, valid, failed, slow)
		SELECT t.tier, sum(r.valid), sum(r.failed), sum(r.slow)
		FROM jsonb_to_recordset(batch_rows) AS r (tenant text, valid bigint, failed bigint, slow bigint) JOIN platform.tenant t ON t.slug = r.tenant
		WHERE r.valid > 0 GROUP BY 1 ORDER BY 1
		ON CONFLICT (tier) DO UPDATE SET valid = p.valid + excluded.valid, failed = p.failed + excluded.failed, slow = p.slow + excluded.slow;
	RETURN true;
END `, int(api.LatestUsage.Seconds()), api.MaxUsageRows, api.MaxUsageRows)

const (
	recordUsageArguments  = `(batch_source text, batch_sequence bigint, batch_dropped bigint, batch_rows jsonb)`
	recordUsageSignature  = api.EdgeSchema + `.` + api.EdgeRecord + `(text, bigint, bigint, jsonb)`
	recordUsageSearchPath = `pg_catalog, pg_temp` // of temporary objects it knows none before those that it means
)

// recordUsage runs as the administrator, who owns it and the tables: so the edge's role needs no right to them.
var recordUsage = sqltext.Statement("CREATE OR REPLACE FUNCTION %s", sqltext.Qualified{Schema: api.EdgeSchema, Name: api.EdgeRecord}) + recordUsageArguments +
	` RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = ` + recordUsageSearchPath + ` AS $body$` + recordUsageBody + `$body$`

// usedToday shows of each tenant what it has used of its day. It reads the tables as its owner, as edgeView does.
var usedToday = sqltext.Statement(`CREATE OR REPLACE VIEW %s WITH (security_barrier) AS
	SELECT t.slug, sum(u.admitted)::bigint AS admitted, date_trunc('day', now(), 'UTC') + interval '24 hours' AS ends
	FROM platform.usage u JOIN platform.tenant t ON t.slug = u.tenant
	WHERE u.hour >= date_trunc('day', now(), 'UTC') GROUP BY t.slug`, sqltext.Qualified{Schema: api.EdgeSchema, Name: api.EdgeToday})

// ledgerIsReady is the part of isHard that is about the ledger. A function of an older version of this program, or one that somebody has
// opened, is made again.
var ledgerIsReady = `EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('platform.usage') AND attname = 'slow') AND to_regclass('platform.usage_source') IS NOT NULL AND to_regclass('platform.promise') IS NOT NULL
	AND to_regclass('platform.usage_database') IS NOT NULL AND to_regclass('platform.usage_meter') IS NOT NULL
	AND to_regclass('platform.usage_summed') IS NOT NULL AND to_regclass('platform.usage_summed_until') IS NOT NULL
	AND EXISTS (SELECT FROM pg_proc p, pg_roles r WHERE p.oid = to_regprocedure('` + recordUsageSignature + `') AND r.rolname = '` + api.EdgeRole + `'
		AND p.prosecdef AND p.proconfig = ARRAY['search_path=` + recordUsageSearchPath + `'] AND p.prosrc = ` + sqltext.Literal(recordUsageBody) + `
		AND has_function_privilege(r.oid, p.oid, 'EXECUTE') AND NOT has_function_privilege('public', p.oid, 'EXECUTE'))
	AND coalesce((SELECT has_table_privilege(oid, to_regclass('` + api.EdgeSchema + `.` + api.EdgeToday + `'), 'SELECT') FROM pg_roles WHERE rolname = '` + api.EdgeRole + `'), false)`

// prepareLedger comes after prepareEdge, which makes the schema and the role.
func prepareLedger() []string {
	role := sqltext.Name(api.EdgeRole)
	return []string{
		usageTable, usageColumns, usageSourceTable, promiseTable, databaseUsageTable, meterTable, usageSummedTable, usageSummedUntilTable, recordUsage, usedToday,
		"REVOKE ALL ON FUNCTION " + recordUsageSignature + " FROM PUBLIC",
		"GRANT EXECUTE ON FUNCTION " + recordUsageSignature + sqltext.Statement(" TO %s", role),
		sqltext.Statement("GRANT SELECT ON %s TO %s", sqltext.Qualified{Schema: api.EdgeSchema, Name: api.EdgeToday}, role),
	}
}

// sweepLedger forgets what the ledger has had for long enough.
func (p *Provisioner) sweepLedger(ctx context.Context) (done []string, err error) {
	for _, old := range []string{
		`DELETE FROM platform.usage WHERE hour < now() - interval '` + keptUsage + `'`,
		`DELETE FROM platform.usage_database WHERE hour < now() - interval '` + keptUsage + `'`,
		`DELETE FROM platform.usage_source WHERE heard < now() - interval '` + keptSources + `'`,
	} {
		if _, err := p.Admin.Exec(ctx, old); err != nil {
			return nil, fmt.Errorf("forget what the ledger has had for long: %w", err)
		}
	}
	return nil, nil
}
