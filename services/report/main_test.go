package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/report/api"
)

func TestOnce(t *testing.T) {
	t.Parallel()
	right := func(_ context.Context, r api.Request) (api.Response, error) {
		return api.Response{Sent: []string{cmp.Or(r.Day, "2026-11-28")}}, nil
	}
	var out bytes.Buffer
	require.Equal(t, 0, once(strings.NewReader("{}"), &out, right))
	require.JSONEq(t, `{"sent": ["2026-11-28"]}`, out.String())
	out.Reset()
	require.Equal(t, 0, once(strings.NewReader(`{"day": "2026-11-27"}`), &out, right))
	require.JSONEq(t, `{"sent": ["2026-11-27"]}`, out.String())
	require.Equal(t, 1, once(strings.NewReader(`{"date": "2026-11-28"}`), &out, right))
	require.Equal(t, 1, once(strings.NewReader("{}"), &out, func(context.Context, api.Request) (api.Response, error) { return api.Response{}, errors.New("away") }))
}

// Some of the function's time is kept to tell the cause.
func TestMargin(t *testing.T) {
	t.Parallel()
	end := time.Now().Add(time.Hour)
	ctx, cancel := context.WithDeadline(t.Context(), end)
	defer cancel()
	_, err := handle(ctx, []byte("{}"), func(ctx context.Context, _ api.Request) (api.Response, error) {
		deadline, _ := ctx.Deadline()
		require.True(t, deadline.Equal(end.Add(-margin)))
		return api.Response{}, nil
	})
	require.NoError(t, err)
}
