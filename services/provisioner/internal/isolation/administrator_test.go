package isolation

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/tenancytest"
)

// argumentTypes are those of the catalogue's columns, which a function of the catalogue takes by conversion alone: one that
// takes them as they are fits better, and is preferred wherever the search path finds it.
var argumentTypes = []string{"text", "name", "regclass", "regtype", "regprocedure", "oid", `"char"`, "smallint", "int", "bigint", "bool", "name[]"}

// trapNames are the catalogue's functions that statements about a schema call.
var trapNames = []string{
	"format", "quote_literal", "quote_ident", "quote_nullable", "replace", "overlay", "rtrim", "upper", "lower", "concat", "left", "substring",
	"array_to_string", "format_type", "pg_get_expr", "pg_get_viewdef", "pg_get_constraintdef", "to_regclass", "hashtextextended", "max", "position",
}

// trapOperators are the operators that they use, and what each gives.
var trapOperators = map[string]string{"||": "text", "=": "bool", "<>": "bool", "~~": "bool", ">=": "bool"}

// trap is a function that tells everybody of a row of the victim's, once it runs as the administrator.
func trap(name, arguments, result string, victim member) string {
	return fmt.Sprintf(`CREATE FUNCTION %q(%s) RETURNS %s LANGUAGE plpgsql SET search_path = pg_catalog AS $trap$BEGIN
		IF current_user = 'platform_admin' THEN PERFORM pg_notify('caught', current_user || ': ' || (SELECT text FROM "tenant_%s".note LIMIT 1)); END IF;
		RETURN %s; END$trap$`, name, arguments, result, victim.slug, map[string]string{"text": "'SELECT 1'", "bool": "true"}[result])
}

// traps are of every name for every pair of types, functions and operators.
func traps(victim member) (functions, operators []string) {
	for _, first := range argumentTypes {
		for _, name := range trapNames {
			functions = append(functions, trap(name, first, "text", victim))
			for _, second := range argumentTypes {
				functions = append(functions, trap(name, first+", "+second, "text", victim))
			}
		}
		for _, second := range argumentTypes {
			for _, result := range []string{"text", "bool"} {
				functions = append(functions, trap("trap_"+result, first+", "+second, result, victim))
			}
			for operator, result := range trapOperators {
				operators = append(operators, fmt.Sprintf(`CREATE OPERATOR %s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = trap_%s)`, operator, first, second, result))
			}
		}
	}
	return functions, operators
}

// throughAdministrator lets a tenant lay functions and operators in its schema that fit better than the catalogue's own,
// and then has the provisioner do all it does with a tenant: none of it may run them.
func throughAdministrator(t *testing.T, s *tenancytest.Setup, victim member) string {
	t.Helper()
	const slug = "trap-corp"
	request := func(action api.Action) api.Request { return api.Request{Action: action, Tenant: slug} }
	apply := s.Request(t, slug, "pro", api.StateActive)
	s.Must(t, apply)
	session := s.Login(t, slug)
	begin := []string{
		`CREATE TABLE note (id serial PRIMARY KEY, "Text" text DEFAULT 'x', parent int REFERENCES note, CHECK (id > 0))`, `CREATE TABLE empty ()`,
		`INSERT INTO note DEFAULT VALUES`, `CREATE INDEX ON note ("Text")`, `CREATE VIEW seen AS SELECT * FROM note`, `CREATE MATERIALIZED VIEW kept AS SELECT * FROM seen`,
		`CREATE TYPE mood AS ENUM ('ok')`, `CREATE POLICY mine ON note USING (true)`, `LISTEN caught`,
		// Fits exactly what told the columns' defaults, when that was parsed with the schema in the search path.
		trap("format", "text, regclass, name, text", "text", victim),
	}
	_, err := session.Exec(ctx, strings.Join(begin, ";\n"), pgx.QueryExecModeSimpleProtocol)
	require.NoError(t, err)
	s.Must(t, request(api.ActionArchive))
	quiet(t, session)

	functions, operators := traps(victim)
	_, err = session.Exec(ctx, strings.Join(append(append(functions, operators...), `COMMENT ON COLUMN note."Text" IS 'text'`), ";\n"), pgx.QueryExecModeSimpleProtocol)
	require.NoError(t, err)
	_, err = s.Try(request(api.ActionArchive))
	require.ErrorContains(t, err, "operator ")
	for _, r := range []api.Request{request(api.ActionShow), request(api.ActionCheck), {Action: api.ActionList}, {Action: api.ActionSweep}, apply} {
		s.Must(t, r)
	}
	var drop strings.Builder
	for _, operator := range operators {
		_, signature, _ := strings.Cut(operator, "OPERATOR ")
		signature, _, _ = strings.Cut(strings.NewReplacer("LEFTARG = ", "", "RIGHTARG = ", "").Replace(signature), ", FUNCTION")
		fmt.Fprintf(&drop, `DROP OPERATOR "tenant_%s".%s);`, slug, signature)
	}
	_, err = session.Exec(ctx, drop.String(), pgx.QueryExecModeSimpleProtocol)
	require.NoError(t, err)
	archived := s.Must(t, request(api.ActionArchive)).Archive
	quiet(t, session)
	for _, state := range []api.State{api.StateLimited, api.StateActive} {
		r := apply
		r.State = state
		s.Must(t, r)
	}
	session = s.Login(t, slug)
	quiet(t, session)
	_, err = session.Exec(ctx, `LISTEN caught`)
	require.NoError(t, err)
	s.Must(t, s.Request(t, "trap-two", "pro", api.StateActive))
	s.Must(t, api.Request{Action: api.ActionRestore, Tenant: "trap-two", ArchiveKey: archived.Key})
	s.Must(t, api.Request{Action: api.ActionArchive, Tenant: "trap-two"})
	s.Must(t, api.Request{Action: api.ActionDelete, Tenant: "trap-two"})
	quiet(t, session)
	return fmt.Sprintf(`A tenant filled its schema with %d functions and %d operators of the names that the provisioner's own statements use, for
argument types that fit better than the catalogue's, each of which reads another tenant's row once it runs as the
administrator. Then the provisioner showed, checked, listed, swept, changed, archived, restored and deleted. None of them ran
as the administrator: its statements are parsed with the catalogue alone in the search path.
`, 1+len(functions), len(operators))
}

// quiet requires that no trap has told anything: the first that is heard is what the listener says itself.
func quiet(t *testing.T, listener *pgx.Conn) {
	t.Helper()
	_, err := listener.Exec(ctx, `LISTEN caught; NOTIFY caught, 'nothing'`)
	require.NoError(t, err)
	heard, err := listener.WaitForNotification(ctx)
	require.NoError(t, err)
	require.Equal(t, "nothing", heard.Payload, "a tenant's function ran as the administrator")
}
