package cluster

import (
	"encoding/json"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// addon is a part of Kubernetes that EKS installs and keeps.
type addon struct {
	name          string
	configuration any // as the add-on's own schema says; nil for its defaults
}

// vpcCNIConfiguration is the part of the network add-on's schema that is set here.
type vpcCNIConfiguration struct {
	EnableNetworkPolicy string `json:"enableNetworkPolicy"`
}

// makeAddonsBeforeNodes makes what a node needs to become ready: its network and the pods' identities. The
// network add-on enforces network policies.
func (b *builder) makeAddonsBeforeNodes() error {
	network, err := b.podIdentity(podIdentity{
		suffix: "vpc-cni", serviceAccount: "aws-node", policy: "AmazonEKS_CNI_Policy",
	})
	if err != nil {
		return err
	}
	b.beforeNodes = append(b.beforeNodes, network...)
	for _, a := range []addon{
		{name: "eks-pod-identity-agent"},
		{name: "vpc-cni", configuration: vpcCNIConfiguration{EnableNetworkPolicy: "true"}},
		{name: "kube-proxy"},
	} {
		made, err := b.makeAddon(a, network)
		if err != nil {
			return err
		}
		b.beforeNodes = append(b.beforeNodes, made)
	}
	return nil
}

// makeAddonsOnNodes makes what stays pending until there are nodes to run it: cluster DNS, disks for pods, and the metrics by which the
// number of pods follows the load (https://docs.aws.amazon.com/eks/latest/userguide/community-addons.html).
func (b *builder) makeAddonsOnNodes() error {
	storage, err := b.podIdentity(podIdentity{
		suffix: "ebs-csi", serviceAccount: "ebs-csi-controller-sa", policy: "service-role/AmazonEBSCSIDriverPolicy",
	})
	if err != nil {
		return err
	}
	for _, a := range []addon{
		{name: "coredns"}, {name: "metrics-server"}, {name: "aws-ebs-csi-driver", configuration: reserveAttachments(b.args.NodeGroups)},
	} {
		if _, err := b.makeAddon(a, append(storage, b.nodeGroups...)); err != nil {
			return err
		}
	}
	return nil
}

// makeAddon installs an add-on in the version that EKS recommends for the cluster's, today: EKS itself would leave it
// at the version it began with. What is declared here wins over changes made by hand.
func (b *builder) makeAddon(a addon, after []pulumi.Resource) (*eks.Addon, error) {
	recommended, err := eks.GetAddonVersion(b.ctx, &eks.GetAddonVersionArgs{
		AddonName: a.name, KubernetesVersion: b.args.Version,
	}, pulumi.Parent(b.parent))
	if err != nil {
		return nil, fmt.Errorf("ask for the version of add-on %s: %w", a.name, err)
	}
	args := &eks.AddonArgs{
		ClusterName:              b.parent.Name,
		AddonName:                pulumi.String(a.name),
		AddonVersion:             pulumi.String(recommended.Version),
		ResolveConflictsOnCreate: pulumi.String("OVERWRITE"),
		ResolveConflictsOnUpdate: pulumi.String("OVERWRITE"),
	}
	if a.configuration != nil {
		text, err := json.Marshal(a.configuration)
		if err != nil {
			return nil, fmt.Errorf("configure add-on %s: %w", a.name, err)
		}
		args.ConfigurationValues = pulumi.String(text)
	}
	made, err := eks.NewAddon(b.ctx, b.name+"-"+a.name, args, pulumi.Parent(b.parent), pulumi.DependsOn(after))
	if err != nil {
		return nil, fmt.Errorf("create add-on %s: %w", a.name, err)
	}
	return made, nil
}
