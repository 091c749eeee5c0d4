package api

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A call is for all that is due, or for one day.
func TestParse(t *testing.T) {
	t.Parallel()
	for payload, want := range map[string]Request{
		`{}`: {}, `{"day": "2026-11-28"}`: {Day: "2026-11-28"}, `{"day": "2026-11-28", "again": true}`: {Day: "2026-11-28", Again: true},
	} {
		got, err := Parse([]byte(payload))
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for payload, refused := range map[string]string{
		`{"date": "2026-11-28"}`: `read the request: got "{\"date\": \"2026-11-28\"}", expected {} or {"day": ..., "again": ...}`,
		`{"day": "yesterday"}`:   `day: got "yesterday", expected one such as 2026-11-28`,
		`{"again": true}`:        "again: got true, expected false without a day",
		``:                       "read the request",
	} {
		_, err := Parse([]byte(payload))
		require.ErrorContains(t, err, refused)
	}
}
