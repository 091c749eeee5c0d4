package stacks

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/environments"
)

// TestNoTenantReachesTheCache: one token opens the whole cache, so it is for the platform's workloads alone (SECURITY.md). Only nodes have a
// way to it, and no role that the program makes may read its secret.
func TestNoTenantReachesTheCache(t *testing.T) {
	t.Parallel()
	for _, e := range environments.All() {
		plan := planOf(t, e.Name)
		var ways []string
		for _, rule := range plan.OfType("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule") {
			if strings.Contains(fmt.Sprint(rule.Value(t, "securityGroupId")), "cache") {
				ways = append(ways, rule.Name+" from "+fmt.Sprint(rule.Value(t, "referencedSecurityGroupId")))
				assert.False(t, rule.Has("cidrIpv4") || rule.Has("cidrIpv6"), rule.Name)
			}
		}
		assert.Equal(t, []string{"network-cache-from-nodes from network-nodes-id"}, ways, e.Name)

		documents := 0
		for _, kind := range []string{"aws:iam/rolePolicy:RolePolicy", "aws:iam/policy:Policy"} {
			for _, made := range plan.OfType(kind) {
				documents++
				policy := fmt.Sprint(made.Value(t, "policy"))
				assert.NotContains(t, policy, "cache-auth", "%s %s", e.Name, made.Name)
				for _, resource := range readableSecrets(t, policy) {
					assert.NotEqual(t, "*", resource, "%s %s", e.Name, made.Name)
				}
			}
		}
		require.Positive(t, documents)
		secret := plan.One(t, "aws:secretsmanager/secret:Secret", "cache-auth-secret")
		assert.False(t, secret.Has("policy"), "only IAM decides who reads it")
	}
}

// readableSecrets are the resources of the statements that let somebody read a secret's value.
func readableSecrets(t *testing.T, policy string) (resources []string) {
	t.Helper()
	var document struct {
		Statement []struct {
			Action, Resource []string
			Effect           string
		}
	}
	require.NoError(t, json.Unmarshal([]byte(policy), &document), policy)
	for _, s := range document.Statement {
		if s.Effect == "Allow" && slices.Contains(s.Action, "secretsmanager:GetSecretValue") {
			resources = append(resources, s.Resource...)
		}
	}
	return resources
}
