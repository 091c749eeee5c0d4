package cluster

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/pulumitest"
)

const alarmType = "aws:cloudwatch/metricAlarm:MetricAlarm"

const administrator = "arn:aws:iam::123456789012:role/team/sre"

func right() *ClusterArgs {
	return &ClusterArgs{
		AccountID: "123456789012", VpcID: pulumi.String("vpc-1"), PrivateSubnetIDs: pulumi.ToStringArray([]string{"subnet-a", "subnet-b"}),
		NodeSecurityGroupID: pulumi.String("sg-nodes"), SecretsKeyARN: pulumi.String("arn:secrets-key"), LogKeyARN: pulumi.String("arn:logs-key"), AlarmTopicARN: pulumi.String("arn:topic"),
		Administrators: []string{administrator}, NodeTags: map[string]string{"owner": "platform"},
		NodeGroups: []NodeGroup{{Name: "general", InstanceTypes: []string{"m7g.large", "m6g.large"}, Min: 2, Desired: 3, Max: 4}},
	}
}

func build(t *testing.T, args *ClusterArgs) *pulumitest.Recorder {
	t.Helper()
	return pulumitest.Run(t, func(ctx *pulumi.Context) error {
		_, err := NewCluster(ctx, "cluster", args)
		return err
	})
}

// require that a resource has these inputs.
func has(t testing.TB, r pulumitest.Resource, inputs map[string]any) {
	t.Helper()
	for path, want := range inputs {
		require.EqualValues(t, fmt.Sprint(want), fmt.Sprint(r.Value(t, path)), path)
	}
}

// checks hold for a cluster that says nothing about itself. Together they watch all that it consists of, but for what the
// component of pulumi-eks makes in another process.
var checks = []pulumitest.Check{
	checkControlPlane, checkNodes, checkAddons, checkAccess, checkPermissions, checkTrust, checkPodIdentities, checkTraffic, checkConventions, checkNodeAlarm,
}

func TestDefaultsAreSecureAndAvailable(t *testing.T) {
	t.Parallel()
	r := recorded(t)
	for _, check := range checks {
		check(t, r)
	}
	r.RequireWatched(t, checks, "* * description", "* * tags.Name", "MetricAlarm * alarmDescription")
}

func checkControlPlane(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	plane := r.One(t, "eks:index:Cluster", "cluster")
	has(t, plane, map[string]any{
		"endpointPrivateAccess": true, "endpointPublicAccess": false, "encryptionConfigKeyArn": "arn:secrets-key", "authenticationMode": "API",
		"createOidcProvider": false, "skipDefaultNodeGroup": true, "useDefaultVpcCni": true, "version": DefaultVersion,
		"name": "platform-test-cluster", "vpcId": "vpc-1", "privateSubnetIds": []any{"subnet-a", "subnet-b"},
		"enabledClusterLogTypes": []any{"api", "audit", "authenticator", "controllerManager", "scheduler"},
	})
	require.False(t, plane.Has("publicAccessCidrs"))
	logs := r.One(t, "aws:cloudwatch/logGroup:LogGroup", "cluster-logs")
	has(t, logs, map[string]any{"retentionInDays": 90, "kmsKeyId": "arn:logs-key", "name": "/aws/eks/platform-test-cluster/cluster"})
}

func TestPublicAccessIsForNamedNetworks(t *testing.T) {
	t.Parallel()
	args := right()
	args.PublicAccessCIDRs = []string{"203.0.113.0/24"}
	has(t, build(t, args).One(t, "eks:index:Cluster", "cluster"), map[string]any{
		"endpointPrivateAccess": true, "endpointPublicAccess": true, "publicAccessCidrs": []any{"203.0.113.0/24"},
	})
}

// The transformation sees the cluster that the component of pulumi-eks makes in its own process.
func TestControlPlaneLeavesExtendedSupportOldAddonsAndItsMaker(t *testing.T) {
	t.Parallel()
	for extended, support := range map[bool]string{false: "STANDARD", true: "EXTENDED"} {
		b := &builder{args: ClusterArgs{ExtendedSupport: extended}}
		done := b.finishControlPlane(t.Context(), &pulumi.ResourceTransformArgs{Type: clusterType, Props: pulumi.Map{
			"version":      pulumi.String("1.35"),
			"accessConfig": pulumi.Map{"authenticationMode": pulumi.String("API"), "bootstrapClusterCreatorAdminPermissions": pulumi.Bool(true)},
		}})
		require.Equal(t, pulumi.Map{
			"version":                    pulumi.String("1.35"),
			"upgradePolicy":              pulumi.Map{"supportType": pulumi.String(support)},
			"bootstrapSelfManagedAddons": pulumi.Bool(false),
			"accessConfig":               pulumi.Map{"authenticationMode": pulumi.String("API"), "bootstrapClusterCreatorAdminPermissions": pulumi.Bool(false)},
		}, done.Props)
	}
}

// The component of pulumi-eks asks for the provider that it was published with; the engine gives its parts ours.
func TestAllOfAWSIsMadeWithOneProvider(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../go.mod")
	require.NoError(t, err)
	require.Contains(t, string(text), "github.com/pulumi/pulumi-aws/sdk/v6 v"+awsVersion+"\n", "awsVersion is go.mod's")
	b := &builder{}
	for _, token := range []string{clusterType, "aws:ec2/securityGroup:SecurityGroup"} {
		done := b.finishControlPlane(t.Context(), &pulumi.ResourceTransformArgs{
			Type: token, Props: pulumi.Map{}, Opts: pulumi.ResourceOptions{Version: "6.29.0", Protect: true},
		})
		require.Equal(t, pulumi.ResourceOptions{Version: awsVersion, Protect: true}, done.Opts, token)
	}
	require.Nil(t, b.finishControlPlane(t.Context(), &pulumi.ResourceTransformArgs{Type: "pulumi:providers:kubernetes"}))
}

func checkNodes(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	template := r.One(t, "aws:ec2/launchTemplate:LaunchTemplate", "cluster-general")
	has(t, template, map[string]any{
		"metadataOptions.httpEndpoint": "enabled", "metadataOptions.httpTokens": "required", "metadataOptions.httpPutResponseHopLimit": 1,
		"updateDefaultVersion": true, "blockDeviceMappings[0].deviceName": rootDevice, "blockDeviceMappings[0].ebs.deleteOnTermination": "true",
		"networkInterfaces[0].deviceIndex": 0, "networkInterfaces[0].deleteOnTermination": "true",
		"blockDeviceMappings[0].ebs.encrypted": "true", "blockDeviceMappings[0].ebs.volumeType": "gp3", "blockDeviceMappings[0].ebs.volumeSize": 50,
		"networkInterfaces[0].associatePublicIpAddress": "false", "networkInterfaces[0].securityGroups": []any{"sg-nodes"},
	})
	for i, kind := range []string{"instance", "volume", "network-interface"} {
		at := fmt.Sprintf("tagSpecifications[%d].", i)
		has(t, template, map[string]any{at + "resourceType": kind, at + "tags.owner": "platform", at + "tags.component": "cluster", at + "tags.Name": "platform-test-cluster-general"})
	}
	group := r.One(t, "aws:eks/nodeGroup:NodeGroup", "cluster-general")
	has(t, group, map[string]any{
		"amiType": "AL2023_ARM_64_STANDARD", "capacityType": "ON_DEMAND", "scalingConfig.minSize": 2, "scalingConfig.desiredSize": 3,
		"scalingConfig.maxSize": 4, "version": DefaultVersion, "updateConfig.maxUnavailable": 1, "subnetIds": []any{"subnet-a", "subnet-b"},
		"clusterName": "platform-test-cluster", "instanceTypes": []any{"m7g.large", "m6g.large"}, "labels": map[string]any{nodeGroupLabel: "general"},
		"launchTemplate.id": "cluster-general-id", "launchTemplate.version": "1", "nodeRoleArn": "arn:aws:iam:us-east-1:123456789012:cluster-node",
	})
}

func checkNodeAlarm(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	found := r.One(t, alarmType, "cluster-general-nodes")
	has(t, found, map[string]any{
		"namespace": "AWS/EC2", "metricName": "StatusCheckFailed", "statistic": "Maximum", "comparisonOperator": "GreaterThanThreshold",
		"threshold": 0, "period": 300, "evaluationPeriods": 3, "treatMissingData": "breaching", "dimensions.AutoScalingGroupName": "eks-cluster-general",
		"alarmActions": []any{"arn:topic"}, "okActions": []any{"arn:topic"},
	})
	require.Contains(t, found.Value(t, "alarmDescription"), "group general")
}

// A group that may be empty would be in alarm whenever it is.
func TestEmptyGroupIsNoLoss(t *testing.T) {
	t.Parallel()
	args := right()
	args.NodeGroups[0].Min = 0
	require.Empty(t, build(t, args).OfType(alarmType))
}

func TestNodeGroupOfSpotNodes(t *testing.T) {
	t.Parallel()
	args := right()
	args.NodeGroups[0].InstanceTypes, args.NodeGroups[0].Spot = []string{"m7g.large", "c7gn.large"}, true
	has(t, build(t, args).One(t, "aws:eks/nodeGroup:NodeGroup", "cluster-general"), map[string]any{
		"amiType": "AL2023_ARM_64_STANDARD", "capacityType": "SPOT",
	})
}

// Nodes may pull images and join; what pods do, they do in roles of their own.
func checkPermissions(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	var policies []string
	for _, attachment := range r.OfType("aws:iam/rolePolicyAttachment:RolePolicyAttachment") {
		arn, _ := attachment.Value(t, "policyArn").(string)
		policies = append(policies, fmt.Sprint(attachment.Name, " ", attachment.Value(t, "role"), " ", strings.TrimPrefix(arn, "arn:aws:iam::aws:policy/")))
	}
	require.ElementsMatch(t, []string{
		"cluster-service-cluster cluster-service AmazonEKSClusterPolicy",
		"cluster-node-worker cluster-node AmazonEKSWorkerNodePolicy", "cluster-node-registry cluster-node AmazonEC2ContainerRegistryPullOnly",
		"cluster-vpc-cni-policy cluster-vpc-cni AmazonEKS_CNI_Policy",
		"cluster-ebs-csi-policy cluster-ebs-csi service-role/AmazonEBSCSIDriverPolicy",
	}, policies)
	for _, pods := range []string{"cluster-vpc-cni", "cluster-ebs-csi"} {
		trust := fmt.Sprint(r.One(t, "aws:iam/role:Role", pods).Value(t, "assumeRolePolicy"))
		require.Contains(t, trust, "pods.eks.amazonaws.com")
		require.Contains(t, trust, "kubernetes-service-account", "of one service account alone")
	}
}

func checkAddons(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	var names []string
	for _, addon := range r.OfType("aws:eks/addon:Addon") {
		names = append(names, fmt.Sprint(addon.Value(t, "addonName")))
		has(t, addon, map[string]any{
			"resolveConflictsOnCreate": "OVERWRITE", "resolveConflictsOnUpdate": "OVERWRITE", "clusterName": "platform-test-cluster",
		})
		require.Equal(t, pulumitest.AddonVersion(fmt.Sprint(addon.Value(t, "addonName")), DefaultVersion), addon.Value(t, "addonVersion"))
	}
	require.ElementsMatch(t, []string{"eks-pod-identity-agent", "vpc-cni", "kube-proxy", "coredns", "metrics-server", "aws-ebs-csi-driver"}, names)
	require.Equal(t, `{"enableNetworkPolicy":"true"}`, r.One(t, "aws:eks/addon:Addon", "cluster-vpc-cni").Value(t, "configurationValues"))
	require.Equal(t, `{"node":{"reservedVolumeAttachments":3}}`, r.One(t, "aws:eks/addon:Addon", "cluster-aws-ebs-csi-driver").Value(t, "configurationValues"))
}

func checkAccess(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	name := "cluster-administrator-123456789012-team/sre"
	has(t, r.One(t, "aws:eks/accessEntry:AccessEntry", name), map[string]any{
		"principalArn": administrator, "type": "STANDARD", "clusterName": "platform-test-cluster",
	})
	has(t, r.One(t, "aws:eks/accessPolicyAssociation:AccessPolicyAssociation", name), map[string]any{
		"principalArn": administrator, "policyArn": adminPolicy, "accessScope.type": "cluster", "clusterName": "platform-test-cluster",
	})
}

// A member is let in with its group, and gets nothing else from AWS.
func TestMembers(t *testing.T) {
	t.Parallel()
	args := right()
	args.Members = []Member{{RoleARN: "arn:aws:iam::123456789012:role/platform-tenant", Group: GroupTenants}}
	r := build(t, args)
	has(t, r.One(t, "aws:eks/accessEntry:AccessEntry", "cluster-member-123456789012-platform-tenant"), map[string]any{
		"principalArn": "arn:aws:iam::123456789012:role/platform-tenant", "type": "STANDARD", "clusterName": "platform-test-cluster",
		"kubernetesGroups": []any{"platform:tenants"},
	})
	require.Len(t, r.OfType("aws:eks/accessPolicyAssociation:AccessPolicyAssociation"), 1, "the administrator's")
	args.Members = []Member{{RoleARN: "tenant", Group: "system:masters"}, {RoleARN: administrator, Group: GroupReaders}}
	_, err := pulumitest.Record(func(ctx *pulumi.Context) error {
		_, err := NewCluster(ctx, "cluster", args)
		return err
	})
	for _, want := range []string{
		`members[0].roleArn: got "tenant"`, `members[0].group: got "system:masters", expected "platform:readers" or "platform:tenants"`,
		`members[1].roleArn: got "` + administrator + `", expected a role that is no administrator`,
	} {
		require.ErrorContains(t, err, want)
	}
}

func TestAllBelongsToTheClusterAndIsNamedWithinLimits(t *testing.T) {
	t.Parallel()
	args := right()
	args.NodeGroups[0].Name = strings.Repeat("g", maxGroupName)
	for _, resource := range build(t, args).All() {
		if resource.Custom {
			require.Contains(t, resource.Parent, "genericcorp:cluster:Cluster", resource.Name)
		}
		if resource.Type == "aws:eks/nodeGroup:NodeGroup" {
			require.LessOrEqual(t, len(resource.Name), maxGeneratedNodeGroup)
		}
	}
}

func TestBadArgsAreRefusedAllAtOnce(t *testing.T) {
	t.Parallel()
	r, err := pulumitest.Record(func(ctx *pulumi.Context) error {
		_, err := NewCluster(ctx, "cluster", &ClusterArgs{
			Version: "1.34", LogRetentionDays: 2, PublicAccessCIDRs: []string{"0.0.0.0/0", "203.0.113.1/24"},
			Administrators: []string{"sre", administrator, administrator},
			NodeGroups: []NodeGroup{
				{Name: "General", InstanceTypes: []string{"m7g.large", "m7i.large"}, Min: 3, Desired: 2, Max: 1, DiskGiB: 1}, {Name: "General"},
			},
		})
		return err
	})
	for _, want := range []string{
		"accountId: got", `version: got "1.34"`, "vpcId: got <nil>", "privateSubnetIds", "nodeSecurityGroupId", "secretsKeyArn", "logKeyArn", "alarmTopicArn", "logRetentionDays: got 2",
		"publicAccessCidrs[0]", "publicAccessCidrs[1]", "administrators[0]", "administrators[2]", `nodeGroups[0].name: got "General"`,
		"nodeGroups[0].instanceTypes", "nodeGroups[0].max: got 1", "nodeGroups[0].diskGiB: got 1",
		"nodeGroups[1].name", "nodeGroups[1].instanceTypes", "nodeGroups[1].max: got 0",
	} {
		require.ErrorContains(t, err, want)
	}
	require.Empty(t, r.All())
	_, err = pulumitest.Record(func(ctx *pulumi.Context) error {
		_, err := NewCluster(ctx, "cluster", nil)
		return err
	})
	require.ErrorContains(t, err, "nodeGroups: got 0 groups, expected 1 to 10 groups")
}
