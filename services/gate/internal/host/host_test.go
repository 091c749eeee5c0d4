package host_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/tenant/slug"
	"github.com/genericcorp/platform/services/gate/internal/host"
)

func domain(t testing.TB, name string, port int) host.Domain {
	t.Helper()
	d, err := host.New(name, port)
	require.NoError(t, err)
	return d
}

func TestTenant(t *testing.T) {
	t.Parallel()
	public, local := domain(t, "app.genericcorp.example", 443), domain(t, "app.localhost", 8443)
	for _, test := range []struct {
		domain         host.Domain
		authority, sni string
		want           string
		err            error
	}{
		{public, "acme.app.genericcorp.example", "", "acme", nil},
		{public, "acme.app.genericcorp.example:443", "acme.app.genericcorp.example", "acme", nil},
		{public, "ACME.App.genericcorp.EXAMPLE", "acme.APP.genericcorp.example", "acme", nil},
		{public, "two-words.app.genericcorp.example", "", "two-words", nil},
		{local, "acme.app.localhost:8443", "acme.app.localhost", "acme", nil},

		{public, "acme.app.genericcorp.example", "beta.app.genericcorp.example", "", host.ErrMisdirected},
		{public, "nobody-here.app.genericcorp.example", "acme.app.genericcorp.example", "", host.ErrMisdirected},

		{public, "app.genericcorp.example", "", "", host.ErrForeign},
		{public, "www.app.genericcorp.example", "", "", host.ErrForeign}, // reserved
		{public, "a.acme.app.genericcorp.example", "", "", host.ErrForeign},
		{public, "acme.app.genericcorp.example.evil.example", "", "", host.ErrForeign},
		{public, "acmeapp.genericcorp.example", "", "", host.ErrForeign},
		{public, "xn--acme-kva.app.genericcorp.example", "", "", host.ErrForeign},
		{public, "evil.example", "", "", host.ErrForeign},
		{public, "127.0.0.1", "", "", host.ErrForeign},
		{public, "2130706433", "", "", host.ErrForeign},

		{public, "", "", "", host.ErrMalformed},
		{public, "acme.app.genericcorp.example:", "", "", host.ErrMalformed},
		{public, "acme.app.genericcorp.example:80", "", "", host.ErrMalformed},
		{public, "acme.app.genericcorp.example:0443", "", "", host.ErrMalformed},
		{public, "acme.app.genericcorp.example:443:443", "", "", host.ErrMalformed},
		{local, "acme.app.localhost", "", "", host.ErrMalformed},
		{public, "acme.app.genericcorp.example.", "", "", host.ErrMalformed},
		{public, ".app.genericcorp.example", "", "", host.ErrMalformed},
		{public, "acme..app.genericcorp.example", "", "", host.ErrMalformed},
		{public, "-acme.app.genericcorp.example", "", "", host.ErrMalformed},
		{public, "ac_me.app.genericcorp.example", "", "", host.ErrMalformed},
		{public, "acme.app.genericcorp.example,beta.app.genericcorp.example", "", "", host.ErrMalformed},
		{public, "acme.app.genericcorp.example beta.app.genericcorp.example", "", "", host.ErrMalformed},
		{public, "user@acme.app.genericcorp.example", "", "", host.ErrMalformed},
		{public, "acme%2eapp.genericcorp.example", "", "", host.ErrMalformed},
		{public, "acme.app.genericcorp.example/x", "", "", host.ErrMalformed},
		{public, "acme.app.genericcorp.example\x00", "", "", host.ErrMalformed},
		{public, "acme\u3002app.genericcorp.example", "", "", host.ErrMalformed}, // an ideographic full stop
		{public, "acme.app.genericcorp.example", "acme.app.genericcorp.example.", "", host.ErrMisdirected},
		{public, "\u212aelvin.app.genericcorp.example", "", "", host.ErrMalformed}, // the Kelvin sign, whose lower case is k
		{public, "[::1]", "", "", host.ErrMalformed},
		{public, "[::1]:443", "", "", host.ErrMalformed},
		{public, strings.Repeat("a", 64) + ".app.genericcorp.example", "", "", host.ErrMalformed},
		{public, strings.Repeat("a.", 200) + "app.genericcorp.example", "", "", host.ErrMalformed},
		{public, strings.Repeat("a", 41) + ".app.genericcorp.example", "", "", host.ErrForeign},
	} {
		got, err := test.domain.Tenant(test.authority, test.sni)
		assert.Equal(t, test.want, got, "%q %q", test.authority, test.sni)
		require.ErrorIs(t, err, test.err, "%q %q", test.authority, test.sni)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "App.example", "app.example.", "-app.example", "app_example", strings.Repeat("a.", 127) + "example"} {
		_, err := host.New(name, 443)
		require.ErrorContains(t, err, "domain: got ", name)
	}
	_, err := host.New("app.example", 0)
	require.EqualError(t, err, "port: got 0, expected 1 to 65535")
}

// Whatever the client sends, a tenant that is found is one whose own name was sent, but for the case of ASCII letters and the port.
func FuzzTenant(f *testing.F) {
	const name = "app.genericcorp.example"
	for _, seed := range []string{"acme." + name, "ACME." + name + ":443", "acme." + name + ".", "a,b." + name, "\u212a." + name, "[::1]", ""} {
		f.Add(seed, "")
		f.Add(seed, "acme."+name)
	}
	d := domain(f, name, 443)
	f.Fuzz(func(t *testing.T, authority, sni string) {
		found, err := d.Tenant(authority, sni)
		if err != nil {
			require.Empty(t, found)
			return
		}
		require.NoError(t, slug.Check(found))
		sent := strings.TrimSuffix(authority, ":443")
		require.Len(t, sent, len(found+"."+name)) // no byte more: the case of another script's letters changes their length
		require.True(t, strings.EqualFold(found+"."+name, sent), "%q", authority)
		require.True(t, sni == "" || strings.EqualFold(sni, found+"."+name), "%q", sni)
	})
}
