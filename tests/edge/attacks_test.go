package edge_test

import (
	"encoding/base64"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/readiness/readinesstest"
	gateapi "github.com/genericcorp/platform/services/gate/api"
	"github.com/genericcorp/platform/services/gate/api/identity"
	sampleapi "github.com/genericcorp/platform/services/sample/api"
	"github.com/genericcorp/platform/tests/testcloud"
)

var update = flag.Bool("update", false, "write docs/isolation-edge.md again")

// Notes that one tenant alone may read.
const (
	loot = "for beta alone"
	own  = "for acme alone"
)

// way is an attempt of somebody who may use the tenant acme to be taken for beta, or to pass without being counted.
type way struct {
	what string
	try  func() answer
}

// part are ways of one kind. What they change is right: the control, without the change, is served. What is harmless is served, too, as
// acme's own.
type part struct {
	name     string
	control  way
	ways     []way
	harmless []way
}

// attacks tries every way, and compares what came of them with the report in the repository.
func attacks(t *testing.T, w *world) {
	proof := readinesstest.Prove(t, "isolation-edge", "loopback")
	require.Equal(t, http.StatusCreated, w.add(t, "beta", loot).status)
	require.Equal(t, http.StatusCreated, w.add(t, "acme", own).status)
	var text strings.Builder
	refused, harmless, succeeded := 0, 0, 0
	for _, p := range []part{w.names(t), w.saidByTheEdge(t), w.readings(t), w.overHTTP2(t), w.identities(t)} {
		assert.Equal(t, http.StatusOK, p.control.try().status, "%s: what the ways change is right", p.name)
		fmt.Fprintf(&text, "\n## %s\n\nServed: %s.\n\n| attempt | answer |\n|---|---|\n", p.name, p.control.what)
		for _, way := range p.ways {
			got := way.try()
			refused++
			holds := assert.True(t, got.refuses(), "%s: %s: %d", p.name, way.what, got.status)
			if !assert.NotContains(t, got.body, loot, "%s: %s", p.name, way.what) || !holds {
				succeeded++
			}
			fmt.Fprintf(&text, "| %s | %s |\n", way.what, got.text())
		}
		for _, way := range p.harmless {
			got := way.try()
			harmless++
			assert.Equal(t, http.StatusOK, got.status, "%s: %s", p.name, way.what)
			assert.Contains(t, got.body, own, "%s: %s", p.name, way.what)
			if !assert.NotContains(t, got.body, loot, "%s: %s", p.name, way.what) {
				succeeded++
			}
			fmt.Fprintf(&text, "| %s | served, as `acme`'s |\n", way.what)
		}
	}
	proof.Count("attempts", refused+harmless)
	proof.Count("attempts that succeeded", succeeded)
	writeReport(t, fmt.Sprintf(reportHead, refused+harmless, refused, harmless)+text.String())
}

// refuses tells whether this is what a way may get. Neither a request that timed out nor a part that did not answer is a refusal.
func (a answer) refuses() bool {
	return a.grpc != "" && a.grpc != "0" || slices.Contains([]int{
		0, http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusUnsupportedMediaType,
		http.StatusUpgradeRequired, http.StatusNotImplemented,
	}, a.status)
}

func (a answer) text() string {
	switch {
	case a.status == 0:
		return "none: the connection or the stream ends"
	case a.grpc != "":
		return "gRPC status " + a.grpc
	default:
		return fmt.Sprintf("%d %s", a.status, http.StatusText(a.status))
	}
}

const reportHead = `# Isolation at the edge

<!-- Written by make edge with -update (tests/edge/attacks_test.go). Change the test, not this file. -->

This is the record of an attempt to be taken for another tenant by the [edge](edge.md), or to pass it without being counted: by bytes
on a connection to the real proxy, behind which gate, the rate limit service and the reference application run. The attacker may use the
tenant ` + "`acme`" + ` and wants a note of ` + "`beta`" + `'s.

A refusal means something only where the same request, right, is served: each part begins with such a one. How the database keeps
tenants apart is in [isolation.md](isolation.md), and how the cluster does in [isolation-pods.md](isolation-pods.md).

## Result

%d ways: %d were refused, and %d are no danger and were served as what they are. No answer held anything of ` + "`beta`" + `'s.
`

func writeReport(t *testing.T, text string) {
	t.Helper()
	file := filepath.Join(testcloud.Repository(t), "docs", "isolation-edge.md")
	if *update {
		require.False(t, t.Failed(), "the report is not written")
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		return
	}
	current, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, text, string(current), "run the test with -update")
}

// first is the first line of a request and its host.
func (w *world) first(line string) string {
	return line + " HTTP/1.1\r\nHost: " + w.host("acme") + "\r\n"
}

// http1 is a way over HTTP/1.1.
func (w *world) http1(t *testing.T, what, text string) way {
	t.Helper()
	return way{what, func() answer { return w.raw(t, text) }}
}

// names: a host is read in one way, or refused.
func (w *world) names(t *testing.T) part {
	t.Helper()
	host, other, port := w.host("acme"), w.host("beta"), strconv.Itoa(w.public)
	named := func(what, line string, hosts ...string) way {
		text := line + " HTTP/1.1\r\n"
		for _, h := range hosts {
			text += "Host: " + h + "\r\n"
		}
		return w.http1(t, what, text+"\r\n")
	}
	return part{"The tenant's name", named("one host, the tenant's", "GET /notes", host), []way{
		named("two hosts", "GET /notes", host, other),
		named("twice the same host", "GET /notes", host, host),
		named("two hosts in one header", "GET /notes", host+","+other),
		named("no host", "GET /notes"),
		named("an empty host", "GET /notes", ""),
		named("a whole URL of another host as path", "GET http://"+other+"/notes", host),
		named("a whole URL of its own host as path", "GET http://"+host+"/notes", host),
		named("the host without its port", "GET /notes", "acme."+domain),
		named("another port", "GET /notes", "acme."+domain+":1"),
		named("a final dot", "GET /notes", "acme."+domain+".:"+port),
		named("a user before the host", "GET /notes", "a@"+host),
		named("an escaped letter", "GET /notes", "%61cme."+domain+":"+port),
		named("a space in the host", "GET /notes", "acme ."+domain+":"+port),
		named("a letter of another script", "GET /notes", "аcme."+domain+":"+port), // the first one is Cyrillic
		named("a wide letter, which some programs fold", "GET /notes", "ａcme."+domain+":"+port),
		named("an address", "GET /notes", "127.0.0.1:"+port),
		named("a name below the tenant's", "GET /notes", "x.acme."+domain+":"+port),
		named("the domain alone", "GET /notes", domain+":"+port),
	}, nil}
}

// saidByTheEdge: nobody but the edge says whose a request is.
func (w *world) saidByTheEdge(t *testing.T) part {
	t.Helper()
	with := func(header string) way { return w.http1(t, "`"+header+"`", w.first("GET /notes")+header+"\r\n\r\n") }
	return part{"What only the edge may say", with("X-Other: beta"), []way{
		with("X-Tenant: beta"), with("X-TENANT: beta"), with("X-Tenant-Identity: beta"), with("x-tenant-anything: beta"), with("X_Tenant: beta"),
		with("X-Tenant-Identity:"), with("X-Tenant : beta"),
	}, nil}
}

// readings: what two programs could read in two ways is refused before it reaches the second.
func (w *world) readings(t *testing.T) part {
	t.Helper()
	hidden := "GET /notes HTTP/1.1\r\nHost: " + w.host("beta") + "\r\n\r\n"
	return part{"Two readings of one request", w.http1(t, "a path that is only untidy, `/x/..//notes`", w.first("GET /x/..//notes")+"\r\n"), []way{
		w.http1(t, "a length and chunks, with a second request inside", w.first("POST /notes")+"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"+hidden),
		w.http1(t, "two lengths", w.first("POST /notes")+"Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd"),
		w.http1(t, "a length with a sign", w.first("POST /notes")+"Content-Length: +4\r\n\r\nabcd"),
		w.http1(t, "another encoding", w.first("POST /notes")+"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
		w.http1(t, "two encodings", w.first("POST /notes")+"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n"),
		w.http1(t, "a chunk of a size that is no number", w.first("POST /notes")+"Transfer-Encoding: chunked\r\n\r\n0x4\r\nabcd\r\n0\r\n\r\n"),
		w.http1(t, "a header without a name", w.first("GET /notes")+": b\r\n\r\n"),
		w.http1(t, "a zero byte in a header", w.first("GET /notes")+"X-A: \x00\r\n\r\n"),
		w.http1(t, "an escaped slash in the path", w.first("GET /%2fnotes")+"\r\n"),
		w.http1(t, "an escaped backslash in the path", w.first("GET /..%5cnotes")+"\r\n"),
		w.http1(t, "HTTP/1.0", "GET /notes HTTP/1.0\r\nHost: "+w.host("acme")+"\r\n\r\n"),
		w.http1(t, "a tunnel (CONNECT)", "CONNECT "+w.host("acme")+" HTTP/1.1\r\nHost: "+w.host("acme")+"\r\n\r\n"),
		w.http1(t, "TRACE", w.first("TRACE /notes")+"\r\n"),
		w.http1(t, "a WebSocket", w.first("GET /notes")+"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"),
		w.http1(t, "a gRPC call", w.first("POST /notes")+"Content-Type: application/grpc\r\nContent-Length: 0\r\n\r\n"),
		w.http1(t, "the server's options (`OPTIONS *`)", w.first("OPTIONS *")+"\r\n"),
	}, []way{
		w.http1(t, "a header that goes on in the next line: it is one header", w.first("GET /notes")+"X-A: b\r\n X-Tenant: beta\r\n\r\n"),
		w.http1(t, "an upgrade to HTTP/2: it is not taken up", w.first("GET /notes")+"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n"),
	}}
}

// overHTTP2 are the same games where names and lengths are written in another way, and the proxy writes them anew for the application.
func (w *world) overHTTP2(t *testing.T) part {
	t.Helper()
	const method, scheme, authority, path = ":method", ":scheme", ":authority", ":path"
	// right is a request that is served, with some fields in place of its own, and others behind.
	right := func(instead []field, more ...field) []field {
		list := []field{{method, http.MethodGet}, {scheme, "http"}, {authority, w.host("acme")}, {path, sampleapi.PathNotes}}
		for _, f := range instead {
			at := slices.IndexFunc(list, func(own field) bool { return own.name == f.name })
			list[at] = f
		}
		return append(list, more...)
	}
	try := func(what string, fields []field) way { return way{what, func() answer { return w.two(t, fields...) }} }
	return part{"HTTP/2", try("one authority, the tenant's", right(nil)), []way{
		try("two authorities", right(nil, field{authority, w.host("beta")})),
		try("an authority behind the headers", append(right(nil, field{"x-a", "b"}), field{authority, w.host("beta")})),
		try("an authority with a user", right([]field{{authority, "a@" + w.host("beta")}})),
		try("a whole URL of another host as path", right([]field{{path, "http://" + w.host("beta") + sampleapi.PathNotes}})),
		try("a second line in the path", right([]field{{path, "/notes HTTP/1.1\r\nHost: " + w.host("beta")}})),
		try("a second line in a header", right(nil, field{"x-a", "b\r\nX-Tenant: beta"})),
		try("a second line in the method", right([]field{{method, "GET /notes HTTP/1.1\r\nX-Tenant: beta\r\n"}})),
		try("a second line in the authority", right([]field{{authority, w.host("acme") + "\r\nX-Tenant: beta"}})),
		try("a name in upper case", right(nil, field{"X-Tenant", "beta"})),
		try("`x-tenant-identity`", right(nil, field{"x-tenant-identity", "beta"})),
		try("a header of connections (`transfer-encoding`)", right([]field{{method, http.MethodPost}}, field{"transfer-encoding", "chunked"})),
		try("a length that the body has not", right([]field{{method, http.MethodPost}}, field{"content-length", "5"})),
		try("a tunnel of WebSockets (`:protocol`)", right([]field{{method, http.MethodConnect}}, field{":protocol", "websocket"})),
		try("a gRPC call", right([]field{{method, http.MethodPost}}, field{"content-type", "application/grpc+proto"}, field{"te", "trailers"})),
	}, []way{
		try("a header `Host` of another beside the authority: it is dropped, as RFC 9113 has it", right(nil, field{"host", w.host("beta")})),
	}}
}

// identities go past the edge, to the application itself: the network lets nobody do so, and this is what holds if it does.
func (w *world) identities(t *testing.T) part {
	t.Helper()
	beta, now := identity.Identity{Tenant: "beta", Tier: "enterprise"}, time.Now()
	signed := func(keys, domain string, at time.Time) string {
		signer, err := identity.NewSigner(keys, domain)
		require.NoError(t, err)
		token, err := signer.Sign(beta, at)
		require.NoError(t, err)
		return token
	}
	keys := w.file("gate/" + gateapi.SigningKeysFile)
	right := signed(keys, domain, now)
	own, _, err := identity.NewKey("1") // it has the name of gate's
	require.NoError(t, err)
	w.write(t, "attacker.json", jose.JSONWebKeySet{Keys: []jose.JSONWebKey{own}})
	pieces := strings.Split(right, ".")
	plain := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	with := func(what, token string) way {
		return way{what, func() answer { return w.direct(t, token) }}
	}
	return part{"The application, past the edge", with("an identity that gate has signed", right), []way{
		with("no identity", ""),
		with("the tenant's name alone", "beta"),
		with("an identity that another key has signed, of the same name", signed(w.file("attacker.json"), domain, now)),
		with("one without a signature (`none`)", plain(`{"alg":"none","kid":"1","typ":"JWT"}`)+"."+pieces[1]+"."),
		with("one whose signature is cut off", pieces[0]+"."+pieces[1]+"."),
		with("one signed with the public key as if it were a shared secret (HS256)", w.shared(t, beta, now)),
		with("one that is past", signed(keys, domain, now.Add(-2*identity.Lifetime))),
		with("one that is not good yet", signed(keys, domain, now.Add(time.Hour))),
		with("one of another environment's domain", signed(keys, "app.other.example", now)),
		with("one whose tenant was changed", pieces[0]+"."+plain(strings.Replace(decoded(t, pieces[1]), `"beta"`, `"acme"`, 1))+"."+pieces[2]),
		with("one of 4 KiB", right+strings.Repeat("a", 4<<10)),
	}, nil}
}

// shared is an identity signed with the bytes of the public key, which everybody may know.
func (w *world) shared(t *testing.T, i identity.Identity, now time.Time) string {
	t.Helper()
	public, err := os.ReadFile(w.file("public-keys.json"))
	require.NoError(t, err)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: public}, (&jose.SignerOptions{}).WithType("JWT").WithHeader("kid", "1"))
	require.NoError(t, err)
	token, err := jwt.Signed(signer).Claims(jwt.Claims{
		Issuer: identity.Issuer, Subject: i.Tenant, Audience: jwt.Audience{domain}, IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(identity.Lifetime)),
	}).Serialize()
	require.NoError(t, err)
	return token
}

func decoded(t *testing.T, text string) string {
	t.Helper()
	plain, err := base64.RawURLEncoding.DecodeString(text)
	require.NoError(t, err)
	return string(plain)
}

// direct asks the application itself.
func (w *world) direct(t *testing.T, token string) answer {
	t.Helper()
	return untilKnown(t, "the application", func() answer {
		text := "GET " + sampleapi.PathNotes + " HTTP/1.1\r\nHost: " + w.host("beta") + "\r\nConnection: close\r\n"
		if token != "" {
			text += identity.Header + ": " + token + "\r\n"
		}
		return rawTo(t, w.ports.application, text+"\r\n")
	})
}
