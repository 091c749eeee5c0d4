package cluster

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-eks/sdk/v2/go/eks"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/loggroup"
	"github.com/genericcorp/platform/components/policydoc"
)

// logTypes are all the logs that a control plane writes.
var logTypes = []string{"api", "audit", "authenticator", "controllerManager", "scheduler"}

// makeControlPlane makes the control plane with the role it acts in, its security group and its log group.
func (b *builder) makeControlPlane() error {
	group, err := b.makeSecurityGroup()
	if err != nil {
		return err
	}
	logs, err := loggroup.New(b.ctx, b.name+"-logs", &loggroup.Args{
		Name:          "/aws/eks/" + b.physical + "/cluster",
		RetentionDays: b.args.LogRetentionDays,
		KeyARN:        b.args.LogKeyARN,
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("create log group of control plane: %w", err)
	}
	role, attachment, err := b.makeServiceRole()
	if err != nil {
		return err
	}
	public := len(b.args.PublicAccessCIDRs) > 0
	mode := eks.AuthenticationModeApi
	args := &eks.ClusterArgs{
		Name:                   pulumi.String(b.physical),
		Version:                pulumi.String(b.args.Version),
		VpcId:                  b.args.VpcID.ToStringOutput().ToStringPtrOutput(),
		PrivateSubnetIds:       b.args.PrivateSubnetIDs,
		ClusterSecurityGroup:   group,
		ServiceRole:            role,
		EndpointPrivateAccess:  pulumi.Bool(true),
		EndpointPublicAccess:   pulumi.Bool(public),
		EnabledClusterLogTypes: pulumi.ToStringArray(logTypes),
		EncryptionConfigKeyArn: b.args.SecretsKeyARN.ToStringOutput().ToStringPtrOutput(),
		AuthenticationMode:     &mode,
		CreateOidcProvider:     pulumi.Bool(false), // pods get their permissions by pod identity
		// Nodes, network add-on and storage classes are made here, not by the component's dated ways: its default
		// nodes boot an image out of support and its network add-on is an old manifest put in by kubectl.
		SkipDefaultNodeGroup: pulumi.BoolRef(true),
		UseDefaultVpcCni:     pulumi.BoolRef(true),
		// Not nil: else the component makes a role for nodes of its own, with more permissions than ours.
		InstanceRoles: iam.RoleArray{},
	}
	if public {
		args.PublicAccessCidrs = pulumi.ToStringArray(b.args.PublicAccessCIDRs)
	}
	plane, err := eks.NewCluster(b.ctx, b.name, args, pulumi.Parent(b.parent),
		pulumi.DependsOn([]pulumi.Resource{logs, attachment}),
		pulumi.Transforms([]pulumi.ResourceTransform{b.finishControlPlane}))
	if err != nil {
		return fmt.Errorf("create control plane: %w", err)
	}
	b.parent.SecurityGroupID = group.ID().ToStringOutput()
	b.readKubeconfig(plane.KubeconfigJson)
	return nil
}

// makeServiceRole makes the role that EKS acts in, and gives what must last as long as the control plane does.
func (b *builder) makeServiceRole() (*iam.Role, *iam.RolePolicyAttachment, error) {
	role, err := iam.NewRole(b.ctx, b.name+"-service", &iam.RoleArgs{
		Description:      pulumi.String("EKS, for the control plane of " + b.physical),
		AssumeRolePolicy: policydoc.AssumeRole(nil, "eks.amazonaws.com"),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return nil, nil, fmt.Errorf("create role of control plane: %w", err)
	}
	attachment, err := b.attach("service-cluster", role, "AmazonEKSClusterPolicy")
	return role, attachment, err
}

// attach gives a role one of AWS's own policies.
func (b *builder) attach(suffix string, role *iam.Role, policy string) (*iam.RolePolicyAttachment, error) {
	attachment, err := iam.NewRolePolicyAttachment(b.ctx, b.name+"-"+suffix, &iam.RolePolicyAttachmentArgs{
		Role:      role.Name,
		PolicyArn: pulumi.String("arn:aws:iam::aws:policy/" + policy),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return nil, fmt.Errorf("attach %s: %w", policy, err)
	}
	return attachment, nil
}

// makeSecurityGroup makes the control plane's security group.
func (b *builder) makeSecurityGroup() (*ec2.SecurityGroup, error) {
	group, err := ec2.NewSecurityGroup(b.ctx, b.name+"-control-plane", &ec2.SecurityGroupArgs{
		VpcId:       b.args.VpcID.ToStringOutput().ToStringPtrOutput(),
		Description: pulumi.String("Control plane of the cluster"),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return nil, fmt.Errorf("create security group of control plane: %w", err)
	}
	return group, b.makeRules(group)
}
