package identity_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/required"
	"github.com/genericcorp/platform/services/gate/api/identity"
)

var example = regexp.MustCompile("(?s)`identity.mjs`.*?```js\n(.*?)```")

// The example of docs/application.md says of each token what this package says, on Node as it is.
func TestNodeVerifiesTheSame(t *testing.T) {
	t.Parallel()
	node := required.Program(t, "apt-get install nodejs", "node", "nodejs")
	text, err := os.ReadFile("../../../../docs/application.md")
	require.NoError(t, err)
	found := example.FindSubmatch(text)
	require.Len(t, found, 2, "docs/application.md has no identity.mjs any more")
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "identity.mjs"), found[1], 0o600))
	const ask = `import { identityOf } from './identity.mjs'
const answer = (token) => { try { return identityOf(token) } catch { return null } }
console.log(JSON.stringify(JSON.parse(process.argv[2]).map(answer)))`
	require.NoError(t, os.WriteFile(filepath.Join(folder, "ask.mjs"), []byte(ask), 0o600))

	mine, shown := key(t, "1")
	second, secondShown := key(t, "2")
	others, _ := key(t, "1")
	write(t, folder+"/public", secondShown, shown)
	verifier, err := identity.NewVerifier(folder+"/public", domain)
	require.NoError(t, err)
	now := time.Now()
	claims := func(change func(*jwt.Claims)) jwt.Claims {
		c := jwt.Claims{Issuer: identity.Issuer, Subject: "acme", Audience: jwt.Audience{domain}, IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(identity.Lifetime))}
		change(&c)
		return c
	}
	right := claims(func(*jwt.Claims) {})
	token := sign(t, mine, jose.EdDSA, right)
	parts := strings.Split(token, ".")
	public, err := json.Marshal(shown)
	require.NoError(t, err)
	tokens := []string{
		token, sign(t, second, jose.EdDSA, right),
		"", "acme", ".", "..", "null.null.null", strings.Repeat("a", 4000), parts[0] + "." + parts[1] + ".", parts[0] + "." + parts[1],
		sign(t, others, jose.EdDSA, right), sign(t, public, jose.HS256, right), sign(t, []byte(strings.Repeat("k", 32)), jose.HS256, right),
		sign(t, mine, jose.EdDSA, claims(func(c *jwt.Claims) { c.Expiry = nil })),
		sign(t, mine, jose.EdDSA, claims(func(c *jwt.Claims) { c.IssuedAt = nil })),
		sign(t, mine, jose.EdDSA, claims(func(c *jwt.Claims) { c.Expiry = jwt.NewNumericDate(now.AddDate(1, 0, 0)) })),
		sign(t, mine, jose.EdDSA, claims(func(c *jwt.Claims) {
			c.IssuedAt, c.Expiry = jwt.NewNumericDate(now.Add(-time.Hour)), jwt.NewNumericDate(now.Add(-time.Hour+time.Minute))
		})),
		sign(t, mine, jose.EdDSA, claims(func(c *jwt.Claims) {
			c.IssuedAt, c.Expiry = jwt.NewNumericDate(now.Add(time.Hour)), jwt.NewNumericDate(now.Add(time.Hour+time.Minute))
		})),
		sign(t, mine, jose.EdDSA, claims(func(c *jwt.Claims) { c.Issuer = "me" })),
		sign(t, mine, jose.EdDSA, claims(func(c *jwt.Claims) { c.Audience = nil })),
		sign(t, mine, jose.EdDSA, claims(func(c *jwt.Claims) { c.Audience = jwt.Audience{"app.other"} })),
		sign(t, mine, jose.EdDSA, claims(func(c *jwt.Claims) { c.Subject = "" })),
		sign(t, mine, jose.EdDSA, claims(func(c *jwt.Claims) { c.Subject = "../acme" })),
	}
	sent, err := json.Marshal(tokens)
	require.NoError(t, err)
	command := exec.CommandContext(t.Context(), node, "ask.mjs", string(sent))
	command.Dir = folder
	command.Env = []string{"IDENTITY_KEYS_FILE=" + folder + "/public", "IDENTITY_DOMAIN=" + domain}
	out, err := command.Output()
	require.NoError(t, err)
	var answers []*struct{ Tenant, Tier string }
	require.NoError(t, json.Unmarshal(out, &answers))
	require.Len(t, answers, len(tokens))
	accepted := 0
	for i, answer := range answers {
		want, err := verifier.Verify(tokens[i], now)
		if assert.Equal(t, err == nil, answer != nil, "token %d: %v", i, err) && answer != nil {
			assert.Equal(t, want.Tenant, answer.Tenant)
			accepted++
		}
	}
	assert.Equal(t, 2, accepted, "the tokens of the two keys that are known")
}
