package e2e

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/e2e/observe"
	"github.com/genericcorp/platform/tests/testcloud"
)

// TestEdge gives the environment a domain and its edge: a load balancer with a certificate that its records prove, which the nodes of each
// group are targets of. Another up changes nothing, a refresh finds nothing, and without the edge all is as before.
func TestEdge(t *testing.T) {
	c := testcloud.Exclusive(t)
	const domain = "genericcorp.example"
	created := observe.Zones(t, c, http.MethodPost, "", `<CreateHostedZoneRequest xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><Name>`+domain+
		`</Name><CallerReference>edge</CallerReference></CreateHostedZoneRequest>`)
	zone := strings.TrimPrefix(created.FindElement("//HostedZone/Id").Text(), "/hostedzone/")
	t.Cleanup(func() { observe.Zones(t, c, http.MethodDelete, "/"+zone, "") })
	before := observe.Everything(t, c)
	file := settings(t, c, map[string]string{"budget:": "domain: {name: " + domain + ", zoneId: " + zone + "}\n    edge: {enabled: true}\n    budget:"})
	var up changes
	c.Changed(t, &up, file)
	assert.Equal(t, 2, up.Changes["update"], "the right to send the report, which comes from the domain now, and the sweep, which publishes how tiers are served: %v", up.Changes)
	assert.Zero(t, up.Changes["delete"]+up.Changes["replace"], "nothing else changes: %v", up.Changes)

	t.Run("a load balancer with TLS alone, and an access log", func(t *testing.T) {
		balancers := observe.ELB(t, c, "DescribeLoadBalancers")
		require.Equal(t, []string{"network"}, observe.Texts(balancers, "//LoadBalancers/member/Type"))
		arn := balancers.FindElement("//LoadBalancerArn").Text()
		listeners := observe.ELB(t, c, "DescribeListeners", "LoadBalancerArn", arn)
		assert.Equal(t, []string{"TLS"}, observe.Texts(listeners, "//Listeners/member/Protocol"))
		assert.Equal(t, []string{"443"}, observe.Texts(listeners, "//Listeners/member/Port"))
		attributes := observe.ELB(t, c, "DescribeLoadBalancerAttributes", "LoadBalancerArn", arn)
		assert.Equal(t, []string{"true"}, observe.Texts(attributes, "//Attributes/member[Key='access_logs.s3.enabled']/Value"))

		certificate := listeners.FindElement("//CertificateArn").Text()
		described, _ := observe.ACM(t, c, "DescribeCertificate", `{"CertificateArn": "`+certificate+`"}`)["Certificate"].(map[string]any)
		assert.Equal(t, "*.app."+domain, described["DomainName"])
		assert.Equal(t, "ISSUED", described["Status"])
	})
	t.Run("names that lead there", func(t *testing.T) {
		records := observe.Zones(t, c, http.MethodGet, "/"+zone+"/rrset", "")
		for _, name := range []string{"app." + domain + ".", `\052.app.` + domain + "."} {
			assert.Len(t, records.FindElements("//ResourceRecordSet[Name='"+name+"']/AliasTarget"), 1, name)
		}
	})
	t.Run("the nodes of each group are targets", func(t *testing.T) {
		targets := observe.ELB(t, c, "DescribeTargetGroups").FindElement("//TargetGroupArn").Text()
		groups := observe.ScalingGroups(t, c)
		require.Len(t, groups, 2)
		for _, group := range groups {
			described := observe.Query(t, c, "autoscaling", "2011-01-01", "DescribeAutoScalingGroups", "AutoScalingGroupNames.member.1", group)
			assert.Equal(t, []string{targets}, observe.Texts(described, "//TargetGroupARNs/member"), group)
		}
	})
	t.Run("alarms on what is promised", func(t *testing.T) {
		alarms := observe.Query(t, c, "monitoring", "2010-08-01", "DescribeAlarms", "AlarmTypes.member.1", "CompositeAlarm")
		rules := observe.Texts(alarms, "//CompositeAlarms/member/AlarmRule")
		assert.Len(t, rules, 6)
		for _, rule := range rules {
			assert.Regexp(t, `^ALARM\("servicelevels-[a-z-]+-long-[0-9a-f]{7}"\) AND ALARM\("servicelevels-[a-z-]+-short-[0-9a-f]{7}"\)$`, rule)
		}
	})
	t.Run("another up changes nothing, and a refresh finds nothing", func(t *testing.T) {
		var again changes
		c.Platform(t, &again, "local", "up", "--no-tenants", "--settings", file)
		assert.True(t, again.none(), "%v", again.Changes)
		out, err := c.Pulumi(t, "refresh", "--preview-only", "--expect-no-changes")
		assert.NoError(t, err, testcloud.Tail(out))
	})
	t.Run("without the edge all is as before", func(t *testing.T) {
		c.Restore(t)
		assert.Equal(t, before, observe.Everything(t, c))
	})
}
