package tenancy_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/tenancytest"
)

// people hear what the breaker does, unless nobody can be reached.
type people struct {
	subjects, texts []string
	unreachable     bool
}

func (p *people) Announce(_ context.Context, subject, text string) error {
	if p.unreachable {
		return errors.New("the topic is gone")
	}
	p.subjects, p.texts = append(p.subjects, subject), append(p.texts, text)
	return nil
}

// Every act is told: all of a sweep in one message, once, later where nobody could be reached, and again where a killed sweep has not noted
// that it told. What is too old is told no more.
func TestPeopleAreTold(t *testing.T) {
	t.Parallel()
	s := tenancytest.New(t)
	heard := &people{}
	s.People = heard
	for _, tenant := range []string{"acme", "bolt"} {
		s.Must(t, s.Request(t, tenant, "pro", api.StateActive))
	}
	publish(t, s, prices())
	s.Must(t, sweep)
	require.Empty(t, heard.subjects, "nothing has happened")

	spend(t, s, "acme", 1225)
	spend(t, s, "bolt", 2450)
	heard.unreachable = true
	_, err := s.Try(sweep)
	require.ErrorContains(t, err, "Breaker of test: 1 suspended, 1 limited: nobody has been told: the topic is gone; the next sweep tries again")
	require.Equal(t, "suspended", edgeState(t, s, "bolt"), "it is done all the same")
	heard.unreachable = false
	s.Must(t, sweep)
	s.Must(t, sweep)
	require.Equal(t, []string{"Breaker of test: 1 suspended, 1 limited"}, heard.subjects)
	require.Contains(t, heard.texts[0], "acme (pro), before that free: its use costs USD 12.25 of USD 12.25 this month, 100 per cent; cause: use")

	s.Must(t, api.Request{Action: api.ActionOverride, Tenant: "acme", By: "eve", Reason: "they pay for it", Until: time.Now().Add(time.Hour)})
	s.Must(t, sweep)
	require.Equal(t, "Breaker of test: 1 warned", heard.subjects[1])
	administer(t, s, `DELETE FROM platform.breaker_told WHERE event = (SELECT max(event) FROM platform.breaker_told)`)
	s.Must(t, sweep)
	require.Equal(t, heard.subjects[1], heard.subjects[2], "rather twice than never")
	administer(t, s, `DELETE FROM platform.breaker_told`, `UPDATE platform.breaker_event SET at = at - interval '73 hours'`)
	s.Must(t, sweep)
	require.Len(t, heard.subjects, 3)
}

// Who cannot see for an hour says so, once, and until it sees again nobody gets a larger tier without a person's word.
func TestBlindForLong(t *testing.T) {
	t.Parallel()
	s := tenancytest.New(t)
	heard := &people{}
	s.People = heard
	s.Must(t, sweep)
	require.Equal(t, 0, blindRows(t, s), "an environment without tenants has nobody to watch")
	s.Must(t, s.Request(t, "acme", "free", api.StateActive))
	s.Must(t, sweep)
	s.Must(t, s.Request(t, "acme", "starter", api.StateActive))
	require.Empty(t, heard.subjects, "not yet")
	administer(t, s, `UPDATE platform.breaker_blind SET since = since - interval '1 hour'`)
	s.Must(t, sweep)
	s.Must(t, sweep)
	require.Equal(t, []string{"Breaker of test: blind"}, heard.subjects)
	require.Contains(t, heard.texts[0], "It is blind: nobody has published what the environment costs: `platform breaker publish` does.")

	larger := s.Request(t, "acme", "pro", api.StateActive)
	_, err := s.Try(larger)
	require.ErrorContains(t, err, "nobody knows what tenants cost, since ")
	require.ErrorContains(t, err, "until then no tenant gets a larger tier")
	s.Must(t, s.Request(t, "acme", "starter", api.StateActive))
	s.Must(t, s.Request(t, "bolt", "free", api.StateActive))
	s.Must(t, api.Request{Action: api.ActionOverride, By: "eve", Reason: "finance knows", Until: time.Now().Add(time.Hour)})
	s.Must(t, larger)
	s.Must(t, api.Request{Action: api.ActionEndOverride, By: "eve"})

	publish(t, s, prices())
	s.Must(t, sweep)
	require.Equal(t, "Breaker of test: no longer blind", heard.subjects[len(heard.subjects)-1])
	require.Equal(t, 0, blindRows(t, s))
	s.Must(t, s.Request(t, "bolt", "pro", api.StateActive))
	var causes []string
	for _, e := range s.Must(t, api.Request{Action: api.ActionBreakerLog}).Breaker.Events {
		causes = append(causes, e.Cause)
	}
	require.Equal(t, []string{"sees again", "blind"}, causes)
}

func administer(t *testing.T, s *tenancytest.Setup, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		_, err := s.Admin.Exec(ctx, statement)
		require.NoError(t, err, statement)
	}
}

func blindRows(t *testing.T, s *tenancytest.Setup) (rows int) {
	t.Helper()
	require.NoError(t, s.Admin.QueryRow(ctx, `SELECT count(*) FROM platform.breaker_blind WHERE since IS NOT NULL OR told`).Scan(&rows))
	return rows
}
