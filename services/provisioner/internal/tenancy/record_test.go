package tenancy_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/tenancytest"
)

// The record is told while somebody holds all that is to be measured.
func TestRecordWaitsForNothing(t *testing.T) {
	t.Parallel()
	s := tenancytest.New(t)
	_, err := s.Try(api.Request{Action: api.ActionRecord, Tenant: "acme"})
	require.Equal(t, api.CodeNoTenant, api.CodeOf(err), err)
	s.Must(t, s.Request(t, "acme", "free", api.StateActive))
	session := s.Login(t, "acme")
	must(t, session, `CREATE TABLE thing (id int PRIMARY KEY)`, `BEGIN`, `LOCK TABLE thing`)
	recorded := s.Must(t, api.Request{Action: api.ActionRecord, Tenant: "acme"}).Tenant
	assert.Equal(t, []any{"free", api.StateActive, 1, tenancytest.SecretARN("acme")},
		[]any{recorded.Tier, recorded.State, recorded.PasswordVersion, recorded.SecretARN})
	assert.Equal(t, s.Request(t, "acme", "free", api.StateActive).Limits, recorded.Limits)
}
