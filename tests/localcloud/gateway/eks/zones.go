package eks

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/genericcorp/platform/internal/awsvalue"
	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
	"github.com/genericcorp/platform/tests/localcloud/nodes"
)

// checkZones refuses subnets of zones in which AWS makes no cluster, and those of one zone alone.
// Source: EKS User Guide, "Amazon EKS networking requirements for VPC and subnets"; the message is EKS's.
func (s *Service) checkZones(ctx context.Context, cluster string, in object) error {
	network, _ := in["resourcesVpcConfig"].(object)
	subnets, _ := network["subnetIds"].([]any)
	if len(subnets) == 0 {
		return nil // the emulated service takes a cluster without any
	}
	found, err := s.describeSubnets(ctx, subnets)
	if err != nil {
		return err
	}
	ids := map[string]string{}
	for _, subnet := range found {
		ids[subnet.Zone] = subnet.zoneID
	}
	for _, name := range slices.Sorted(maps.Keys(ids)) {
		if !awsvalue.ZoneTakesCluster(ids[name]) {
			return awsapi.BadRequest("UnsupportedAvailabilityZoneException", "Cannot create cluster '%s' because %s, the targeted "+
				"Availability Zone, does not currently have sufficient capacity to support the cluster. (The local cloud adds: its id is %s.)",
				cluster, name, ids[name])
		}
	}
	if len(ids) < 2 {
		return awsapi.BadRequest("InvalidParameterException", "Subnets specified must be in at least two different AZs")
	}
	return nil
}

// subnet is a subnet with the id of its zone, which is the same in every account.
type subnet struct {
	nodes.Subnet

	zoneID string
}

// describeSubnets asks EC2 for subnets by their ids.
func (s *Service) describeSubnets(ctx context.Context, ids []any) ([]subnet, error) {
	query := url.Values{"Action": {"DescribeSubnets"}, "Version": {"2016-11-15"}}
	for i, id := range ids {
		query.Set(fmt.Sprintf("SubnetId.%d", i+1), fmt.Sprint(id))
	}
	response, err := s.config.Account.Query(ctx, s.emulator, "ec2", query)
	if err != nil {
		return nil, err
	}
	document := response.XML()
	if !response.OK() || document == nil {
		return nil, awsapi.BadRequest("InvalidParameterException", "The subnet ID '%s' does not exist", strings.Trim(fmt.Sprint(ids), "[]"))
	}
	var list []subnet
	for _, item := range document.FindElements("//subnetSet/item") {
		text := func(name string) string {
			if element := item.SelectElement(name); element != nil {
				return element.Text()
			}
			return ""
		}
		found := subnet{nodes.Subnet{ID: text("subnetId"), Zone: text("availabilityZone")}, text("availabilityZoneId")}
		if cidr := text("cidrBlock"); cidr != "" {
			if found.Prefix, err = netip.ParsePrefix(cidr); err != nil {
				return nil, fmt.Errorf("subnet %s: %w", found.ID, err)
			}
		}
		if found.Zone != "" && found.zoneID != "" {
			list = append(list, found)
		}
	}
	return list, nil
}
