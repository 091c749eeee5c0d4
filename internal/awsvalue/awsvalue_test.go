package awsvalue_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/awsvalue"
	"github.com/genericcorp/platform/internal/check"
)

func TestRules(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 300)
	for name, c := range map[string]struct {
		rule         awsvalue.Rule
		right, wrong []string // taken and refused
	}{
		"account": {awsvalue.AccountID, []string{"123456789012", "000000000000"}, []string{"", "12345678901", "1234567890123", "1234-5678-9012", "12345678901x"}},
		"region":  {awsvalue.Region, []string{"us-east-1", "ap-southeast-2"}, []string{"", "us-east-1a", "us-east", "US-EAST-1", "us-gov-west-1", "us-east-0", "us-east-12"}},
		"zone": {
			awsvalue.ZoneOf("us-east-1"), []string{"us-east-1a", "us-east-1f"},
			[]string{"", "us-east-1", "eu-west-1a", "us-east-1g", "us-east-1ab", "us-east-1-bos-1a", "us-east-2a"},
		},
		"role's name": {awsvalue.RoleName, []string{"deployer", "a+b=c,d.e@f-g_h", long[:64]}, []string{"", "*", "a/b", long[:65], "arn:aws:iam::123456789012:role/r"}},
		"role's ARN": {
			awsvalue.RoleARN, []string{"arn:aws:iam::123456789012:role/sre", "arn:aws:iam::123456789012:role/a/b/sre"},
			[]string{"", "sre", "arn:aws:iam::123456789012:user/sre", "arn:aws:iam::123456789012:root", "arn:aws:iam::123456789012:role/*", "arn:aws:iam::1:role/sre", "arn:aws:iam::123456789012:role/a//sre"},
		},
		"role of an account": {
			awsvalue.RoleARNOf("123456789012"), []string{"arn:aws:iam::123456789012:role/sre"}, []string{"arn:aws:iam::111122223333:role/sre", "arn:aws:iam::123456789012:user/sre"},
		},
		"monitor":     {awsvalue.AnomalyMonitorARN, []string{"arn:aws:ce::123456789012:anomalymonitor/1f-a"}, []string{"", "services", "arn:aws:ce::123456789012:anomalymonitor/"}},
		"or nothing":  {awsvalue.AnomalyMonitorARN.OrNothing(), []string{"", "arn:aws:ce::123456789012:anomalymonitor/1f-a"}, []string{"services"}},
		"tag":         {awsvalue.TagValue, []string{"4711 / east", "a", long[:128]}, []string{"", " a", "a ", "R&D", "a$b", "a,b", long[:129]}},
		"hyphenated":  {awsvalue.Hyphenated, []string{"a", "a-1", long}, []string{"", "1a", "A", "a--b", "a-", "-a", "a_b", "a.b"}},
		"name":        {awsvalue.Name(2, 4), []string{"ab", "a-b1"}, []string{"a", "abcde", "Ab", "a--b"}},
		"environment": {awsvalue.EnvironmentName, []string{"dev", "prod-eu", long[:16]}, []string{"", "s", "Stage", long[:17], "prod_eu"}},
		"identifier":  {awsvalue.DatabaseIdentifier, []string{"platform", "a_1", long[:63]}, []string{"", "1a", "My DB", "a-b", long[:64]}},
		"image": {
			awsvalue.ImageDigest,
			[]string{
				"123456789012.dkr.ecr.us-east-1.amazonaws.com/platform/api@sha256:" + strings.Repeat("0a", 32),
				"127.0.0.1:5000/api@sha256:" + strings.Repeat("f", 64),
			},
			[]string{
				"", "api", "registry.example/api", "registry.example/api:latest", "registry.example/api:v1@sha256:" + strings.Repeat("f", 64),
				"registry.example/api@sha256:" + strings.Repeat("f", 63), "registry.example/api@sha256:" + strings.Repeat("F", 64),
				"registry.example/api@sha1:" + strings.Repeat("f", 64), "api@sha256:" + strings.Repeat("f", 64), "Registry/api@sha256:" + strings.Repeat("f", 64),
			},
		},
		"own image": {
			awsvalue.NamedImage, []string{"api@sha256:" + strings.Repeat("0a", 32)},
			[]string{"", "api", "api:v1", "api@sha256:0a", "a@sha256:" + strings.Repeat("0a", 32), "team/api@sha256:" + strings.Repeat("0a", 32), "api:v1@sha256:" + strings.Repeat("0a", 32)},
		},
		"plain variable": {
			awsvalue.PlainVariable, []string{"PORT", "SECRETS_FOLDER", "TOKEN_SECONDS", "KEY_ID", "MONKEY"},
			[]string{"PASSWORD", "DATABASE_PASSWORD", "STRIPE_API_KEY", "GITHUB_TOKEN", "CLIENT_SECRET"},
		},
		"plain value": {
			awsvalue.PlainValue, []string{"", "8080", "https://example.com/a@b", "postgresql://host/db"},
			[]string{"postgresql://user:word@host/db", "-----BEGIN RSA PRIVATE KEY-----\n"},
		},
		"secret": {
			awsvalue.SecretARNOf("us-east-1", "123456789012"), []string{"arn:aws:secretsmanager:us-east-1:123456789012:secret:app/stripe-AbC123"},
			[]string{"", "stripe", "arn:aws:secretsmanager:us-east-1:123456789012:secret:stripe", "arn:aws:secretsmanager:us-east-1:999999999999:secret:stripe-AbC123",
				"arn:aws:secretsmanager:eu-west-1:123456789012:secret:stripe-AbC123", "arn:aws:secretsmanager:us-east-1:123456789012:secret:*-AbC123"},
		},
		"variable":  {awsvalue.VariableName, []string{"PORT", "A_1"}, []string{"", "port", "1A", "A-B", "A=B"}},
		"file":      {awsvalue.FileName, []string{"database.json", "a", "1"}, []string{"", "../a", "a/b", ".a", "A", long}},
		"addresses": {awsvalue.AddressRange, []string{"0.0.0.0/0", "10.0.0.0/8", "169.254.170.23/32"}, []string{"", "10.0.0.1/8", "10.0.0.0", "::/0"}},
		"administrator": {
			awsvalue.DatabaseAdmin, []string{"platform_admin", "boss"},
			[]string{"", "admin", "administrator", "master", "mysql", "postgres", "root", "sa", "user", "rdsadmin", "rds_superuser", "pg_boss", "Boss", "a b"},
		},
		"node type": {
			awsvalue.CacheNodeType, []string{"cache.t4g.small", "cache.r7g.large", "cache.r6gd.xlarge", "cache.m7g.16xlarge"},
			[]string{"", "t4g.small", "db.t4g.small", "cache.t4g", "cache.t4g.huge", "cache.t4g.small.more"},
		},
		"Graviton": {
			awsvalue.GravitonType, []string{"m7g.large", "t4g.medium", "c7gn.xlarge", "m8gd.2xlarge", "im4gn.large", "g5g.xlarge", "m7g.metal"},
			[]string{"", "m7i.large", "g4dn.xlarge", "g6.xlarge", "t3a.medium", "m7i-flex.large", "c5.metal", "t4g.small", "m7g", "M7G.large", "large"}, // the class g is graphics
		},
		"network": {
			awsvalue.NetworkCIDR, []string{"10.0.0.0/16", "172.31.0.0/20", "192.168.4.0/22"},
			[]string{"", "ten", "10.20.0.0", "10.0.0.0/15", "10.0.0.0/23", "10.0.3.0/16", "8.8.0.0/16", "172.32.0.0/16", "fd00::/16", "0.0.0.0/0"},
		},
		"access": {
			awsvalue.AccessCIDR, []string{"203.0.113.0/24", "203.0.0.0/16", "203.0.113.7/32"},
			[]string{"", "0.0.0.0/0", "203.0.0.0/15", "203.0.113.1/24", "2001:db8::/32", "203.0.113.1"},
		},
		"service":     {awsvalue.ServiceName, []string{"ecr.api", "secretsmanager", "s3"}, []string{"", "ECR", "com.amazonaws/ecr", "ecr.", ".ecr"}},
		"domain":      {awsvalue.DomainName, []string{"genericcorp.example", "a.b-c.example"}, []string{"", "*.example", "example", "-a.example", "A.example", "a.example."}},
		"hosted zone": {awsvalue.HostedZoneID, []string{"Z0123456789ABC"}, []string{"", "Z", "zone", "z0123", long}},
		"mail": {
			awsvalue.Mail, []string{"platform@genericcorp.example"},
			[]string{"", "x", "platform@localhost", "Platform <platform@genericcorp.example>", "a@b.", long[:40] + "@genericcorp.example", "a@b.example, c@d.example"},
		},
		"any mail":    {awsvalue.AnyMail, []string{"a@b.example", long[:40] + "@genericcorp.example"}, []string{"", "a@b", strings.Repeat("a", 250) + "@b.example"}},
		"label":       {awsvalue.DNSLabel, []string{"a", "genericcorp-status", strings.Repeat("a", 63)}, []string{"", "-a", "a-", "A", "a.b", strings.Repeat("a", 64)}},
		"public name": {awsvalue.PublicName, []string{"Generic Corp", "Überwachung (EU)", "R&D"}, []string{"", " a", "-a", "<b>", "a\nb", strings.Repeat("a", 61)}},
		"path":        {awsvalue.URLPath, []string{"/", "/notes/1", "/healthz"}, []string{"", "healthz", "/a?b=c", "/a b", "/%2e", "/" + strings.Repeat("a", 201)}},
		"any secret":  {awsvalue.SecretARN, []string{"arn:aws:secretsmanager:us-east-1:111122223333:secret:a-AbCdEf"}, []string{"", "a-AbCdEf", "arn:aws:secretsmanager:us-east-1:111122223333:secret:a", "arn:aws:secretsmanager::111122223333:secret:a-AbCdEf"}},
		"address":     {awsvalue.HTTPS, []string{"https://uptime.example/abc"}, []string{"", "http://uptime.example/abc", "https://localhost", "https://a:b@uptime.example", "uptime.example", "https://%"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, value := range c.right {
				assert.True(t, c.rule.Valid(value), value)
			}
			for _, value := range c.wrong {
				assert.False(t, c.rule.Valid(value), value)
				p := check.Under("it.")
				c.rule.Check(p, "key", value)
				require.EqualError(t, p.Err(), fmt.Sprintf("it.key: got %q, expected %s", value, c.rule.Expected()))
			}
		})
	}
}

func TestListsAreCheckedAsAWholeAndByElement(t *testing.T) {
	t.Parallel()
	p := check.Under("")
	awsvalue.RoleName.CheckList(p, "roles", []string{"r", "*", "r"}, 1, 2, "one or two roles")
	require.EqualError(t, p.Err(), "roles: got 3 elements, expected one or two roles\nroles[1]: got \"*\", expected the name of an IAM role, not its ARN\n"+
		"roles[2]: got \"r\", expected a value that is not in the list already")
	p = check.Under("")
	awsvalue.RoleName.CheckList(p, "roles", []string{"r", "*", "r"}, 1, 3, "one to three roles")
	require.EqualError(t, p.Err(), "roles[1]: got \"*\", expected the name of an IAM role, not its ARN\n"+
		"roles[2]: got \"r\", expected a value that is not in the list already")
}

// Whatever the case, a name that everybody tries first is one.
func TestGuessedAdministrators(t *testing.T) {
	t.Parallel()
	assert.True(t, awsvalue.GuessedAdmin("Postgres"))
	assert.False(t, awsvalue.GuessedAdmin("platform_admin"))
}

// The message names exactly the retentions that are taken.
func TestLogRetention(t *testing.T) {
	t.Parallel()
	taken := map[int]bool{}
	for _, days := range []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653} {
		taken[days] = true
	}
	for days := -1; days <= 4000; days++ {
		p := check.Under("")
		awsvalue.CheckLogRetention(p, "days", days)
		require.Equal(t, taken[days], p.Err() == nil, days)
		if !taken[days] {
			require.EqualError(t, p.Err(), fmt.Sprintf("days: got %d, expected 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, "+
				"1096, 1827, 2192, 2557, 2922, 3288 or 3653", days))
		}
	}
}
