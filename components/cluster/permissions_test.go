package cluster

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/pulumitest"
)

// Who may take a role is exact: a trust that is only somewhat right lets others in.
func checkTrust(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	service := func(name string) string {
		return `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": ["` + name + `"]}, "Action": ["sts:AssumeRole"]}]}`
	}
	pods := func(account string) string {
		return `{"Version": "2012-10-17", "Statement": [{
			"Effect": "Allow", "Principal": {"Service": ["pods.eks.amazonaws.com"]}, "Action": ["sts:AssumeRole", "sts:TagSession"],
			"Condition": {"StringEquals": {
				"aws:RequestTag/eks-cluster-name": ["platform-test-cluster"],
				"aws:RequestTag/kubernetes-namespace": ["kube-system"],
				"aws:RequestTag/kubernetes-service-account": ["` + account + `"]}}}]}`
	}
	want := map[string]string{
		"cluster-service": service("eks.amazonaws.com"),
		"cluster-node":    service("ec2.amazonaws.com"),
		"cluster-vpc-cni": pods("aws-node"),
		"cluster-ebs-csi": pods("ebs-csi-controller-sa"),
	}
	require.Len(t, r.OfType("aws:iam/role:Role"), len(want))
	for name, trust := range want {
		role := r.One(t, "aws:iam/role:Role", name)
		require.JSONEq(t, trust, fmt.Sprint(role.Value(t, "assumeRolePolicy")), name)
		require.False(t, role.Has("inlinePolicies"), name)
		require.False(t, role.Has("managedPolicyArns"), name)
	}
	require.Len(t, r.OfType("aws:iam/rolePolicy:RolePolicy"), 1, "AWS's own policies are all else that is needed")
	sessions := r.One(t, "aws:iam/rolePolicy:RolePolicy", "cluster-node-sessions")
	require.Equal(t, "cluster-node", sessions.Value(t, "role"))
	require.JSONEq(t, `{"Version": "2012-10-17", "Statement": [{"Sid": "Sessions", "Effect": "Allow", "Resource": ["*"], "Action": [
		"ssm:UpdateInstanceInformation", "ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel",
		"ssmmessages:OpenDataChannel"]}]}`, fmt.Sprint(sessions.Value(t, "policy")))
	require.Empty(t, r.One(t, "eks:index:Cluster", "cluster").Value(t, "instanceRoles"), "no second role for nodes")
}

func checkPodIdentities(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	require.Len(t, r.OfType("aws:eks/podIdentityAssociation:PodIdentityAssociation"), 2)
	for name, account := range map[string]string{"cluster-vpc-cni": "aws-node", "cluster-ebs-csi": "ebs-csi-controller-sa"} {
		has(t, r.One(t, "aws:eks/podIdentityAssociation:PodIdentityAssociation", name), map[string]any{
			"clusterName": "platform-test-cluster", "namespace": "kube-system", "serviceAccount": account,
			"roleArn": "arn:aws:iam:us-east-1:123456789012:" + name,
		})
		has(t, r.One(t, "aws:iam/rolePolicyAttachment:RolePolicyAttachment", name+"-policy"), map[string]any{"role": name})
	}
}

// The control plane's group is made without rules of its own, so these are all there are.
func checkTraffic(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	const (
		ingress = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
		egress  = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
		plane   = "cluster-control-plane-id"
		nodes   = "sg-nodes"
	)
	require.Len(t, r.OfType(ingress), 2)
	require.Len(t, r.OfType(egress), 1)
	for _, rule := range []struct {
		kind, name, group, other string
		from, to                 int
	}{
		{ingress, "cluster-control-plane-from-nodes", plane, nodes, 443, 443},
		{egress, "cluster-control-plane-to-nodes", plane, nodes, 1025, 65535},
		{ingress, "cluster-nodes-from-control-plane", nodes, plane, 1025, 65535},
	} {
		made := r.One(t, rule.kind, rule.name)
		has(t, made, map[string]any{
			"securityGroupId": rule.group, "referencedSecurityGroupId": rule.other, "ipProtocol": "tcp", "fromPort": rule.from, "toPort": rule.to,
		})
		require.False(t, made.Has("cidrIpv4"))
		require.False(t, made.Has("cidrIpv6"))
	}
	group := r.One(t, "aws:ec2/securityGroup:SecurityGroup", "cluster-control-plane")
	require.Equal(t, "vpc-1", group.Value(t, "vpcId"))
	require.False(t, group.Has("ingress"))
	require.False(t, group.Has("egress"))
}

// What a thing needs to work, or would otherwise make by itself, is there before it.
func TestOrder(t *testing.T) {
	t.Parallel()
	r := build(t, right())
	const addon, group, plane = "aws:eks/addon:Addon", "aws:eks/nodeGroup:NodeGroup", "eks:index:Cluster"
	for _, c := range []struct {
		kind, name string
		after      []string
	}{
		{plane, "cluster", []string{"LogGroup::cluster-logs", "RolePolicyAttachment::cluster-service-cluster"}},
		{addon, "cluster-vpc-cni", []string{"RolePolicyAttachment::cluster-vpc-cni-policy", "PodIdentityAssociation::cluster-vpc-cni"}},
		{group, "cluster-general", []string{
			"RolePolicyAttachment::cluster-node-worker", "RolePolicyAttachment::cluster-node-registry",
			"Addon::cluster-vpc-cni", "Addon::cluster-kube-proxy", "Addon::cluster-eks-pod-identity-agent",
		}},
		{addon, "cluster-coredns", []string{"NodeGroup::cluster-general"}},
		{addon, "cluster-aws-ebs-csi-driver", []string{"NodeGroup::cluster-general", "PodIdentityAssociation::cluster-ebs-csi"}},
	} {
		made := r.One(t, c.kind, c.name)
		for _, other := range c.after {
			require.True(t, waits(made, other), "%s waits for %s", c.name, other)
		}
	}
}

func waits(r pulumitest.Resource, other string) bool {
	return slices.ContainsFunc(r.Request.GetDependencies(), func(urn string) bool { return strings.HasSuffix(urn, other) })
}
