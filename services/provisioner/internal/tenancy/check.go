package tenancy

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/internal/tenant/slug"
	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/domain"
)

// check compares the database with what was applied.
func (p *Provisioner) check(ctx context.Context, tenant string) (api.Response, error) {
	if tenant != "" {
		r, err := loadExisting(ctx, p.Admin, tenant)
		if err != nil {
			return api.Response{}, err
		}
		problems, err := p.problemsOf(ctx, *r)
		return api.Response{Problems: problems}, err
	}
	all, err := loadAll(ctx, p.Admin)
	if err != nil {
		return api.Response{}, err
	}
	problems, err := queryTexts(ctx, p.Admin, unowned)
	if err != nil {
		return api.Response{}, err
	}
	for _, r := range all {
		found, err := p.problemsOf(ctx, r)
		if err != nil {
			return api.Response{}, err
		}
		problems = append(problems, found...)
	}
	return api.Response{Problems: problems}, nil
}

// unowned are the problems that belong to no tenant on record.
const unowned = `
	SELECT format('schema %s belongs to no tenant on record: apply its tenant again, or archive and drop it by hand', n.nspname)
	FROM pg_namespace n WHERE n.nspname LIKE 'tenant\_%' AND NOT EXISTS (SELECT FROM platform.tenant t WHERE 'tenant_' || t.slug = n.nspname)
	UNION ALL
	SELECT format('database %s is open to every role, as it belongs to %s, and not to the administrator', d.datname, d.datdba::regrole)
	FROM pg_database d WHERE d.datallowconn AND has_database_privilege('public', d.oid, 'CONNECT')
	ORDER BY 1`

const selectRole = `SELECT r.rolcanlogin, r.rolinherit, r.rolsuper OR r.rolbypassrls OR r.rolreplication OR r.rolcreatedb OR r.rolcreaterole, r.rolconnlimit,
		coalesce((SELECT s.setconfig FROM pg_db_role_setting s WHERE s.setrole = r.oid AND s.setdatabase = 0), '{}')
			|| coalesce((SELECT array_agg('in one database alone: ' || c) FROM pg_db_role_setting s, unnest(s.setconfig) c WHERE s.setrole = r.oid AND s.setdatabase <> 0), '{}'),
		EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid AND m.roleid = (SELECT oid FROM pg_roles WHERE rolname = $2)),
		coalesce((SELECT has_schema_privilege(o.oid, n.oid, 'CREATE') FROM pg_roles o, pg_namespace n WHERE o.rolname = $2 AND n.nspname = $3), false)
	FROM pg_roles r WHERE r.rolname = $1`

// problemsOf tells in sentences what differs from the record. Applying the tenant again repairs all but what it says cannot.
func (p *Provisioner) problemsOf(ctx context.Context, r domain.Record) ([]string, error) {
	rows, err := p.Admin.Query(ctx, selectRole, slug.Role(r.Slug), slug.OwnerRole(r.Slug), slug.Schema(r.Slug))
	if err != nil {
		return nil, fmt.Errorf("look at the tenant's role: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[domain.Role])
	if err != nil {
		return nil, fmt.Errorf("look at the tenant's role: %w", err)
	}
	if len(found) == 0 {
		//page:provisioner-trouble
		return []string{fmt.Sprintf("tenant %s: its role is gone: apply the tenant again", r.Slug)}, nil
	}
	problems := found[0].Differences(r)
	members, err := findForeignMemberships(ctx, p.Admin, r.Slug)
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		problems = append(problems, fmt.Sprintf("%s is a member of %s", m.Member, m.Granted))
	}
	objects, err := queryTexts(ctx, p.Admin, misplaced, slug.Schema(r.Slug), slug.Role(r.Slug), slug.OwnerRole(r.Slug), schemaOwner)
	if err != nil {
		return nil, err
	}
	problems = append(problems, objects...)
	for i := range problems {
		problems[i] = "tenant " + r.Slug + ": " + problems[i]
	}
	return problems, nil
}

// misplaced are what the tenant owns outside its schema, what others own in it, and who else may use it. $1 is the schema,
// $2 and $3 the tenant's roles, $4 the owner of all schemas.
const misplaced = `
	SELECT format('it owns %s', coalesce(elsewhere, 'something')) FROM (` + ownedElsewhere + `) o
	UNION ALL
	SELECT format('%s in its schema belongs to %s', c.oid::regclass, c.relowner::regrole)
	FROM pg_class c WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = $1)
		AND c.relkind IN ('r', 'p', 'v', 'm', 'S') AND c.relowner <> (SELECT oid FROM pg_roles WHERE rolname = $3)
	UNION ALL
	SELECT format('%s is granted to %s', relname, grantee) FROM (` + foreignGrants + `) g
	UNION ALL
	SELECT format('its schema belongs to %s', nspowner::regrole) FROM pg_namespace WHERE nspname = $1 AND nspowner::regrole::text <> $4
	UNION ALL
	SELECT format('its schema is open to %s', CASE a.grantee WHEN 0 THEN 'everybody' ELSE a.grantee::regrole::text END)
	FROM pg_namespace n, aclexplode(n.nspacl) a
	WHERE n.nspname = $1 AND a.grantee NOT IN (SELECT oid FROM pg_roles WHERE rolname IN ($2, $3, $4))
	ORDER BY 1`

// ownedElsewhere are the things that the tenant's roles own outside its schema, in any database. Of what is in another one,
// the type is not known here.
const ownedElsewhere = `
	SELECT CASE WHEN s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) THEN i.type || ' ' || i.identity
		WHEN s.dbid = 0 THEN 'something that all databases share (' || s.classid::regclass || ')'
		ELSE 'something in database ' || (SELECT datname FROM pg_database WHERE oid = s.dbid) END AS elsewhere
	FROM pg_shdepend s LEFT JOIN LATERAL pg_identify_object(s.classid, s.objid, s.objsubid) i
		ON s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
	WHERE s.refclassid = 'pg_authid'::regclass AND s.refobjid IN (SELECT oid FROM pg_roles WHERE rolname IN ($2, $3))
		AND s.deptype = 'o' AND s.classid <> 'pg_default_acl'::regclass
		AND i.schema IS DISTINCT FROM quote_ident($1)
		AND (i.type IN ('trigger', 'policy', 'rule') AND s.dbid <> 0) IS NOT TRUE`

func queryTexts(ctx context.Context, db querier, query string, args ...any) ([]string, error) {
	rows, err := db.Query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("look for differences: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("look for differences: %w", err)
	}
	return found, nil
}
