package ec2

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// emulator gives one response to every request.
type emulator struct{ response string }

func (e *emulator) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	_, _ = io.WriteString(w, e.response)
}

// send sends one request to the service.
func send(service http.Handler, in url.Values) string {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(in.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	service.ServeHTTP(w, r)
	return w.Body.String()
}

func TestRuleKeepsTheDescriptionOfItsPeer(t *testing.T) {
	const rules = `<R><securityGroupRuleSet><item><securityGroupRuleId>sgr-1</securityGroupRuleId></item></securityGroupRuleSet></R>`
	e := &emulator{rules}
	s := New(e)
	made := send(s, url.Values{
		"Action": {"AuthorizeSecurityGroupIngress"}, "IpPermissions.1.Groups.1.Description": {"PostgreSQL from nodes"},
	})
	assert.Contains(t, made, "<description>PostgreSQL from nodes</description>")

	e.response = "<R/>"
	send(s, url.Values{
		"Action": {"ModifySecurityGroupRules"}, "SecurityGroupRule.1.SecurityGroupRuleId": {"sgr-1"},
		"SecurityGroupRule.1.SecurityGroupRule.Description": {"Changed by hand"},
	})
	e.response = rules
	described := send(s, url.Values{"Action": {"DescribeSecurityGroupRules"}})
	assert.Contains(t, described, "<description>Changed by hand</description>")
	assert.NotContains(t, described, "PostgreSQL from nodes")
}

func TestLaunchTemplateShowsTheTagsOfWhatItMakes(t *testing.T) {
	described := send(New(&emulator{`<R><tagSpecificationSet>` +
		`<item><resourceType>instance</resourceType></item><item><resourceType>launch-template</resourceType></item>` +
		`</tagSpecificationSet></R>`}), url.Values{"Action": {"DescribeLaunchTemplateVersions"}})
	assert.Contains(t, described, "instance")
	assert.NotContains(t, described, "launch-template")
}

func TestUnknownOperationsAreTheEmulators(t *testing.T) {
	assert.Equal(t, "<Vpcs/>", send(New(&emulator{"<Vpcs/>"}), url.Values{"Action": {"DescribeVpcs"}}))
}
