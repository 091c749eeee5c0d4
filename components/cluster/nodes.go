package cluster

import (
	"fmt"
	"strconv"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/policydoc"
)

// nodeGroupLabel names a node's group on the node itself, for pods that must choose.
const nodeGroupLabel = "genericcorp.example/node-group"

// makeNodeRole makes the role of the nodes themselves: they join the cluster and pull images. Everything else is
// for pods, by pod identity.
func (b *builder) makeNodeRole() error {
	role, err := iam.NewRole(b.ctx, b.name+"-node", &iam.RoleArgs{
		Description:      pulumi.String("Nodes of " + b.physical),
		AssumeRolePolicy: policydoc.AssumeRole(nil, "ec2.amazonaws.com"),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("create role of nodes: %w", err)
	}
	for _, grant := range []struct{ suffix, policy string }{
		{"node-worker", "AmazonEKSWorkerNodePolicy"},
		{"node-registry", "AmazonEC2ContainerRegistryPullOnly"},
	} {
		attachment, err := b.attach(grant.suffix, role, grant.policy)
		if err != nil {
			return err
		}
		b.beforeNodes = append(b.beforeNodes, attachment)
	}
	if _, err := iam.NewRolePolicy(b.ctx, b.name+"-node-sessions", &iam.RolePolicyArgs{Role: role.Name, Policy: policydoc.Document(sessions)},
		pulumi.Parent(b.parent)); err != nil {
		return fmt.Errorf("let sessions through nodes: %w", err)
	}
	b.nodeRole = role
	b.parent.NodeRoleARN = role.Arn
	return nil
}

// sessions lets people reach the private API through a node (`platform tunnel`). It is what Systems Manager needs for sessions alone; its managed
// policy would let nodes read every parameter. Source: AWS Systems Manager User Guide, "Add Session Manager permissions to an
// existing IAM role", 2026-11.
var sessions = policydoc.Statement{
	Sid: "Sessions",
	Actions: []string{
		"ssm:UpdateInstanceInformation",
		"ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel",
	},
	Resources: []pulumi.StringInput{pulumi.String("*")}, // channels have no ARN, and the other knows none but the instance's, which comes later
}

// nodeImage is Amazon Linux 2023 for Graviton, which is all that node groups take.
const nodeImage = "AL2023_ARM_64_STANDARD"

func (b *builder) makeNodeGroups() error {
	for _, group := range b.args.NodeGroups {
		if err := b.makeNodeGroup(group); err != nil {
			return fmt.Errorf("node group %s: %w", group.Name, err)
		}
	}
	return nil
}

func (b *builder) makeNodeGroup(group NodeGroup) error {
	template, err := b.makeLaunchTemplate(group)
	if err != nil {
		return err
	}
	made, err := eks.NewNodeGroup(b.ctx, b.childOfGroup(group), &eks.NodeGroupArgs{
		ClusterName:   b.parent.Name,
		Version:       pulumi.String(b.args.Version),
		NodeRoleArn:   b.nodeRole.Arn,
		SubnetIds:     b.args.PrivateSubnetIDs,
		AmiType:       pulumi.String(nodeImage),
		CapacityType:  pulumi.String(group.capacityType()),
		InstanceTypes: pulumi.ToStringArray(group.InstanceTypes),
		Labels:        pulumi.StringMap{nodeGroupLabel: pulumi.String(group.Name)},
		LaunchTemplate: &eks.NodeGroupLaunchTemplateArgs{
			Id:      template.ID().ToStringOutput().ToStringPtrOutput(),
			Version: template.LatestVersion.ApplyT(strconv.Itoa).(pulumi.StringOutput),
		},
		ScalingConfig: &eks.NodeGroupScalingConfigArgs{
			MinSize:     pulumi.Int(group.Min),
			DesiredSize: pulumi.Int(group.Desired),
			MaxSize:     pulumi.Int(group.Max),
		},
		UpdateConfig: &eks.NodeGroupUpdateConfigArgs{MaxUnavailable: pulumi.Int(1)},
	}, pulumi.Parent(b.parent), pulumi.DependsOn(b.beforeNodes))
	if err != nil {
		return fmt.Errorf("create: %w", err)
	}
	b.nodeGroups = append(b.nodeGroups, made)
	// EKS makes one Auto Scaling group a node group.
	b.parent.ScalingGroups[group.Name] = made.Resources.Index(pulumi.Int(0)).AutoscalingGroups().Index(pulumi.Int(0)).Name().Elem()
	return b.makeNodeAlarm(group)
}
