package migrate_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/migrations"
	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/migrate"
	"github.com/genericcorp/platform/services/provisioner/internal/tenancytest"
)

// Without any lock around them, two sessions do not both apply a migration; and neither a script nor a tenant leaves the tenant.
func TestSession(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := tenancytest.New(t)
	s.Must(t, s.Request(t, "acme", "starter", api.StateActive))
	session := func() migrate.Session { return migrate.Session{Conn: s.Login(t, "acme"), Schema: "tenant_acme"} }
	one, two := session(), session()
	first := migrations.Migration{Name: "0_first", SQL: `CREATE TABLE a (id int); SET search_path = pg_catalog; SET ROLE NONE; SET standard_conforming_strings = off;`}
	require.NoError(t, one.CreateTable(ctx))
	results := make(chan error)
	for _, s := range []migrate.Session{one, two} {
		go func() { results <- s.Apply(ctx, first) }()
	}
	a, b := <-results, <-results
	require.True(t, a == nil && errors.Is(b, migrate.ErrElsewhere) || b == nil && errors.Is(a, migrate.ErrElsewhere), "%v, %v", a, b)

	second := migrations.Migration{Name: "1_second", SQL: `CREATE TABLE b (id int)`}
	require.NoError(t, one.Apply(ctx, second), "what a script has set is gone")
	state, err := two.Look(ctx, []migrations.Migration{first, second})
	require.NoError(t, err)
	require.Equal(t, migrate.State{Version: second.Name}, state)

	failure := (*migrate.FailedError)(nil)
	require.ErrorAs(t, one.Apply(ctx, migrations.Migration{Name: "2_out", SQL: `SELECT 1; SET ROLE platform_admin`}), &failure)
	require.Equal(t, 2, failure.Number)
	require.Contains(t, failure.Cause, "SQLSTATE 42501")
	require.ErrorAs(t, one.Apply(ctx, migrations.Migration{Name: "3_open", SQL: `BEGIN; CREATE TABLE c (id int)`}), &failure)
	require.Contains(t, failure.Cause, "left a transaction open")
	require.False(t, failure.Whole)
}
