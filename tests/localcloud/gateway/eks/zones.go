package eks

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/genericcorp/platform/internal/awsvalue"
	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// checkZones refuses subnets of zones in which AWS makes no cluster, and those of one zone alone.
// Source: EKS User Guide, "Amazon EKS networking requirements for VPC and subnets"; the message is EKS's.
func (s *Service) checkZones(ctx context.Context, cluster string, in object) error {
	network, _ := in["resourcesVpcConfig"].(object)
	subnets, _ := network["subnetIds"].([]any)
	if len(subnets) == 0 {
		return nil // the emulated service takes a cluster without any
	}
	query := url.Values{"Action": {"DescribeSubnets"}, "Version": {"2016-11-15"}}
	for i, id := range subnets {
		query.Set(fmt.Sprintf("SubnetId.%d", i+1), fmt.Sprint(id))
	}
	response, err := s.config.Account.Query(ctx, s.emulator, "ec2", query)
	if err != nil {
		return err
	}
	document := response.XML()
	if !response.OK() || document == nil {
		return awsapi.BadRequest("InvalidParameterException", "The subnet ID '%s' does not exist", strings.Trim(fmt.Sprint(subnets), "[]"))
	}
	ids := map[string]string{}
	for _, subnet := range document.FindElements("//subnetSet/item") {
		name, id := subnet.SelectElement("availabilityZone"), subnet.SelectElement("availabilityZoneId")
		if name != nil && id != nil {
			ids[name.Text()] = id.Text()
		}
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
