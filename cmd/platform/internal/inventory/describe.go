package inventory

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// describe adds to a part what the resource that carries it knows: the database instance of a database,
// the cluster of a cluster. Other resources add nothing.
func describe(part *Part, r apitype.ResourceV3, zones map[string]string) {
	out := outputs(r.Outputs)
	if len(r.InitErrors) > 0 {
		part.State = "incomplete"
	}
	switch string(r.Type) {
	case "aws:ec2/vpc:Vpc":
		part.Endpoint = out.text("cidrBlock")
	case "aws:ec2/subnet:Subnet":
		part.Zones = append(part.Zones, out.text("availabilityZone"))
	case "aws:eks/cluster:Cluster":
		part.Endpoint, part.Version = out.text("endpoint"), "Kubernetes "+out.text("version")
		part.setState(out.text("status"))
		network, _ := out["vpcConfig"].(map[string]any)
		subnets, _ := network["subnetIds"].([]any)
		for _, id := range subnets {
			if zone, known := zones[fmt.Sprint(id)]; known {
				part.Zones = append(part.Zones, zone)
			}
		}
	case "aws:rds/instance:Instance":
		part.Endpoint, part.Version = out.text("endpoint"), "PostgreSQL "+out.first("engineVersionActual", "engineVersion")
		part.setState(out.text("status"))
		part.Zones = append(part.Zones, out.text("availabilityZone"))
		if multi, _ := out["multiAz"].(bool); multi {
			part.Zones = append(part.Zones, standby)
		}
	case "aws:elasticache/replicationGroup:ReplicationGroup":
		part.Endpoint = out.text("primaryEndpointAddress")
		part.Version = out.text("engine") + " " + out.first("engineVersionActual", "engineVersion")
		part.cache = r.ID.String() // its nodes are asked for: AWS chooses their zones
	case "aws:budgets/budget:Budget":
		part.Endpoint = fmt.Sprintf("limit %s %s", out.text("limitAmount"), out.text("limitUnit"))
	case "aws:cloudwatch/dashboard:Dashboard":
		part.Endpoint = "dashboard " + out.text("dashboardName")
	}
}

func (p *Part) setState(state string) {
	if state != "" && p.State == "ready" {
		p.State = strings.ToLower(state)
	}
}

// outputs are a resource's outputs as the state holds them.
type outputs map[string]any

// text is the output as text, and empty when it is missing, not text, or secret.
func (o outputs) text(key string) string {
	value, _ := o[key].(string)
	return value
}

// first is the first of the outputs that is not empty.
func (o outputs) first(keys ...string) string {
	for _, key := range keys {
		if value := o.text(key); value != "" {
			return value
		}
	}
	return ""
}

// subnetZones maps the ids of all subnets to their zones.
func subnetZones(resources []apitype.ResourceV3) map[string]string {
	zones := map[string]string{}
	for _, r := range resources {
		if r.Type == "aws:ec2/subnet:Subnet" {
			zones[r.ID.String()] = outputs(r.Outputs).text("availabilityZone")
		}
	}
	return zones
}
