package decision_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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
	} {
		tenants[one.Slug] = one
	}
	return decision.Gate{Domain: domain, Knowledge: knowledge{tenants: tenants}, Contact: "help@example"}
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
		"a request":             {get("acme.app.example"), 0, ""},
		"a write":               {with(get("acme.app.example"), method("POST")), 0, ""},
		"its header Host":       {with(get("acme.app.example"), func(r *decision.Request) { r.Headers["host"] = r.Host }), 0, ""},
		"the name of TLS":       {with(get("acme.app.example"), func(r *decision.Request) { r.SNI = r.Host }), 0, ""},
		"limited, a read":       {get("beta.app.example"), 0, ""},
		"limited, a look":       {with(get("beta.app.example"), method("HEAD")), 0, ""},
		"limited, a write":      {with(get("beta.app.example"), method("POST")), 402, api.CodeLimited},
		"limited, a deletion":   {with(get("beta.app.example"), method("DELETE")), 402, api.CodeLimited},
		"limited, in disguise":  {get("beta.app.example", "x-http-method-override"), 402, api.CodeLimited},
		"limited, in another":   {get("beta.app.example", "x-method-override"), 402, api.CodeLimited},
		"active, in disguise":   {get("acme.app.example", "x-http-method-override"), 0, ""},
		"suspended":             {get("gone.app.example"), 403, api.CodeSuspended},
		"unknown":               {get("nobody.app.example"), 404, api.CodeUnknown},
		"the domain itself":     {get("app.example"), 404, api.CodeUnknown},
		"another domain":        {get("acme.example"), 404, api.CodeUnknown},
		"two hosts in one":      {get("acme.app.example,beta.app.example"), 400, api.CodeMalformed},
		"another header Host":   {get("acme.app.example", "host"), 400, api.CodeMalformed},
		"another name of TLS":   {with(get("acme.app.example"), func(r *decision.Request) { r.SNI = "beta.app.example" }), 421, api.CodeMisdirected},
		"a form":                {with(get("acme.app.example"), content("application/x-www-form-urlencoded")), 0, ""},
		"a gRPC call":           {with(get("acme.app.example"), content("application/grpc")), 415, api.CodeMalformed},
		"another gRPC call":     {with(get("acme.app.example"), content("Application/gRPC+proto")), 415, api.CodeMalformed},
		"a forged tenant":       {get("acme.app.example", "x-tenant"), 400, api.CodeReserved},
		"a forged identity":     {get("acme.app.example", "x-tenant-identity"), 400, api.CodeReserved},
		"in upper case":         {get("acme.app.example", "X-Tenant-Identity"), 400, api.CodeReserved},
		"an absolute path":      {with(get("acme.app.example"), func(r *decision.Request) { r.Path = "http://acme.app.example/" }), 400, api.CodeMalformed},
		"no path":               {with(get("acme.app.example"), func(r *decision.Request) { r.Path = "" }), 400, api.CodeMalformed},
		"the server's options":  {with(get("acme.app.example"), func(r *decision.Request) { r.Path, r.Method = "*", "OPTIONS" }), 400, api.CodeMalformed},
		"a tunnel":              {with(get("acme.app.example"), method("CONNECT")), 405, api.CodeMethod},
		"a trace":               {with(get("acme.app.example"), method("TRACE")), 405, api.CodeMethod},
		"a method of any kind":  {with(get("acme.app.example"), method("get")), 405, api.CodeMethod},
		"a tier of tomorrow":    {get("other-tier.app.example"), 503, api.CodeUnavailable},
		"a state of tomorrow":   {get("other-state.app.example"), 503, api.CodeUnavailable},
		"suspended, with a TLS": {with(get("gone.app.example"), func(r *decision.Request) { r.SNI = r.Host }), 403, api.CodeSuspended},
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
			assert.Equal(t, test.status == 503, got.Denial.RetryAfter > 0, name)
			assert.Equal(t, test.status == 402 || test.status == 403, got.Denial.Error.Contact == "help@example", name)
		}
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
