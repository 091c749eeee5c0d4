package tenant

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/provisioner/api"
)

// Who looks for the data before the damage does not get the damage, though its archive is the newest.
func TestArchiveIsChosenByTime(t *testing.T) {
	t.Parallel()
	f, tenants := newTenant(t, "free", api.StateActive)
	at := func(hour int) time.Time { return time.Date(2026, 11, 23, hour, 0, 0, 0, time.UTC) }
	const old, good, damaged = "archives/prod/acme/1.sql.gz", "archives/prod/acme/2.sql.gz", "archives/prod/acme/3.sql.gz"
	f.archives = []api.Archive{{Key: old, CreatedAt: at(8)}, {Key: good, CreatedAt: at(10), Rows: 1002}, {Key: damaged, CreatedAt: at(13), Rows: 10}}
	for _, c := range []struct {
		choice    Choice
		want, err string
	}{
		{Choice{AsOf: at(12)}, good, ""},
		{Choice{AsOf: at(10), Of: "acme"}, good, ""},
		{Choice{AsOf: at(9)}, old, ""},
		{Choice{AsOf: at(7)}, "", "tenant acme has no archive from until 2026-11-23T07:00:00Z; the oldest of 3 is of 2026-11-23T08:00:00Z"},
		{Choice{Key: good}, good, ""},
		{Choice{Key: damaged}, "", "archive " + damaged + " is the newest of tenant acme, with 10 rows; the one before, of 2026-11-23T10:00:00Z, has 1002: if it was made after the damage, it holds the damage. " +
			"Say --newest if it is the right one, or --as-of <the last moment at which the data was right>"},
		{Choice{Key: damaged, Newest: true}, damaged, ""},
		{Choice{Newest: true}, damaged, ""},
	} {
		got, err := tenants.choose(t.Context(), "acme", c.choice)
		if c.err != "" {
			require.EqualError(t, err, c.err)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, c.want, got)
	}
	f.archives = f.archives[2:]
	got, err := tenants.choose(t.Context(), "acme", Choice{Key: damaged})
	require.NoError(t, err, "there is no other")
	require.Equal(t, damaged, got)
	f.archives = nil
	_, err = tenants.choose(t.Context(), "acme", Choice{Newest: true})
	require.EqualError(t, err, "tenant acme of prod has no archive: `platform tenant show <tenant> --env prod` lists those of another")
}
