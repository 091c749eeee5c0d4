// Package connections counts what an environment's PostgreSQL server takes of connections, and how many of them are left for
// tenants.
package connections

const (
	// RDS sets max_connections to LEAST({DBInstanceClassMemory/9531392},5000).
	// Source: AWS Prescriptive Guidance, "Tuning PostgreSQL parameters in Amazon RDS and Aurora", max_connections.
	bytesPerConnection = 9531392
	mostConnections    = 5000

	// DBInstanceClassMemory is what the class has less what the operating system and RDS's own processes take. AWS does not
	// publish how much that is. People who asked their servers ("show max_connections") report 198 for 2 GiB, 413 for 4, 856
	// for 8, about 1700 for 16 and 3400 for 32: 220 MiB and a twentieth is a little more than was missing in each.
	// Source: https://gist.github.com/guizmaii/1cacffef793c2ba9645083c3e18b3d8c,
	// https://www.pgflare.com/knowledge-base/rds-connection-pool-exhausted.html
	systemMiB     = 220
	systemDivisor = 20

	// Reserved are the connections that only superusers (superuser_reserved_connections, 3) and the administrator
	// (rds.rds_superuser_reserved_connections, 2) can take: RDS itself, and a person when all others are gone.
	// Source: https://repost.aws/knowledge-center/rds-postgresql-error-connection-slots
	Reserved = SuperuserReserved + AdministratorReserved

	// SuperuserReserved is the default of superuser_reserved_connections.
	SuperuserReserved = 3
	// AdministratorReserved is the default of rds.rds_superuser_reserved_connections.
	AdministratorReserved = 2
)

// OfMemory is what an instance with so much memory takes at least.
func OfMemory(gib int) int {
	mib := gib * 1024
	return min((mib-mib/systemDivisor-systemMiB)*(1<<20)/bytesPerConnection, mostConnections)
}

// OfClass is OfMemory of an instance class, and 0 for one that MemoryGiB does not know.
func OfClass(class string) int {
	gib, known := MemoryGiB(class)
	if !known {
		return 0
	}
	return OfMemory(gib)
}

// ForTenants is how many connections all tenants together may be promised by a server that takes max, of which the platform's
// programs need own. A higher promise is a stated choice, by so many per cent.
func ForTenants(most, own, overcommitPercent int) int {
	return max(0, most-Reserved-own) * (100 + overcommitPercent) / 100
}
