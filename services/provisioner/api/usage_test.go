package api

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestParseUsage(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	days := func(n int) *UsageQuery { return &UsageQuery{From: from, To: from.AddDate(0, 0, n)} }
	for _, test := range []struct {
		request Request
		refused string // empty: it is taken
	}{
		{Request{Action: ActionUsage, Usage: days(1)}, ""},
		{Request{Action: ActionUsage, Usage: days(400)}, ""},
		{Request{Action: ActionUsage, Tenant: "acme", Usage: days(31)}, ""},
		{Request{Action: ActionServed, Usage: days(31)}, ""},
		{Request{Action: ActionServed, Tenant: "acme", Usage: days(1)}, `request.tenant: got "acme", expected none: the action is about all`},
		{Request{Action: ActionServed}, `request.usage: got "", expected the time that is asked about`},
		{Request{Action: ActionUsage}, `request.usage: got "", expected the time that is asked about`},
		{Request{Action: ActionUsage, Usage: days(0)}, `request.usage.from: got "2026-11-01T00:00:00Z", expected a time before usage.to`},
		{Request{Action: ActionUsage, Usage: days(401)}, `expected at most 9600h0m0s after usage.from`},
		{Request{Action: ActionUsage, Tenant: "acme", Usage: days(32)}, `expected at most 744h0m0s after usage.from`},
		{Request{Action: ActionUsage, Tenant: "Acme!", Usage: days(1)}, "Acme!"},
		{Request{Action: ActionList, Usage: days(1)}, `request.usage: got "a time", expected none: only usage and served are about one`},
	} {
		got, err := Parse(payload(t, test.request, ""))
		if test.refused != "" {
			require.ErrorContains(t, err, test.refused)
			continue
		}
		require.NoError(t, err)
		require.True(t, from.Equal(got.Usage.From))
	}
}
