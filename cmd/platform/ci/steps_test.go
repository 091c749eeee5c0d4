package ci

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// hostile are inputs that do harm where one of them reaches a shell, a path or a query as more than text.
var hostile = []string{
	"$(touch PWNED)", "`touch PWNED`", "a; touch PWNED", "a && touch PWNED", "a | touch PWNED", "a\ntouch PWNED", "'; touch PWNED; '", `"; touch PWNED; "`,
	"--help", "-rf", "../../etc/passwd", "a b", "*", "acmé", "аcme", "ACME", "1acme", "acme-", "a--b", "a'b", "${IFS}", "\x01", "%00", "tenant\\", "a\n::error::b",
}

func TestStepsNameAllThatIsMissing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args    []string
		environ []string
		missing string
	}{
		{[]string{"tenant"}, nil, "ACTION TENANT ENVIRONMENT"},
		{[]string{"tenant"}, []string{"ACTION=create", "TENANT=acme", "ENVIRONMENT=prod"}, "TIER"},
		{[]string{"tenant"}, []string{"ACTION=suspend", "TENANT=acme", "ENVIRONMENT=prod"}, "PULUMI_BACKEND_URL AWS_REGION"},
		{[]string{"plan", "prod", "plan.json"}, nil, "PULUMI_BACKEND_URL AWS_REGION"},
		{[]string{"deploy", "prod", "plan.json"}, nil, "PULUMI_BACKEND_URL AWS_REGION"},
		{[]string{"verify-target"}, []string{`VARIABLES={"PROD_ACCOUNT": "123456789012"}`}, "AWS_REGION DEV_ACCOUNT DEV_BACKEND PROD_BACKEND"},
		{[]string{"verify-target", "dev"}, []string{`VARIABLES={"AWS_REGION": "us-east-1", "PROD_ACCOUNT": "1", "DEV_BACKEND": ""}`}, "DEV_ACCOUNT DEV_BACKEND"},
		{[]string{"verify-target"}, nil, "AWS_REGION DEV_ACCOUNT DEV_BACKEND PROD_ACCOUNT PROD_BACKEND"},
		{[]string{"status", "dev"}, nil, "PULUMI_BACKEND_URL"},
		{[]string{"drift", "prod", "out"}, nil, "PULUMI_BACKEND_URL AWS_REGION"},
		{[]string{"preview", "--aws", ".", "out", "dev"}, nil, "PULUMI_BACKEND_URL AWS_REGION"},
		{[]string{"comment", "reports"}, nil, "GITHUB_REPOSITORY PULL_REQUEST GH_TOKEN"},
		{[]string{"issue", "found"}, nil, "GITHUB_REPOSITORY GH_TOKEN"},
		{[]string{"plugins"}, nil, "GITHUB_PATH"},
	} {
		m := newMachine(t, append(c.environ, "GITHUB_ACTIONS=true")...)
		err := m.step(t, c.args...)
		requireUsage(t, err)
		assert.Contains(t, err.Error(), "missing: "+c.missing+" (the variables", c.args)
		assert.Contains(t, m.out.String(), "::error::missing: ", "GitHub shows it on top of the job")
		assert.Empty(t, m.calls, "nothing was started")
	}
}

func TestStepsRefuseWhatIsUnknown(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"plan", "production", "p"}, {"deploy", "local", "p"}, {"deploy", "dev", "no-such-plan"}, {"deploy", "dev"}, {"drift", "$(id)", "out"}, {"drift", "dev"},
		{"preview", ".", "out", "live"}, {"preview", "."}, {"preview", "nowhere", "out"}, {"comment"}, {"issue"}, {"verify-target", "live"},
		{"status", "../dev"}, {"status"}, {"compile", "."}, {"plugins", "aws"}, {"tenant", "acme"}, {"drill"},
	} {
		m := newMachine(t, "PULUMI_BACKEND_URL=s3://none", "AWS_REGION=us-east-1")
		requireUsage(t, m.step(t, args...))
		assert.Empty(t, m.calls, args)
	}
}

// An annotation is one line, whatever is in it.
func TestAnnotationsAreOneLine(t *testing.T) {
	t.Parallel()
	m := newMachine(t, "GITHUB_ACTIONS=true")
	m.annotation("error", "100%\r\n::add-mask::x")
	assert.Equal(t, "::error::100%25\\u000d%0A::add-mask::x\n", m.out.String())
}

// cmd/ci is compiled in jobs that wait for it.
func TestTheStepsNeedNoLargeLibrary(t *testing.T) {
	t.Parallel()
	said, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "../../ci").CombinedOutput()
	require.NoError(t, err, string(said))
	for line := range strings.Lines(string(said)) {
		for _, large := range []string{"pulumi/", "aws-sdk", "k8s.io", "grpc", "platform/stacks", "platform/components"} {
			assert.NotContains(t, line, large)
		}
	}
}
