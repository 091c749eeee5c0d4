package cluster

import (
	"context"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// clusterType is the resource that the component of pulumi-eks makes in another process.
const clusterType = "aws:eks/cluster:Cluster"

// finishControlPlane sets, on their way to the engine, the properties that the component of pulumi-eks has no
// argument for.
func (b *builder) finishControlPlane(_ context.Context, r *pulumi.ResourceTransformArgs) *pulumi.ResourceTransformResult {
	if r.Type != clusterType {
		return nil
	}
	support := "STANDARD"
	if b.args.ExtendedSupport {
		support = "EXTENDED"
	}
	r.Props["upgradePolicy"] = pulumi.Map{"supportType": pulumi.String(support)}
	// The add-ons below take the place of the ones that EKS would install once and never update.
	r.Props["bootstrapSelfManagedAddons"] = pulumi.Bool(false)
	return &pulumi.ResourceTransformResult{Props: r.Props, Opts: r.Opts}
}
