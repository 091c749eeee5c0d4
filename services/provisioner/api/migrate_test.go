package api

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/migrations"
)

func TestMigrateIsChecked(t *testing.T) {
	t.Parallel()
	list := []migrations.Migration{{Name: "0_init", SQL: "SELECT 1"}}
	good := func() Request {
		return Request{Action: ActionMigrate, Run: "a", Migrate: &Migrate{Migrations: list, Digest: migrations.Digest(list), Canaries: []string{"acme"}}}
	}
	require.NoError(t, good().Validate())
	for want, change := range map[string]func(*Request){
		`request.migrate.digest: got "abc", expected ` + migrations.Digest(list):  func(r *Request) { r.Migrate.Digest = "abc" },
		"request.migrate.migrations: got none, expected one or more":              func(r *Request) { r.Migrate.Migrations = nil },
		`request.migrate.canaries[0]: got "Acme!", expected the name of a tenant`: func(r *Request) { r.Migrate.Canaries = []string{"Acme!"} },
		"request.migrate.stopPercent: got 101, expected 0 to 100":                 func(r *Request) { r.Migrate.StopPercent = 101 },
		`request.run: got "", expected a text of this run's own`:                  func(r *Request) { r.Run = "" },
		"expected neither: only resume-migrations takes them":                     func(r *Request) { r.Migrate.Applied = true },
		"expected the migrations":                                                 func(r *Request) { r.Migrate = nil },
		`request.tenant: got "acme", expected none`:                               func(r *Request) { r.Tenant = "acme" },
		"expected none: only migrate, migrations and resume-migrations take it":   func(r *Request) { r.Action, r.Run = ActionList, "" },
		"expected one of them at most": func(r *Request) {
			*r = Request{Action: ActionResumeMigrations, Tenant: "acme", Migrate: &Migrate{Applied: true, RolledBack: true}}
		},
		"expected none: only migrations takes them":                       func(r *Request) { r.Migrate.Tables = []string{"a"} },
		`request.migrate.tables[0]: got "", expected the name of a table`: func(r *Request) { *r = Request{Action: ActionMigrations, Migrate: &Migrate{Tables: []string{""}}} },
		"expected tables alone":                                           func(r *Request) { r.Action, r.Run = ActionMigrations, "" },
		"expected applied or rolledBack alone":                            func(r *Request) { r.Action, r.Tenant, r.Run = ActionResumeMigrations, "acme", "" },
	} {
		r := good()
		change(&r)
		require.ErrorContains(t, r.Validate(), want)
	}
	require.NoError(t, Request{Action: ActionResumeMigrations, Tenant: "acme"}.Validate())
	require.NoError(t, Request{Action: ActionMigrations, Migrate: &Migrate{Tables: []string{"Note"}}}.Validate())
	require.NoError(t, Request{Action: ActionHoldMigrations, Tenant: "acme", Reason: "a fair", By: "eve"}.Validate())
}
