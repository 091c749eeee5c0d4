package identity_test

import (
	"crypto/ed25519"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/gate/api/identity"
)

const domain = "app.example"

var acme = identity.Identity{Tenant: "acme", Tier: "free"}

func key(t testing.TB, name string) (private, public jose.JSONWebKey) {
	t.Helper()
	private, public, err := identity.NewKey(name)
	require.NoError(t, err)
	return private, public
}

func write(t testing.TB, file string, keys ...jose.JSONWebKey) {
	t.Helper()
	text, err := json.Marshal(jose.JSONWebKeySet{Keys: keys})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, text, 0o600))
}

func sign(t testing.TB, key any, algorithm jose.SignatureAlgorithm, claims any) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, nil)
	require.NoError(t, err)
	token, err := jwt.Signed(signer).Claims(claims).Serialize()
	require.NoError(t, err)
	return token
}

func TestVerify(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	mine, shown := key(t, "1")
	others, _ := key(t, "1") // another key of the same name
	write(t, folder+"/private", mine)
	write(t, folder+"/public", shown)
	signer, err := identity.NewSigner(folder+"/private", domain)
	require.NoError(t, err)
	verifier, err := identity.NewVerifier(folder+"/public", domain)
	require.NoError(t, err)
	now := time.Now()
	token, err := signer.Sign(acme, now)
	require.NoError(t, err)
	for _, later := range []time.Duration{-identity.Leeway, 0, identity.Lifetime, identity.Lifetime + identity.Leeway - time.Second} {
		got, err := verifier.Verify(token, now.Add(later))
		require.NoError(t, err, later)
		assert.Equal(t, acme, got)
	}

	elsewhere, err := identity.NewVerifier(folder+"/public", "app.other")
	require.NoError(t, err)
	_, err = elsewhere.Verify(token, now)
	require.ErrorIs(t, err, identity.ErrRefused, "of another environment")
	claims := func(change func(*jwt.Claims)) jwt.Claims {
		c := jwt.Claims{Issuer: identity.Issuer, Subject: "acme", Audience: jwt.Audience{domain}, IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(time.Minute))}
		change(&c)
		return c
	}
	right := claims(func(*jwt.Claims) {})
	_, err = verifier.Verify(sign(t, mine, jose.EdDSA, right), now)
	require.NoError(t, err, "what the cases below change is right")
	parts := strings.Split(token, ".")
	public, isKey := shown.Key.(ed25519.PublicKey)
	require.True(t, isKey)
	for name, bad := range map[string]struct {
		token string
		at    time.Time
	}{
		"none":                 {"", now},
		"too long":             {strings.Repeat("a", 4000), now},
		"no token":             {"acme", now},
		"too old":              {token, now.Add(identity.Lifetime + identity.Leeway + time.Second)},
		"of the future":        {token, now.Add(-identity.Leeway - time.Second)},
		"not signed":           {parts[0] + "." + parts[1] + ".", now},
		"another's claims":     {parts[0] + "." + strings.Split(sign(t, others, jose.EdDSA, right), ".")[1] + "x." + parts[2], now},
		"another's key":        {sign(t, others, jose.EdDSA, right), now},
		"a secret, guessed":    {sign(t, []byte(strings.Repeat("k", 32)), jose.HS256, right), now},
		"the public key as it": {sign(t, []byte(public), jose.HS256, right), now},
		"no end":               {sign(t, mine, jose.EdDSA, claims(func(c *jwt.Claims) { c.Expiry = nil })), now},
		"no beginning":         {sign(t, mine, jose.EdDSA, claims(func(c *jwt.Claims) { c.IssuedAt = nil })), now},
		"for a year":           {sign(t, mine, jose.EdDSA, claims(func(c *jwt.Claims) { c.Expiry = jwt.NewNumericDate(now.AddDate(1, 0, 0)) })), now},
		"another issuer":       {sign(t, mine, jose.EdDSA, claims(func(c *jwt.Claims) { c.Issuer = "me" })), now},
		"no audience":          {sign(t, mine, jose.EdDSA, claims(func(c *jwt.Claims) { c.Audience = nil })), now},
		"no tenant":            {sign(t, mine, jose.EdDSA, claims(func(c *jwt.Claims) { c.Subject = "" })), now},
		"no tenant's name":     {sign(t, mine, jose.EdDSA, claims(func(c *jwt.Claims) { c.Subject = "../acme" })), now},
	} {
		got, err := verifier.Verify(bad.token, bad.at)
		require.ErrorIs(t, err, identity.ErrRefused, name)
		assert.Empty(t, got, name)
	}
}

// Keys rotate without a restart, and without a moment in which a token is refused: both keys are known while both may have signed.
func TestRotation(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	one, oneShown := key(t, "1")
	two, twoShown := key(t, "2")
	write(t, folder+"/private", one)
	write(t, folder+"/public", oneShown)
	signer, err := identity.NewSigner(folder+"/private", domain)
	require.NoError(t, err)
	verifier, err := identity.NewVerifier(folder+"/public", domain)
	require.NoError(t, err)
	now := time.Now()
	step := func() string {
		t.Helper()
		now = now.Add(identity.Reread + time.Second)
		token, err := signer.Sign(acme, now)
		require.NoError(t, err)
		_, err = verifier.Verify(token, now)
		require.NoError(t, err)
		return token
	}
	step()
	write(t, folder+"/public", oneShown, twoShown)
	step()
	write(t, folder+"/private", two, one)
	old := step()
	require.NoError(t, os.WriteFile(folder+"/public", []byte("half a fi"), 0o600))
	step() // the keys stay
	write(t, folder+"/public", twoShown)
	step()
	_, err = verifier.Verify(old, now)
	require.NoError(t, err, "signed with the second key")
	write(t, folder+"/private", one)
	now = now.Add(identity.Reread + time.Second)
	token, err := signer.Sign(acme, now)
	require.NoError(t, err)
	_, err = verifier.Verify(token, now)
	require.ErrorIs(t, err, identity.ErrRefused, "the first key has left")
}

func TestKeysAreRefused(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "keys")
	private, public := key(t, "1")
	unnamed, _ := key(t, "")
	_, err := identity.NewVerifier(file, domain)
	require.ErrorContains(t, err, "read the keys of identities: ")
	for _, test := range []struct {
		keys    []jose.JSONWebKey
		signer  bool
		problem string
	}{
		{nil, true, "keys: got 0, expected one at least"},
		{[]jose.JSONWebKey{public}, true, "keys[0]: got another kind of key, expected a private key of Ed25519"},
		{[]jose.JSONWebKey{private}, false, "keys[0]: got another kind of key, expected a public key of Ed25519: a private key must not be here"},
		{[]jose.JSONWebKey{private, private}, true, `keys[1].kid: got "1", expected a name that no other key has`},
		{[]jose.JSONWebKey{unnamed}, true, `keys[0].kid: got "", expected a name`},
		{[]jose.JSONWebKey{{Key: []byte("a secret of many bytes, not shown"), KeyID: "s"}}, true, "keys[0]: got another kind of key"},
	} {
		write(t, file, test.keys...)
		open := func() error { _, err := identity.NewVerifier(file, domain); return err }
		if test.signer {
			open = func() error { _, err := identity.NewSigner(file, domain); return err }
		}
		require.ErrorContains(t, open(), test.problem)
	}
	require.NoError(t, os.WriteFile(file, []byte(`{"keys": [{"kty": "OKP", "d": "geheim"}]}`), 0o600))
	_, err = identity.NewSigner(file, domain)
	require.ErrorContains(t, err, "expected a JSON Web Key Set of Ed25519 keys")
	assert.NotContains(t, err.Error(), "geheim")
}

// A token is of its tenant, tier, key and second, whatever was signed before.
func TestTokensOfOneSecond(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	mine, shown := key(t, "1")
	write(t, folder+"/private", mine)
	write(t, folder+"/public", shown)
	signer, err := identity.NewSigner(folder+"/private", domain)
	require.NoError(t, err)
	verifier, err := identity.NewVerifier(folder+"/public", domain)
	require.NoError(t, err)
	now := time.Now().Truncate(time.Second)
	known := map[string]identity.Identity{}
	for _, at := range []time.Time{now, now.Add(time.Second - 1), now.Add(time.Second), now} {
		for _, i := range []identity.Identity{acme, {Tenant: "acme", Tier: "pro"}, {Tenant: "birch", Tier: "free"}} {
			token, err := signer.Sign(i, at)
			require.NoError(t, err)
			got, err := verifier.Verify(token, at.Add(identity.Lifetime))
			require.NoError(t, err)
			assert.Equal(t, i, got)
			known[token] = i
		}
	}
	assert.Len(t, known, 6, "three of each second")

	other, shown := key(t, "2")
	write(t, folder+"/private", other)
	write(t, folder+"/public", shown)
	now = now.Add(identity.Reread + time.Second)
	token, err := signer.Sign(acme, now)
	require.NoError(t, err)
	_, err = verifier.Verify(token, now)
	require.NoError(t, err, "by the new key")
}

func BenchmarkSign(b *testing.B) {
	folder := b.TempDir()
	mine, _ := key(b, "1")
	write(b, folder+"/private", mine)
	signer, err := identity.NewSigner(folder+"/private", domain)
	require.NoError(b, err)
	for b.Loop() {
		_, err := signer.Sign(acme, time.Now())
		require.NoError(b, err)
	}
}
