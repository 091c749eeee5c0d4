package gateway

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// askEC2 sends one request to the service in front of an emulator that always gives the same answer.
func askEC2(t *testing.T, e *ec2, emulated string, in url.Values) string {
	t.Helper()
	e.backend = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, emulated) })
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(in.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	require.True(t, e.serve(w, r))
	return w.Body.String()
}

func TestRuleKeepsTheDescriptionOfItsPeer(t *testing.T) {
	const rules = `<R><securityGroupRuleSet><item><securityGroupRuleId>sgr-1</securityGroupRuleId></item></securityGroupRuleSet></R>`
	e := newEC2(nil)
	made := askEC2(t, e, rules, url.Values{
		"Action": {"AuthorizeSecurityGroupIngress"}, "IpPermissions.1.Groups.1.Description": {"PostgreSQL from nodes"},
	})
	assert.Contains(t, made, "<description>PostgreSQL from nodes</description>")

	askEC2(t, e, "<R/>", url.Values{
		"Action": {"ModifySecurityGroupRules"}, "SecurityGroupRule.1.SecurityGroupRuleId": {"sgr-1"},
		"SecurityGroupRule.1.SecurityGroupRule.Description": {"Changed by hand"},
	})
	described := askEC2(t, e, rules, url.Values{"Action": {"DescribeSecurityGroupRules"}})
	assert.Contains(t, described, "<description>Changed by hand</description>")
	assert.NotContains(t, described, "PostgreSQL from nodes")
}

func TestLaunchTemplateShowsTheTagsOfWhatItMakes(t *testing.T) {
	described := askEC2(t, newEC2(nil), `<R><tagSpecificationSet>`+
		`<item><resourceType>instance</resourceType></item><item><resourceType>launch-template</resourceType></item>`+
		`</tagSpecificationSet></R>`, url.Values{"Action": {"DescribeLaunchTemplateVersions"}})
	assert.Contains(t, described, "instance")
	assert.NotContains(t, described, "launch-template")
}

func TestUnknownEC2OperationsAreTheEmulators(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("Action=DescribeVpcs"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	assert.False(t, newEC2(nil).serve(httptest.NewRecorder(), r))
}
