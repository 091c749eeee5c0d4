package stacks

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/internal/awsvalue"
	"github.com/genericcorp/platform/internal/check"
)

// verifyZones refuses zones that the account does not have and those in which AWS makes no cluster, before anything is made:
// AWS refuses the cluster when the network stands, and a subnet cannot move. What a zone's letter means differs by account,
// so that only the account itself can tell.
func verifyZones(ctx *pulumi.Context, region string, settings *EnvironmentSettings) error {
	available, err := aws.GetAvailabilityZones(ctx, &aws.GetAvailabilityZonesArgs{
		Filters: []aws.GetAvailabilityZonesFilter{{Name: "zone-type", Values: []string{"availability-zone"}}},
	})
	if err != nil {
		return fmt.Errorf("ask AWS which zones of %s this account has: %w", region, err)
	}
	ids := map[string]string{}
	var usable []string
	for i, name := range available.Names {
		ids[name] = available.ZoneIds[i]
		if awsvalue.ZoneTakesCluster(available.ZoneIds[i]) {
			usable = append(usable, name)
		}
	}
	p := check.Under(settingsKey + ".")
	for i, zone := range settings.Network.Zones {
		id, known := ids[zone]
		got := zone
		if known {
			got += " (in this account " + id + ")"
		}
		p.Require(known && awsvalue.ZoneTakesCluster(id), check.Item("network.zones", i), check.Words(got),
			"a zone of this account in which EKS makes clusters, one of "+strings.Join(usable, ", ")+": write another one into the stack file")
	}
	return p.Err()
}
