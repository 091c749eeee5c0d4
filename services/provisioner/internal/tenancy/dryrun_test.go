package tenancy_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/tenancytest"
)

// A dry run says what would refuse, and changes nothing: neither the database nor the archives.
func TestDryRunRefusesAsTheRealOneDoes(t *testing.T) {
	t.Parallel()
	s := tenancytest.New(t)
	s.Must(t, s.Request(t, "acme", "free", api.StateActive))
	session := s.Login(t, "acme")
	must(t, session, `CREATE TABLE thing (id int PRIMARY KEY)`, `INSERT INTO thing VALUES (1), (2)`)
	remove := api.Request{Action: api.ActionDelete, Tenant: "acme", DryRun: true}
	_, err := s.Try(remove)
	require.ErrorContains(t, err, "there is no archive of it")

	tried := s.Must(t, api.Request{Action: api.ActionArchive, Tenant: "acme", DryRun: true})
	assert.Equal(t, []any{"", 1, int64(2)}, []any{tried.Archive.Key, tried.Archive.Tables, tried.Archive.Rows})
	assert.Empty(t, s.Must(t, api.Request{Action: api.ActionShow, Tenant: "acme"}).Archives, "nothing is written")

	made := s.Must(t, api.Request{Action: api.ActionArchive, Tenant: "acme"})
	assert.Equal(t, tried.Archive.ContentSHA256, made.Archive.ContentSHA256, "the same content")
	s.Must(t, remove)
	must(t, session, `INSERT INTO thing VALUES (3)`) // nobody was kept out, nothing was dropped
	_, err = s.Try(remove)
	require.ErrorContains(t, err, "has changed since the archive")

	restore := api.Request{Action: api.ActionRestore, Tenant: "acme", ArchiveKey: made.Archive.Key, DryRun: true}
	_, err = s.Try(restore)
	require.ErrorContains(t, err, "holds 1 object:")
	s.Must(t, s.Request(t, "birch", "free", api.StateActive))
	restore.Tenant = "birch"
	assert.Equal(t, made.Archive.Key, s.Must(t, restore).Archive.Key)
	assert.Zero(t, s.Must(t, api.Request{Action: api.ActionShow, Tenant: "birch"}).Tenant.Tables, "nothing is restored")
	s.Must(t, s.Request(t, "birch", "free", api.StateSuspended))
	_, err = s.Try(restore)
	require.ErrorContains(t, err, "the tenant is suspended")

	must(t, session, `SELECT lo_create(0)`)
	_, err = s.Try(api.Request{Action: api.ActionArchive, Tenant: "acme", DryRun: true})
	require.ErrorContains(t, err, "the archive cannot hold large object")
}

// Many tenants that come together have room for all of them, or none is begun.
func TestDryRunLooksForRoomForSeveral(t *testing.T) {
	t.Parallel()
	s := tenancytest.New(t)
	s.Must(t, s.Request(t, "acme", "free", api.StateActive))
	another := s.Request(t, "birch", "free", api.StateActive)
	another.DryRun = true
	s.Must(t, another)

	s.Ceiling = 4
	another.Beside = api.Beside{Tenants: 2, Connections: 2 * another.Limits.Connections}
	s.Must(t, another)
	another.Beside.Tenants = 3
	_, err := s.Try(another)
	require.ErrorContains(t, err, "the number of tenants in the database, 4 (3 of them those to be made beside it), has reached its ceiling of 4")

	another.Beside = api.Beside{Tenants: 1, Connections: 100_000}
	_, err = s.Try(another)
	require.ErrorContains(t, err, "(100000 of them those to be made beside it) connections, tier free would add")
}
