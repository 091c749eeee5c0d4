package migrate

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/internal/migrations"
	"github.com/genericcorp/platform/internal/migrations/checks"
	"github.com/genericcorp/platform/services/provisioner/api"
)

func accept[O any](context.Context, *O) error { return nil }

func folder(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	for name, text := range map[string]string{"migration_lock.toml": `provider = "postgresql"`, "0_init/migration.sql": "SELECT 1;"} {
		path := filepath.Join(folder, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	return folder
}

func TestArguments(t *testing.T) {
	t.Parallel()
	good, empty := folder(t), t.TempDir()
	up := func(f *cmdutil.Factory) *cobra.Command { return newUp(f, accept[upOptions]) }
	plan := func(f *cmdutil.Factory) *cobra.Command { return newPlan(f, accept[upOptions]) }
	hold := func(f *cmdutil.Factory) *cobra.Command { return newHold(f, accept[holdOptions]) }
	resume := func(f *cmdutil.Factory) *cobra.Command { return newResume(f, accept[resumeOptions]) }
	push := func(f *cmdutil.Factory) *cobra.Command { return newPush(f, accept[artifactOptions]) }
	pull := func(f *cmdutil.Factory) *cobra.Command { return newPull(f, accept[artifactOptions]) }
	for _, test := range []struct {
		make    func(*cmdutil.Factory) *cobra.Command
		args    []string
		refused string
	}{
		{plan, []string{good}, ""},
		{up, []string{good, "--canary=acme,bolt", "--stop-at=0", "--accept=drops,locks"}, ""},
		{plan, []string{good, "--accept=drop"}, `--accept: got "drop", expected locks, rewrites, fails, drops, renames, alone, outside, unread`},
		{up, []string{}, "got 0 arguments, expected the folder of the migrations"},
		{up, []string{empty}, "got no migration_lock.toml"},
		{up, []string{good, "--stop-at=101"}, "migrate.stopPercent: got 101, expected 0 to 100"},
		{up, []string{good, "--canary=Acme!"}, `migrate.canaries[0]: got "Acme!", expected the name of a tenant`},
		{up, []string{good, "--env=moon"}, `--env: got "moon"`},
		{hold, []string{"acme", "--reason=a fair"}, ""},
		{hold, []string{"acme"}, `--reason: got "", expected why`},
		{push, []string{empty, "--dry-run"}, ""}, // what is in the folder is looked at later
		{push, []string{}, "got 0 arguments, expected the folder of the migrations"},
		{pull, []string{empty, "--env=moon"}, `--env: got "moon"`},
		{resume, []string{"acme", "--applied"}, ""},
		{resume, []string{"acme", "--applied", "--rolled-back"}, "got --applied and --rolled-back"},
		{resume, []string{}, "got 0 arguments, expected the tenant's name"},
	} {
		cmd := test.make(&cmdutil.Factory{})
		cmd.SetOut(io.Discard)
		cmd.SetErr(io.Discard)
		cmd.SetArgs(test.args)
		err := cmd.Execute()
		if test.refused == "" {
			require.NoError(t, err, test.args)
			continue
		}
		require.ErrorContains(t, err, test.refused, test.args)
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	m := &tenant.Migrated{Environment: "prod", Migrated: api.Migrated{Version: "2_b", All: 9, Done: 6, Tenants: []api.TenantMigrations{
		{Tenant: "acme", State: api.MigrationsFailed, Version: "1_a", Why: "2_b, statement 1 of 1 (SELECT 1/0): division by zero", Hold: &api.Hold{By: "a failed migration"}},
		{Tenant: "bolt", State: api.MigrationsHeld, Hold: &api.Hold{By: "eve", Why: "its fair", Since: time.Date(2026, 11, 30, 7, 0, 0, 0, time.UTC)}},
		{Tenant: "crew", State: api.MigrationsWaiting, Why: "suspended by an operator: it cannot log in", Pending: []string{"1_a", "2_b"}},
	}}}
	require.Equal(t, `TENANT  STATE    VERSION  WOULD GET       WHY
acme    failed   1_a      -               2_b, statement 1 of 1 (SELECT 1/0): division by zero
bolt    held     -        -               held by eve since 2026-11-30 07:00: its fair
crew    waiting  -        1_a and 1 more  suspended by an operator: it cannot log in
environment prod: 6 of 9 tenants at 2_b`, text(m))
	require.EqualError(t, left(m), "1 tenant not migrated")
	m.Stopped = "canary acme is failed"
	require.EqualError(t, left(m), "the run has stopped: canary acme is failed")
	m.Stopped, m.Tenants = "", nil
	require.Equal(t, "environment prod: 6 of 9 tenants at 2_b", text(m))
	require.NoError(t, left(m))
	m.Findings = []checks.Finding{
		{Migration: "2_b", Line: 3, Statement: "DROP TABLE a", Rule: checks.Drops, Why: "gone", Safer: "wait", Table: "a", Verdict: checks.Refused,
			Largest: &migrations.TableSize{Tenant: "acme", Bytes: 3 << 20, Rows: 1}},
		{Migration: "2_b", Line: 4, Statement: "CREATE INDEX i ON b (c)", Rule: checks.Locks, Why: "no writes", Table: "b", Verdict: checks.Harmless},
		{Migration: "2_b", Line: 5, Statement: "CREATE INDEX i ON d (c)", Rule: checks.Locks, Why: "no writes", Safer: "slower", Table: "d", Verdict: checks.Refused,
			Largest: &migrations.TableSize{Tenant: "bolt", Bytes: -1, Rows: 1}},
	}
	const findings = `2_b, line 3: refused (drops): DROP TABLE a
  gone
  a: at most 3.0 MiB with about 1 row, in tenant acme
  safer: wait
2_b, line 4: harmless (locks): CREATE INDEX i ON b (c)
  no writes
  b: no tenant that lacks the migration has it
2_b, line 5: refused (locks): CREATE INDEX i ON d (c)
  no writes
  d: not measured, as tenant bolt keeps it locked
  safer: slower
`
	require.Equal(t, findings+"environment prod: nothing was applied", text(m))
	require.EqualError(t, left(m), "the migrations are refused, and nothing was applied: change them, or accept what they do with --accept drops,locks")
	m.DryRun = true
	require.Equal(t, findings+"environment prod: 6 of 9 tenants at 2_b", text(m))
	m.Findings = nil
	m.Version = ""
	require.Equal(t, "(prod, 9 tenants, as they were left when they were last tried)", text(m))
	require.Equal(t, "environment prod has no tenants", text(&tenant.Migrated{Environment: "prod"}))
}
