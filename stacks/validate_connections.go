package stacks

import (
	"fmt"

	"github.com/genericcorp/platform/components/temporal"
	"github.com/genericcorp/platform/internal/check"
	"github.com/genericcorp/platform/internal/connections"
	"github.com/genericcorp/platform/internal/tiers"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// leastReason is the minimum length of a reason, as of an exemption: shorter ones explain nothing.
const leastReason = 20

func (o OvercommitSettings) validate(p *check.Problems) {
	p.Require(o.Percent == 0 || len(o.Reason) >= leastReason, "reason", o.Reason, allowed("provisioner.overcommit.reason"))
}

// validateConnections holds that the database takes the connections of as many tenants as there may be, were they all of the
// tier with the fewest. The provisioner holds the sum of the tiers that they really have.
func (s *EnvironmentSettings) validateConnections(r *report) {
	const key = "provisioner.schemaCeiling"
	cheapest := tiers.All()[0]
	for i, database := range s.Databases {
		most, own := connections.OfClass(database.InstanceClass), api.Connections(s.Provisioner.ReservedConcurrency)
		if database.Name == api.MainDatabase {
			own += s.Workloads.databaseConnections()
		}
		room := connections.ForTenants(most, own, s.Provisioner.Overcommit.Percent)
		each, tenants := cheapest.Limits.Connections, s.Provisioner.SchemaCeiling
		r.require(tenants*each <= room, key, tenants, fmt.Sprintf("%d or fewer, because %d tenants may open %d connections, were all in the tier %s (%d each), and %s leaves them %d "+
			"(it takes about %d, of which RDS keeps %d and the platform needs %d%s); lower the ceiling, choose a larger instanceClass, "+
			"or state with provisioner.overcommit that tenants do not use all at once",
			room/each, tenants, tenants*each, cheapest.Name, each, database.InstanceClass, room, most, connections.Reserved, own, s.Provisioner.Overcommit.inWords()),
			check.Item("databases", i)+".instanceClass", "provisioner.reservedConcurrency", "provisioner.overcommit")
	}
}

// databaseConnections is how many connections the platform's own programs in the cluster may have to the main database. The provisioner
// holds the same: tenants are promised as many less.
func (s InClusterSettings) databaseConnections() int {
	total := 0
	if s.Temporal.Enabled {
		total += temporal.DatabaseConnections(s.Temporal.Replicas)
	}
	if s.Edge.Enabled {
		total += api.EdgeConnections
	}
	return total
}

func (o OvercommitSettings) inWords() string {
	if o.Percent == 0 {
		return ""
	}
	return fmt.Sprintf("; provisioner.overcommit adds %d per cent to the rest", o.Percent)
}
