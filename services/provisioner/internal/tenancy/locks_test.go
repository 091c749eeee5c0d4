package tenancy_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/tenancytest"
)

// What takes minutes for one tenant keeps no other from an index that is built beside work.
func TestWorkKeepsNoSnapshot(t *testing.T) {
	t.Parallel()
	s := tenancytest.New(t)
	someTenants(t, s, "acme", "bolt", "crew")
	must(t, s.Login(t, "acme"), `CREATE TABLE a (id int)`)
	archived := s.Must(t, api.Request{Action: api.ActionArchive, Tenant: "acme"}).Archive
	crew := s.Login(t, "crew")
	must(t, crew, `CREATE TABLE a (id int)`, `SET statement_timeout = '60s'`)
	built := errors.New("nobody has built it")
	s.Archive.Fail = func(string) error {
		s.Archive.Fail = nil
		_, built = crew.Exec(ctx, `CREATE INDEX CONCURRENTLY i ON a (id)`)
		return nil
	}
	s.Must(t, api.Request{Action: api.ActionRestore, Tenant: "bolt", ArchiveKey: archived.Key, Run: "one"})
	require.NoError(t, built)
}
