package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/betterstack"
	"github.com/genericcorp/platform/internal/betterstack/betterstacktest"
	"github.com/genericcorp/platform/internal/betterstack/client"
)

var (
	monitor = betterstack.Find(betterstack.Monitor)
	policy  = betterstack.Find(betterstack.Policy)
	section = betterstack.Find(betterstack.StatusPageSection)
)

func connect(url string) *client.Client {
	return client.New(url, func(context.Context) (string, error) { return betterstacktest.Token, nil }).Impatient(time.Millisecond, 10*time.Second)
}

func edge() map[string]any {
	return map[string]any{"url": "https://status.example", "monitor_type": "status", "pronounceable_name": "prod platform: edge"}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	busy := http.Header{"Retry-After": {"1"}}
	for name, test := range map[string]struct {
		faults []betterstacktest.Fault
		posts  int
	}{
		"none":                             {nil, 1},
		"an answer that was cut off":       {[]betterstacktest.Fault{{Method: "POST", After: true, Silent: true}}, 1},
		"an error after the effect":        {[]betterstacktest.Fault{{Method: "POST", After: true, Status: 504}}, 1},
		"an error before the effect":       {[]betterstacktest.Fault{{Method: "POST", Status: 503}}, 2},
		"a connection that was cut before": {[]betterstacktest.Fault{{Method: "POST", Silent: true}}, 2},
		"too many calls":                   {[]betterstacktest.Fault{{Method: "POST", Status: 429, Header: busy}}, 2},
		"a list that fails":                {[]betterstacktest.Fault{{Method: "GET", Status: 502}, {Method: "GET", Silent: true}}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := betterstacktest.New(t)
			server.Fail(test.faults...)
			object, found, err := connect(server.URL).Ensure(t.Context(), monitor, "", edge())
			require.NoError(t, err)
			require.False(t, found, "it is ours, also when its answer was lost")
			require.Equal(t, 1, server.Count(monitor.Path))
			require.Equal(t, "https://status.example", server.Attributes(monitor.Path, object.ID)["url"])
			require.Equal(t, test.posts, count(server.Calls(), "POST /api/v2/monitors"))
		})
	}
}

func count(calls []string, call string) (n int) {
	for _, c := range calls {
		if c == call {
			n++
		}
	}
	return n
}

func TestTriesAreBounded(t *testing.T) {
	t.Parallel()
	server := betterstacktest.New(t)
	server.Fail(slices.Repeat([]betterstacktest.Fault{{Method: "GET", Status: 503, Body: "<html>maintenance</html>"}}, 20)...)
	_, _, err := connect(server.URL).Get(t.Context(), monitor, "", "7")
	require.EqualError(t, err, "Better Stack is away or too busy (503 to GET /api/v2/monitors/7): <html>maintenance</html>. "+
		"Once it is back, run the same again (docs/betterstack.md)")
	require.Len(t, server.Calls(), 6)
}

// A wait that would end after the limit of time is not begun.
func TestLongWaitIsNotBegun(t *testing.T) {
	t.Parallel()
	server := betterstacktest.New(t)
	server.Fail(betterstacktest.Fault{Method: "DELETE", Status: 429, Header: http.Header{"Retry-After": {"3600"}}})
	err := connect(server.URL).Delete(t.Context(), monitor, "", "7")
	require.ErrorContains(t, err, "away or too busy (429 to DELETE /api/v2/monitors/7)")
	require.Len(t, server.Calls(), 1)
}

func TestRefusalsAreToldOnceAndWithoutTheToken(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		attributes map[string]any
		said       string
	}{
		"a field that is missing":       {map[string]any{"pronounceable_name": "x"}, "(422): monitor_type: can't be blank; url: can't be blank"},
		"a value that is not supported": {map[string]any{"url": "x", "monitor_type": "smoke"}, "(422): Sorry, these attributes have unsupported values; allowed: monitor_type: status, "},
		"a policy that is not there":    {map[string]any{"url": "x", "monitor_type": "status", "policy_id": "9"}, "(422): policy: doesn't exist"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := betterstacktest.New(t)
			_, _, err := connect(server.URL).Ensure(t.Context(), monitor, "", test.attributes)
			require.ErrorContains(t, err, "Better Stack refuses POST /api/v2/monitors "+test.said)
			require.Equal(t, 1, count(server.Calls(), "POST /api/v2/monitors"))
		})
	}
}

func TestTokenIsInNoMessage(t *testing.T) {
	t.Parallel()
	const secret = "wrong-but-secret"
	echo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = fmt.Fprintf(w, `{"errors": "no such token: %s"}`, r.Header.Get("Authorization"))
	}))
	t.Cleanup(echo.Close)
	c := client.New(echo.URL, func(context.Context) (string, error) { return secret, nil })
	_, _, err := c.Get(t.Context(), monitor, "", "7")
	require.EqualError(t, err, "Better Stack refuses the token (401 to GET /api/v2/monitors/7): no such token: Bearer [token]")
	require.True(t, client.RefusesToken(err))
}

func TestTokenFollowsNoRedirect(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the token left") }))
	t.Cleanup(elsewhere.Close)
	redirect := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	t.Cleanup(redirect.Close)
	_, _, err := connect(redirect.URL).Get(t.Context(), monitor, "", "7")
	require.ErrorContains(t, err, "refuses GET /api/v2/monitors/7 (307)")
}

// The one that is looked for is on the second page.
func TestTakesOverWhatHasTheKey(t *testing.T) {
	t.Parallel()
	server := betterstacktest.New(t)
	for i := range 260 {
		server.Put(policy.Path, map[string]any{"name": fmt.Sprint("somebody's ", i)})
	}
	id := server.Put(policy.Path, map[string]any{"name": "prod platform", "repeat_count": 9.0})
	object, found, err := connect(server.URL).Ensure(t.Context(), policy, "", map[string]any{"name": "prod platform", "repeat_count": 3})
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, id, object.ID)
	require.InDelta(t, 3, server.Attributes(policy.Path, id)["repeat_count"], 0)
	require.Equal(t, []string{"GET /api/v3/policies", "GET /api/v3/policies", "PATCH /api/v3/policies/" + id}, server.Calls())
}

func TestTwoWithOneKeyAreNamed(t *testing.T) {
	t.Parallel()
	server := betterstacktest.New(t)
	one, two := server.Put(monitor.Path, edge()), server.Put(monitor.Path, edge())
	_, _, err := connect(server.URL).Ensure(t.Context(), monitor, "", edge())
	require.EqualError(t, err, fmt.Sprintf(`there are 2 at Better Stack's /api/v2/monitors with the pronounceable_name "prod platform: edge": %s, %s; `+
		"delete all but one of them there, which is then taken over", one, two))
}

func TestWhatIsGoneIsNoError(t *testing.T) {
	t.Parallel()
	server := betterstacktest.New(t)
	_, ok, err := connect(server.URL).Get(t.Context(), monitor, "", "7")
	require.NoError(t, err)
	require.False(t, ok)
	require.NoError(t, connect(server.URL).Delete(t.Context(), monitor, "", "7"))
	_, _, err = connect(server.URL).Ensure(t.Context(), section, "7", map[string]any{"name": "Platform"})
	require.ErrorContains(t, err, "(404): Resource with provided ID was not found", "but not of a page that something is to stand on")
}

func TestNothingIsAskedWithoutAToken(t *testing.T) {
	t.Parallel()
	server := betterstacktest.New(t)
	broken := errors.New("no secret")
	_, _, err := client.New(server.URL, func(context.Context) (string, error) { return "", broken }).Get(t.Context(), monitor, "", "7")
	require.Equal(t, broken, err)
	require.Empty(t, server.Calls())
}

func TestCancellationEndsTheWait(t *testing.T) {
	t.Parallel()
	server := betterstacktest.New(t)
	server.Fail(slices.Repeat([]betterstacktest.Fault{{Method: "GET", Status: 429, Header: http.Header{"Retry-After": {"100"}}}}, 20)...)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(100*time.Millisecond, cancel)
	_, _, err := connect(server.URL).Get(ctx, monitor, "", "7")
	require.ErrorIs(t, err, context.Canceled)
}
