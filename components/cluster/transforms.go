package cluster

import (
	"context"
	"strings"

	"github.com/pulumi/pulumi-eks/sdk/v2/go/eks"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const (
	// clusterType is the resource that the component of pulumi-eks makes in another process.
	clusterType = "aws:eks/cluster:Cluster"
	// awsVersion is the version of the AWS provider that everything else here is made with, as go.mod has it. The
	// component of pulumi-eks brings an older one, which knows neither upgrade policies nor how to leave out add-ons.
	awsVersion = "6.83.2"
)

// finishControlPlane sets, on their way to the engine, what the component of pulumi-eks has no argument for.
func (b *builder) finishControlPlane(_ context.Context, r *pulumi.ResourceTransformArgs) *pulumi.ResourceTransformResult {
	if !strings.HasPrefix(r.Type, "aws:") {
		return nil
	}
	r.Opts.Version = awsVersion
	if r.Type == clusterType {
		b.finishCluster(r.Props)
	}
	return &pulumi.ResourceTransformResult{Props: r.Props, Opts: r.Opts}
}

// finishCluster sets the properties of the control plane itself.
func (b *builder) finishCluster(props pulumi.Map) {
	support := "STANDARD"
	if b.args.ExtendedSupport {
		support = "EXTENDED"
	}
	props["upgradePolicy"] = pulumi.Map{"supportType": pulumi.String(support)}
	// The add-ons below take the place of the ones that EKS would install once and never update.
	props["bootstrapSelfManagedAddons"] = pulumi.Bool(false)
	// The component would let whoever makes the cluster in indefinitely, by an entry that nobody listed, and that is in the
	// way of the entry of an administrator who deploys.
	props["accessConfig"] = pulumi.Map{
		"authenticationMode":                      pulumi.String(eks.AuthenticationModeApi),
		"bootstrapClusterCreatorAdminPermissions": pulumi.Bool(false),
	}
}
