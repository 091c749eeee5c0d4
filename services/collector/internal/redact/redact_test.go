package redact_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/genericcorp/platform/services/collector/internal/redact"
)

// s3cr is in each secret of the tests, in a way that no rule knows.
const s3cr = "Zq7wX9"

// Secrets are pieced together, so that nobody takes them for real ones.
var secrets = map[string]string{
	"password":             "db password=" + s3cr + "abc user=app",
	"quoted":               `connect PASSWORD: "` + s3cr + ` with spaces" next`,
	"single quotes":        "libpq: host=db password='" + s3cr + " x' user=app",
	"json":                 `{"level":"info","dbPassword":"` + s3cr + `","n":1}`,
	"json in json":         `{"msg":"{\"client_secret\":\"` + s3cr + `\",\"a\":1}"}`,
	"environment":          "AWS_SECRET_ACCESS_KEY=" + s3cr + "/abc+def",
	"api key":              "x-api-key: " + s3cr,
	"authorization":        "Authorization: Bearer " + s3cr + ".abc",
	"authorization, own":   "authorization: Custom-Scheme " + s3cr,
	"authorization, json":  `{"headers":{"Authorization":["Basic ` + s3cr + `=="]}}`,
	"bearer alone":         "sent bearer " + s3cr + "abcdef",
	"connection string":    "dial postgres://app:" + s3cr + "@db:5432/app?sslmode=require",
	"connection without":   "dial rediss://:" + s3cr + "/x@cache:6379",
	"account key":          "Endpoint=x;AccountKey=" + s3cr + "==;Suffix=core",
	"cookie":               "Cookie: theme=dark; sid=" + s3cr,
	"set-cookie":           "Set-Cookie: sid=" + s3cr + "; Path=/",
	"signed address":       "GET /a?X-Amz-Signature=" + s3cr + "&x=1",
	"token in query":       "GET /login?access_token=" + s3cr + " 200",
	"access key id":        "id " + "AKIA" + strings.ToUpper(s3cr) + "ABCDEFGHIJ ends",
	"jwt":                  "got " + "eyJ" + "hbGciOiJ.eyJzdWIi" + s3cr + ".sig" + s3cr,
	"github":               "git " + "ghp_" + s3cr + strings.Repeat("a", 30),
	"stripe":               "charge " + "sk_live_" + s3cr + "abcd",
	"stripe webhook":       "with " + "whsec_" + s3cr + "abcd",
	"slack":                "post " + "xoxb-1234567890-" + s3cr,
	"private key":          "-----BEGIN EC PRIVATE KEY-----\n" + s3cr + "\n-----END EC PRIVATE KEY----- after",
	"line of a key":        strings.Repeat("A", 50) + s3cr + strings.Repeat("b", 8),
	"passphrase, to a map": "passphrase => " + s3cr,
}

func TestSecretsAreRemoved(t *testing.T) {
	t.Parallel()
	for name, line := range secrets {
		got := redact.Line(line)
		assert.NotContains(t, strings.ToLower(got), strings.ToLower(s3cr), name)
		assert.Contains(t, got, redact.Removed, name)
		assert.Equal(t, got, redact.Line(got), "%s: once is enough", name)
		if json.Valid([]byte(line)) {
			assert.True(t, json.Valid([]byte(got)), "%s is still JSON: %s", name, got)
		}
	}
}

func TestTheRestStays(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"db password=x user=app":           "db password=*** user=app",
		`{"password":"x","user":"app"}`:    `{"password":"***","user":"app"}`,
		"dial postgres://app:x@db:5432/a":  "dial postgres://app:***@db:5432/a",
		"GET /a?token=x&page=2":            "GET /a?token=***&page=2",
		"Authorization: Bearer abc, other": "Authorization: ***, other",
	} {
		assert.Equal(t, want, redact.Line(line))
	}
	for _, line := range []string{
		"", "a request took 12 ms", `{"level":"info","msg":"started","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736"}`,
		"https://example.org/a:b/c?d=e", "tenant acme, 3 notes", "the basic idea", "sha256:" + strings.Repeat("0a", 32),
	} {
		assert.Equal(t, line, redact.Line(line))
	}
}

func FuzzLine(f *testing.F) {
	for _, line := range secrets {
		f.Add(line)
	}
	f.Fuzz(func(_ *testing.T, line string) { redact.Line(line) })
}
