package bootstrap

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/iampolicy"
	"github.com/genericcorp/platform/internal/pulumitest"
)

// Pods of a tenant share a role with those of all others, and read the secret of their own namespace alone.
func TestPodsReadTheirTenantsSecretAlone(t *testing.T) {
	t.Parallel()
	var own []string
	for _, r := range planOf(t, "prod") {
		if r.Type == "aws:iam/rolePolicy:RolePolicy" && r.Name == "tenants-pods" {
			own = append(own, fmt.Sprint(r.Value(t, "policy")))
		}
	}
	require.Len(t, own, 1)
	secret := ""
	for _, r := range planOfTenant(t, "prod") {
		if r.Type == "aws:secretsmanager/secret:Secret" {
			secret = fmt.Sprint(r.Value(t, `tags["kubernetes-namespace"]`))
		}
	}
	require.Equal(t, "tenant-acme", secret, "the tag that is compared")
	within := iampolicy.Policies{Identity: parsed(t, own...), Boundary: parsed(t, accountOf("prod").boundaryPolicy())}
	of := func(namespace string) iampolicy.Context {
		context := iampolicy.Context{"aws:ResourceTag/kubernetes-namespace": {secret}, "kms:ViaService": {"secretsmanager.us-east-1.amazonaws.com"}}
		if namespace != "" {
			context["aws:PrincipalTag/kubernetes-namespace"] = []string{namespace}
		}
		return context
	}
	for _, c := range []struct {
		call
		want bool
	}{
		{call{"secretsmanager:GetSecretValue", ofATenant, of("tenant-acme")}, true},
		{call{"secretsmanager:GetSecretValue", ofATenant, of("tenant-acme-two")}, false},
		{call{"secretsmanager:GetSecretValue", ofATenant, of("tenant-globex")}, false},
		{call{"secretsmanager:GetSecretValue", ofATenant, of("")}, false}, // not by pods
		{call{"secretsmanager:GetSecretValue", ofTheCache, of("tenant-acme")}, false},
		{call{"secretsmanager:GetSecretValue", ofDatabase, of("tenant-acme")}, false},
		{call{"secretsmanager:PutSecretValue", ofATenant, of("tenant-acme")}, false},
		{call{"secretsmanager:TagResource", ofATenant, of("tenant-acme")}, false}, // or it could take another's tag
		{call{"secretsmanager:ListSecrets", somewhere, of("tenant-acme")}, false},
		{call{"s3:GetObject", archives + "/archives/prod/acme/1", of("tenant-acme")}, false},
		{call{"sts:AssumeRole", aPart, of("tenant-acme")}, false},
		{call{"lambda:InvokeFunction", provision, of("tenant-acme")}, false},
	} {
		assert.Equal(t, c.want, decide(t, within, c.call), "%s on %s with %v", c.action, c.resource, c.context)
	}
}

// The role takes pods of tenants of its own cluster, and nobody else.
func TestWhoTakesTheRoleOfPods(t *testing.T) {
	t.Parallel()
	trust := ""
	for _, r := range planOf(t, "prod") {
		if r.Type == "aws:iam/role:Role" && r.Name == "tenants-pods" {
			trust = fmt.Sprint(r.Value(t, "assumeRolePolicy"))
		}
	}
	require.NotEmpty(t, trust)
	cluster := statementsOf(t, trust)[0].Condition["StringEquals"]["aws:RequestTag/eks-cluster-name"][0]
	takes := func(caller iampolicy.Caller, cluster, namespace, account string) bool {
		decision, err := iampolicy.Evaluate(iampolicy.Request{Caller: caller, Action: "sts:AssumeRole", Resource: aPodsRole, Context: iampolicy.Context{
			"aws:RequestTag/eks-cluster-name": {cluster}, "aws:RequestTag/kubernetes-namespace": {namespace}, "aws:RequestTag/kubernetes-service-account": {account},
		}}, iampolicy.Policies{Resource: parsed(t, trust), ResourceDecides: true})
		require.NoError(t, err)
		return decision.Allowed
	}
	pods := iampolicy.Caller{Service: "pods.eks.amazonaws.com"}
	assert.True(t, takes(pods, cluster, "tenant-acme", "tenant"))
	assert.False(t, takes(pods, "another", "tenant-acme", "tenant"))
	assert.False(t, takes(pods, cluster, "platform-system", "tenant"))
	assert.False(t, takes(pods, cluster, "tenants", "tenant"))
	assert.False(t, takes(pods, cluster, "tenant-acme", "default"))
	assert.False(t, takes(iampolicy.Caller{Role: iamOf + "role/platform-tenant"}, cluster, "tenant-acme", "tenant"))
	assert.False(t, takes(iampolicy.Caller{Role: "arn:aws:iam::999999999999:role/" + pulumitest.Account}, cluster, "tenant-acme", "tenant"))
}
