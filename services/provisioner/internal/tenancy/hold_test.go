package tenancy_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/tenancytest"
)

func unpaid(state api.State, why string) api.Request {
	return api.Request{Action: api.ActionHold, Tenant: "acme", Holder: api.HolderBilling, State: state, Reason: why}
}

// Who has not paid is held in database and edge, whatever a deployment says. Who lets go undoes no more than that.
func TestHold(t *testing.T) { tenancytest.OnEach(t, testHold) }

func testHold(t *testing.T, s *tenancytest.Setup) {
	pro := s.Request(t, "acme", "pro", api.StateActive)
	s.Must(t, pro)
	session := s.Login(t, "acme")
	must(t, session, `CREATE TABLE kept (id int)`)

	held := s.Must(t, unpaid(api.StateLimited, "an invoice")).Tenant
	require.Equal(t, []api.State{api.StateActive, api.StateLimited, api.StateLimited}, []api.State{held.State, held.HeldBy(api.HolderBilling), held.Effective()})
	require.Equal(t, "limited by billing, as an invoice is overdue: it can read, on one connection, until that is paid", held.Reason)
	require.Equal(t, held.Holds, s.Must(t, unpaid(api.StateLimited, "an invoice")).Tenant.Holds, "the same again is the same hold")
	_, err := session.Exec(ctx, `SELECT 1`)
	require.Error(t, err, "its sessions have ended")
	session = s.Login(t, "acme")
	must(t, session, `SELECT * FROM kept`, `SET default_transaction_read_only = off`)
	_, err = session.Exec(ctx, `INSERT INTO kept VALUES (2)`)
	require.ErrorContains(t, err, "permission denied")
	require.Equal(t, "limited", edgeState(t, s, "acme"))
	require.Empty(t, problems(t, s, "acme"), "it is as its record says")
	_, err = s.Try(api.Request{Action: api.ActionCleanUp, Tenant: "acme"})
	require.ErrorContains(t, err, "billing holds the tenant limited, until its invoice is paid")

	require.Equal(t, api.StateLimited, s.Must(t, pro).Tenant.Effective(), "a deployment does not let it go")
	s.Must(t, sweep)
	require.Equal(t, "limited", edgeState(t, s, "acme"))

	s.Must(t, unpaid(api.StateSuspended, "an invoice"))
	_, err = s.TryLogin(t, "acme")
	require.ErrorContains(t, err, "is not permitted to log in")
	require.Equal(t, "suspended", edgeState(t, s, "acme"))
	s.Must(t, s.Request(t, "acme", "pro", api.StateSuspended))

	free := s.Must(t, unpaid(api.StateActive, "")).Tenant
	require.Empty(t, free.Holds)
	require.Equal(t, api.StateSuspended, free.Effective(), "what a person did stays")
	s.Must(t, pro)
	must(t, s.Login(t, "acme"), `INSERT INTO kept VALUES (3)`)
	require.Equal(t, "active", edgeState(t, s, "acme"))
}

// Nobody stays held by billing where there is none any more. What others hold stays.
func TestNobodyIsHeldByBillingThatIsGone(t *testing.T) {
	t.Parallel()
	s := tenancytest.New(t)
	for _, tenant := range []string{"acme", "bolt", "cedar"} {
		s.Must(t, s.Request(t, tenant, "pro", api.StateActive))
	}
	s.Must(t, unpaid(api.StateSuspended, "an invoice"))
	other := unpaid(api.StateLimited, "an invoice")
	other.Tenant = "bolt"
	s.Must(t, other)
	s.Must(t, s.Request(t, "bolt", "pro", api.StateSuspended))
	s.Must(t, sweep)
	require.Equal(t, "suspended", edgeState(t, s, "acme"), "while there is billing")

	s.Unbilled = true
	done := s.Must(t, sweep).Problems
	require.Equal(t, []string{
		"tenant acme: let go, as billing held it and the environment has no billing any more",
		"tenant bolt: let go, as billing held it and the environment has no billing any more",
	}, done)
	require.Equal(t, "active", edgeState(t, s, "acme"))
	must(t, s.Login(t, "acme"), `CREATE TABLE kept (id int)`)
	require.Equal(t, "suspended", edgeState(t, s, "bolt"), "what a person did stays")
	require.Empty(t, s.Must(t, sweep).Problems, "once")
}

// Whoever else asks, or gives no reason, holds nobody.
func TestHoldIsForHolders(t *testing.T) {
	t.Parallel()
	other := unpaid(api.StateLimited, "an invoice")
	other.Holder = "eve"
	require.ErrorContains(t, other.Validate(), `request.holder: got "eve", expected billing`)
	require.ErrorContains(t, unpaid(api.StateLimited, "").Validate(), "request.reason")
	require.ErrorContains(t, unpaid("gone", "an invoice").Validate(), "request.state")
	apply := api.Request{Action: api.ActionList, Holder: api.HolderBilling}
	require.ErrorContains(t, apply.Validate(), "only hold takes it")
}

// An address is noted, stays when the tenant is deployed, and is in no error.
func TestBillTo(t *testing.T) {
	t.Parallel()
	s := tenancytest.New(t)
	pro := s.Request(t, "acme", "pro", api.StateActive)
	s.Must(t, pro)
	to := func(address string) api.Request {
		return api.Request{Action: api.ActionBillTo, Tenant: "acme", BillingEmail: address}
	}
	require.Equal(t, "bills@acme.example", s.Must(t, to("bills@acme.example")).Tenant.BillingEmail)
	require.Equal(t, "bills@acme.example", s.Must(t, pro).Tenant.BillingEmail, "a deployment says nothing of it")
	_, err := s.Try(to("not bills@acme.example"))
	require.EqualError(t, err, `request.billingEmail: got "another text", expected a mail address such as "platform@genericcorp.example"`)
	require.Empty(t, s.Must(t, to("")).Tenant.BillingEmail)
	other := to("bills@acme.example")
	other.Tenant = "bolt"
	_, err = s.Try(other)
	require.Equal(t, api.CodeNoTenant, api.CodeOf(err))
	pro.BillingEmail = "bills@acme.example"
	require.ErrorContains(t, pro.Validate(), "only bill-to takes one")
}
