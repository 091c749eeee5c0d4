package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/provisioner/api"
)

// The cause reaches the caller, before the function's time is up.
func TestHandle(t *testing.T) {
	t.Parallel()
	_, err := handle(t.Context(), []byte(`{"action":"show","tenant":"Bad"}`), nil)
	require.ErrorContains(t, err, `tenant slug "Bad"`)

	deadline, cancel := context.WithDeadline(t.Context(), time.Now().Add(margin+50*time.Millisecond))
	defer cancel()
	_, err = handle(deadline, []byte(`{"action":"list"}`), func(ctx context.Context, _ api.Request) (api.Response, error) {
		<-ctx.Done()
		return api.Response{}, errors.Join(errors.New("list"), ctx.Err())
	})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.NoError(t, deadline.Err(), "there is time left to tell it")

	got, err := handle(t.Context(), []byte(`{"action":"list"}`), func(_ context.Context, r api.Request) (api.Response, error) {
		return api.Response{Problems: []string{strings.ToUpper(string(r.Action))}}, nil
	})
	require.NoError(t, err)
	assert.Equal(t, []string{"LIST"}, got.Problems)
}

// The engine asks once: what the function had no time for is an error to it, and an answer to everybody else.
func TestUnfinished(t *testing.T) {
	t.Parallel()
	unfinished := func(context.Context, api.Request) (api.Response, error) {
		return api.Response{Unfinished: &api.Progress{Doing: "read the archive back", Done: 1 << 30, Total: 3 << 30}}, nil
	}
	_, err := handle(t.Context(), []byte(`{"tenant":"acme","tf":{"action":"delete"}}`), unfinished)
	require.EqualError(t, err, "delete tenant acme: the function had no time to do all: run the command again, which goes on (read the archive back: 1024 of 3072 MiB)")
	got, err := handle(t.Context(), []byte(`{"action":"delete","tenant":"acme"}`), unfinished)
	require.NoError(t, err)
	assert.NotNil(t, got.Unfinished)
}

// The error's code reaches the caller as Lambda's type of the error.
func TestCoded(t *testing.T) {
	t.Parallel()
	missing := fmt.Errorf("show tenant acme: %w", &api.Error{Code: api.CodeNoTenant, Message: "there is none"})
	assert.Equal(t, messages.InvokeResponse_Error{Message: "show tenant acme: there is none", Type: "NoSuchTenant"}, coded(missing))
	other := errors.New("it broke")
	assert.Equal(t, other, coded(other))
	assert.NoError(t, coded(nil))
}

// Outside of Lambda the program does one request, with no end to its time.
func TestOnce(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	code := once(strings.NewReader(`{"action":"archive","tenant":"acme"}`), &out, nil, func(ctx context.Context, r api.Request) (api.Response, error) {
		_, limited := ctx.Deadline()
		assert.False(t, limited)
		return api.Response{Archive: &api.Archive{Tenant: r.Tenant}}, nil
	})
	assert.Zero(t, code)
	assert.Contains(t, out.String(), `{"archive":{"key":"","tenant":"acme"`)
	fails := func(context.Context, api.Request) (api.Response, error) {
		return api.Response{}, errors.New("it broke")
	}
	assert.Equal(t, 1, once(strings.NewReader(`{"action":"list"}`), &out, nil, fails))
	assert.Equal(t, 1, once(strings.NewReader(`{"action":"drop"}`), &out, nil, nil))
	assert.Equal(t, 1, once(strings.NewReader(``), &out, errors.New("a variable is not set"), nil))
}
