package cluster

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/naming"
	"github.com/genericcorp/platform/components/tagging"
)

const (
	maxGeneratedNodeGroup = 63 - 8 // EKS's limit less the engine's suffix
	rootDevice            = "/dev/xvda"
)

// childOfGroup is the name of a node group's resources.
func (b *builder) childOfGroup(group NodeGroup) string {
	return naming.Join(maxGeneratedNodeGroup, b.name, group.Name)
}

// makeLaunchTemplate says how a group's instances start: on an encrypted disk, without a public address, and
// with their credentials out of reach of pods, which are one network hop further away than the node.
func (b *builder) makeLaunchTemplate(group NodeGroup) (*ec2.LaunchTemplate, error) {
	template, err := ec2.NewLaunchTemplate(b.ctx, b.childOfGroup(group), &ec2.LaunchTemplateArgs{
		Description:          pulumi.Sprintf("Nodes of group %s of %s", group.Name, b.physical),
		UpdateDefaultVersion: pulumi.Bool(true),
		MetadataOptions: &ec2.LaunchTemplateMetadataOptionsArgs{
			HttpEndpoint:            pulumi.String("enabled"),
			HttpTokens:              pulumi.String("required"),
			HttpPutResponseHopLimit: pulumi.Int(1),
		},
		BlockDeviceMappings: ec2.LaunchTemplateBlockDeviceMappingArray{&ec2.LaunchTemplateBlockDeviceMappingArgs{
			DeviceName: pulumi.String(rootDevice),
			Ebs: &ec2.LaunchTemplateBlockDeviceMappingEbsArgs{
				VolumeType:          pulumi.String("gp3"),
				VolumeSize:          pulumi.Int(group.DiskGiB),
				Encrypted:           pulumi.String("true"),
				DeleteOnTermination: pulumi.String("true"),
			},
		}},
		NetworkInterfaces: ec2.LaunchTemplateNetworkInterfaceArray{&ec2.LaunchTemplateNetworkInterfaceArgs{
			DeviceIndex:              pulumi.Int(0),
			AssociatePublicIpAddress: pulumi.String("false"),
			DeleteOnTermination:      pulumi.String("true"),
			SecurityGroups:           pulumi.StringArray{b.args.NodeSecurityGroupID},
		}},
		TagSpecifications: b.nodeTags(group),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return nil, fmt.Errorf("create launch template: %w", err)
	}
	return template, nil
}

// nodeTags are the tags of what a node group's instances consist of.
func (b *builder) nodeTags(group NodeGroup) ec2.LaunchTemplateTagSpecificationArray {
	tags := pulumi.StringMap{}
	for key, value := range b.args.NodeTags {
		tags[key] = pulumi.String(value)
	}
	tags[tagging.KeyComponent] = pulumi.String("cluster")
	tags[tagging.KeyName] = pulumi.String(b.physical + "-" + group.Name)
	specifications := ec2.LaunchTemplateTagSpecificationArray{}
	for _, kind := range []string{"instance", "volume", "network-interface"} {
		specifications = append(specifications, &ec2.LaunchTemplateTagSpecificationArgs{
			ResourceType: pulumi.String(kind), Tags: tags,
		})
	}
	return specifications
}
