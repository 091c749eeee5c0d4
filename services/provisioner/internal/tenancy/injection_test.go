package tenancy_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/genericcorp/platform/internal/tenant/slug"
	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/sqltext"
	"github.com/genericcorp/platform/services/provisioner/internal/tenancytest"
)

// hostile draws texts that a person or program might give for a slug: any at all, and those made of what could mislead.
func hostile() *rapid.Generator[string] {
	pieces := rapid.SampledFrom([]string{
		"acme", "a", "1", "-", "--", "_", ".", "'", "''", `"`, `""`, `\`, "$$", ";", " ", "\n", "\t", "%s", "/*", "*/", "postgres", "admin", "tenant_", "_owner",
		"DROP SCHEMA public CASCADE", `"; DROP ROLE platform_schemas; --`, `' OR '1'='1`, "pg_catalog", "İ", "а", "ａ", "é", "\u202e", "\u0000", "xn--", "A",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	})
	made := rapid.Custom(func(t *rapid.T) string { return strings.Join(rapid.SliceOfN(pieces, 0, 5).Draw(t, "pieces"), "") })
	valid := rapid.StringMatching(`[a-z][a-z0-9]{2,8}(-[a-z0-9]{1,5})?`)
	return rapid.OneOf(rapid.String(), made, valid)
}

// names are all roles, schemas and databases, with the roles' privileges.
const names = `SELECT coalesce(string_agg(n, E'\n' ORDER BY n), '') FROM (
	SELECT format('role %s %s %s %s', rolname, rolsuper, rolcreaterole, rolcreatedb) AS n FROM pg_roles WHERE rolname !~ $1
	UNION ALL SELECT 'schema ' || nspname FROM pg_namespace WHERE nspname !~ $1
	UNION ALL SELECT 'database ' || datname FROM pg_database
	UNION ALL SELECT 'table ' || c.oid::regclass FROM pg_class c WHERE c.oid >= 16384) a`

// Whatever is asked for as a tenant's name: what is no slug reaches nothing, and what is one makes its own roles and schema
// and no more.
func TestNoNameInjects(t *testing.T) { tenancytest.OnEach(t, testNoNameInjects) }

func testNoNameInjects(t *testing.T, s *tenancytest.Setup) {
	s.Ceiling, s.OvercommitPercent = 1<<20, 1<<20
	model := s.Request(t, "model", "free", api.StateActive)
	s.Must(t, model)
	super := s.Server.Connect(t, s.Server.Superuser, s.Server.SuperuserPassword)
	before := value[string](t, super, names, "^$")
	rapid.Check(t, func(rt *rapid.T) {
		tenant := hostile().Draw(rt, "tenant")
		request := model
		request.Tenant, request.Tier = tenant, hostile().Draw(rt, "tier")
		request.Action = rapid.SampledFrom([]api.Action{
			api.ActionApply, api.ActionDelete, api.ActionArchive, api.ActionRestore, api.ActionShow, api.ActionCheck,
		}).Draw(rt, "action")
		request.ArchiveKey = "archives/test/" + hostile().Draw(rt, "key") + ".sql.gz"
		request.SecretARN = rapid.SampledFrom([]string{tenancytest.SecretARN(tenant), "arn:" + hostile().Draw(rt, "secret")}).Draw(rt, "arn")
		s.Secrets.Make(request.SecretARN)
		_, err := s.Try(request)
		own := "^$"
		if slug.Check(tenant) == nil {
			own = fmt.Sprintf("^tenant_%s(_owner)?$", tenant)
		} else if request.Action != api.ActionCheck || tenant != "" { // without a tenant, check is about all
			require.Error(rt, err)
		}
		require.Equal(rt, before, value[string](t, super, names, own))
		if own != "^$" {
			_, err := s.Try(api.Request{Action: api.ActionDelete, Tenant: tenant})
			require.NoError(rt, err)
		}
	})
}

// The contract's parser reads any text without harm, and what it lets through is valid.
func TestParseReadsAnything(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		payload := rapid.OneOf(rapid.SliceOf(rapid.Byte()), rapid.Custom(func(rt *rapid.T) []byte {
			text, err := json.Marshal(map[string]any{"action": hostile().Draw(rt, "action"), "tenant": hostile().Draw(rt, "tenant")})
			require.NoError(rt, err)
			return text
		})).Draw(rt, "payload")
		if request, err := api.Parse(payload); err == nil {
			require.NoError(rt, request.Validate())
		}
	})
}

// The server reads every name and every text that sqltext writes as what it was, whatever its settings say of backslashes.
func TestQuotingHolds(t *testing.T) { tenancytest.OnEach(t, testQuotingHolds) }

func testQuotingHolds(t *testing.T, s *tenancytest.Setup) {
	connection := s.Server.Connect(t, s.Server.Admin, s.Server.AdminPassword)
	rapid.Check(t, func(rt *rapid.T) {
		text := strings.ToValidUTF8(hostile().Draw(rt, "text"), "")
		must(t, connection, "SET standard_conforming_strings = "+rapid.SampledFrom([]string{"on", "off"}).Draw(rt, "conforming"))
		name := text
		if len(name) > 50 || strings.Trim(name, "\x00") == "" {
			name = "column"
		}
		results, err := connection.PgConn().Exec(ctx, sqltext.Statement("SELECT %s AS %s, %s", text, sqltext.Name(name), len(text))).ReadAll()
		require.NoError(rt, err)
		require.Len(rt, results, 1, "one statement alone")
		require.Equal(rt, strings.ReplaceAll(text, "\x00", ""), string(results[0].Rows[0][0]))
		require.Equal(rt, strings.ReplaceAll(name, "\x00", ""), results[0].FieldDescriptions[0].Name)
	})
}
