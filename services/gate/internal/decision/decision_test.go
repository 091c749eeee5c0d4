package decision_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/edge"
	"github.com/genericcorp/platform/services/gate/api"
	"github.com/genericcorp/platform/services/gate/internal/decision"
	"github.com/genericcorp/platform/services/gate/internal/directory"
	"github.com/genericcorp/platform/services/gate/internal/host"
)

type knowledge struct {
	tenants map[string]directory.Tenant
	err     error
}

func (k knowledge) Find(slug string) (directory.Tenant, bool, error) {
	t, found := k.tenants[slug]
	return t, found, k.err
}

func tenant(slug, tier string, state directory.State) directory.Tenant {
	return directory.Tenant{Slug: slug, Tier: tier, State: state}
}

func gate(t testing.TB) decision.Gate {
	t.Helper()
	domain, err := host.New("app.example", 443)
	require.NoError(t, err)
	tenants := map[string]directory.Tenant{}
	for _, one := range []directory.Tenant{
		tenant("acme", "free", directory.Active), tenant("beta", "pro", directory.Limited), tenant("gone", "pro", directory.Suspended),
		tenant("other-tier", "gold", directory.Active), tenant("other-state", "free", "paused"),
		used("nearly", "free", directory.Active, freeDay-1), used("spent", "free", directory.Active, freeDay), used("upgraded", "starter", directory.Active, freeDay),
		used("spent-and-gone", "free", directory.Suspended, freeDay),
	} {
		tenants[one.Slug] = one
	}
	return decision.Gate{Domain: domain, Knowledge: knowledge{tenants: tenants}, Contact: "help@example", Now: func() time.Time { return now }}
}

// A day has freeDay requests in the tier free, and 90 seconds and a half are left of it.
const freeDay = 10_000

var now = time.Date(2026, 11, 29, 23, 58, 29, int(500*time.Millisecond), time.UTC)

func used(slug, tier string, state directory.State, admitted int64) directory.Tenant {
	t := tenant(slug, tier, state)
	t.Today = directory.Today{Admitted: admitted, Ends: time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)}
	return t
}

func get(host string, headers ...string) decision.Request {
	r := decision.Request{Method: "GET", Path: "/", Host: host, Headers: map[string]string{}}
	for _, header := range headers {
		r.Headers[header] = "x"
	}
	return r
}

func with(r decision.Request, change func(*decision.Request)) decision.Request {
	change(&r)
	return r
}

func method(name string) func(*decision.Request) {
	return func(r *decision.Request) { r.Method = name }
}

func content(name string) func(*decision.Request) {
	return func(r *decision.Request) { r.Headers = map[string]string{"content-type": name} }
}

func TestDecide(t *testing.T) {
	t.Parallel()
	g := gate(t)
	for name, test := range map[string]struct {
		request decision.Request
		status  int // 0: it may pass
		code    api.Code
	}{
		"a request":              {get("acme.app.example"), 0, ""},
		"a write":                {with(get("acme.app.example"), method("POST")), 0, ""},
		"its header Host":        {with(get("acme.app.example"), func(r *decision.Request) { r.Headers["host"] = r.Host }), 0, ""},
		"the name of TLS":        {with(get("acme.app.example"), func(r *decision.Request) { r.SNI = r.Host }), 0, ""},
		"limited, a read":        {get("beta.app.example"), 0, ""},
		"limited, a look":        {with(get("beta.app.example"), method("HEAD")), 0, ""},
		"limited, a write":       {with(get("beta.app.example"), method("POST")), 402, api.CodeLimited},
		"limited, a deletion":    {with(get("beta.app.example"), method("DELETE")), 402, api.CodeLimited},
		"limited, in disguise":   {get("beta.app.example", "x-http-method-override"), 402, api.CodeLimited},
		"limited, in another":    {get("beta.app.example", "x-method-override"), 402, api.CodeLimited},
		"active, in disguise":    {get("acme.app.example", "x-http-method-override"), 0, ""},
		"suspended":              {get("gone.app.example"), 403, api.CodeSuspended},
		"unknown":                {get("nobody.app.example"), 404, api.CodeUnknown},
		"the domain itself":      {get("app.example"), 404, api.CodeUnknown},
		"another domain":         {get("acme.example"), 404, api.CodeUnknown},
		"two hosts in one":       {get("acme.app.example,beta.app.example"), 400, api.CodeMalformed},
		"another header Host":    {get("acme.app.example", "host"), 400, api.CodeMalformed},
		"another name of TLS":    {with(get("acme.app.example"), func(r *decision.Request) { r.SNI = "beta.app.example" }), 421, api.CodeMisdirected},
		"a form":                 {with(get("acme.app.example"), content("application/x-www-form-urlencoded")), 0, ""},
		"a gRPC call":            {with(get("acme.app.example"), content("application/grpc")), 415, api.CodeMalformed},
		"another gRPC call":      {with(get("acme.app.example"), content("Application/gRPC+proto")), 415, api.CodeMalformed},
		"a forged tenant":        {get("acme.app.example", "x-tenant"), 400, api.CodeReserved},
		"a forged identity":      {get("acme.app.example", "x-tenant-identity"), 400, api.CodeReserved},
		"in upper case":          {get("acme.app.example", "X-Tenant-Identity"), 400, api.CodeReserved},
		"an absolute path":       {with(get("acme.app.example"), func(r *decision.Request) { r.Path = "http://acme.app.example/" }), 400, api.CodeMalformed},
		"no path":                {with(get("acme.app.example"), func(r *decision.Request) { r.Path = "" }), 400, api.CodeMalformed},
		"the server's options":   {with(get("acme.app.example"), func(r *decision.Request) { r.Path, r.Method = "*", "OPTIONS" }), 400, api.CodeMalformed},
		"a tunnel":               {with(get("acme.app.example"), method("CONNECT")), 405, api.CodeMethod},
		"a trace":                {with(get("acme.app.example"), method("TRACE")), 405, api.CodeMethod},
		"a method of any kind":   {with(get("acme.app.example"), method("get")), 405, api.CodeMethod},
		"a tier of tomorrow":     {get("other-tier.app.example"), 503, api.CodeUnavailable},
		"a state of tomorrow":    {get("other-state.app.example"), 503, api.CodeUnavailable},
		"one is left of the day": {get("nearly.app.example"), 0, ""},
		"the day is used up":     {get("spent.app.example"), 429, api.CodeTooMany},
		"a larger tier since":    {get("upgraded.app.example"), 0, ""},
		"suspended, and used":    {get("spent-and-gone.app.example"), 403, api.CodeSuspended},
		"suspended, with a TLS":  {with(get("gone.app.example"), func(r *decision.Request) { r.SNI = r.Host }), 403, api.CodeSuspended},
	} {
		got := g.Decide(test.request)
		if test.status == 0 {
			if assert.Nil(t, got.Denial, name) {
				assert.Equal(t, got.Tenant.Tier, got.Tier.Name, name)
				assert.True(t, strings.HasPrefix(test.request.Host, got.Tenant.Slug+"."), name)
			}
			continue
		}
		if assert.NotNil(t, got.Denial, name) {
			assert.Equal(t, test.status, got.Denial.Status, name)
			assert.Equal(t, test.code, got.Denial.Error.Code, name)
			assert.Empty(t, got.Tenant, name)
			assert.Equal(t, test.status == 503 || test.status == 429, got.Denial.RetryAfter > 0, name)
			assert.Equal(t, test.status == 402 || test.status == 403, got.Denial.Error.Contact == "help@example", name)
		}
	}
}

// A day that is used up is refused until its end, as the proxy refuses it, and no longer; whose it was is told to no client.
func TestDayUsedUp(t *testing.T) {
	t.Parallel()
	g := gate(t)
	denial := g.Decide(get("spent.app.example")).Denial
	require.NotNil(t, denial)
	assert.Equal(t, "spent", denial.Tenant)
	for _, accept := range []string{"", "text/html"} {
		assert.Equal(t, decision.Answer{Status: 429, Headers: map[string]string{
			"Retry-After": "91", "X-RateLimit-Limit": "10000, 5;w=1, 10000;w=86400", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "91",
			"Content-Type": "application/json", "Cache-Control": "no-store",
		}, Body: `{"code":"too-many-requests","message":"` + edge.MessageTooMany + `"}` + "\n"}, denial.Answer(accept))
	}
	g.Now = func() time.Time { return now.Add(91 * time.Second) }
	assert.Nil(t, g.Decide(get("spent.app.example")).Denial, "the day has ended, though the ledger was not asked since")
}

// A denial names its tenant where there is one, for what is counted and written down.
func TestDenialsNameTheirTenant(t *testing.T) {
	t.Parallel()
	g := gate(t)
	for name, want := range map[string]string{"gone": "gone", "other-tier": "other-tier", "nobody": ""} {
		assert.Equal(t, want, g.Decide(get(name+".app.example")).Denial.Tenant, name)
	}
}

// Nobody passes when nobody knows the tenants, and the client is not told why.
func TestUnknowing(t *testing.T) {
	t.Parallel()
	g := gate(t)
	g.Knowledge = knowledge{tenants: map[string]directory.Tenant{"acme": tenant("acme", "free", directory.Active)}, err: errors.New("the database is away")}
	got := g.Decide(get("acme.app.example"))
	require.NotNil(t, got.Denial)
	assert.Equal(t, 503, got.Denial.Status)
	assert.Equal(t, "the database is away", got.Denial.Cause)
	assert.NotContains(t, got.Denial.Answer("").Body, "database")
}

// All names that are nobody's get the same answer: it tells nothing of who exists.
func TestUnknownNamesLookTheSame(t *testing.T) {
	t.Parallel()
	g := gate(t)
	want := g.Decide(get("nobody.app.example")).Denial.Answer("")
	for _, name := range []string{"app.example", "www.app.example", "a.acme.app.example", "evil.example"} {
		assert.Equal(t, want, g.Decide(get(name)).Denial.Answer(""), name)
	}
}

func TestAnswer(t *testing.T) {
	t.Parallel()
	g := gate(t)
	g.Contact = "<b>help@example</b>"
	suspended := g.Decide(get("gone.app.example")).Denial
	browser := suspended.Answer("text/html,application/xhtml+xml;q=0.9,*/*;q=0.8")
	assert.Equal(t, "text/html; charset=utf-8", browser.Headers["Content-Type"])
	assert.Contains(t, browser.Body, "<p>this account is suspended.</p>\n<p>Please ask <strong>&lt;b&gt;help@example")
	for _, accept := range []string{"", "*/*", "application/json", "application/json, text/html"} {
		program := suspended.Answer(accept)
		assert.Equal(t, "application/json", program.Headers["Content-Type"], accept)
		assert.Contains(t, program.Body, `{"code":"tenant-suspended","message":"this account is suspended","contact":`, accept)
		assert.Equal(t, "no-store", program.Headers["Cache-Control"])
	}
	assert.Contains(t, g.Decide(with(get("acme.app.example"), method("TRACE"))).Denial.Answer("").Headers["Allow"], "GET, HEAD")
	g.Knowledge = knowledge{err: errors.New("away")}
	assert.Equal(t, "5", g.Decide(get("acme.app.example")).Denial.Answer("").Headers["Retry-After"])
}

// Whatever comes in, it is either denied with a status of an error, or of a tenant that the host names and that is active, or reads.
func FuzzDecide(f *testing.F) {
	f.Add("GET", "/", "acme.app.example", "", "accept", "x")
	f.Add("POST", "/", "beta.app.example", "beta.app.example", "x-tenant", "")
	g := gate(f)
	f.Fuzz(func(t *testing.T, method, path, host, sni, header, value string) {
		r := decision.Request{Method: method, Path: path, Host: host, SNI: sni, Headers: map[string]string{header: value}}
		got := g.Decide(r)
		if got.Denial != nil {
			require.GreaterOrEqual(t, got.Denial.Status, 400)
			_ = got.Denial.Answer(value)
			return
		}
		require.True(t, strings.HasPrefix(strings.ToLower(host), got.Tenant.Slug+".app.example"))
		require.True(t, got.Tenant.State == directory.Active || got.Tenant.State == directory.Limited && method != "POST")
		require.False(t, strings.HasPrefix(strings.ToLower(header), "x-tenant"))
	})
}
