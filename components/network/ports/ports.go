// Package ports holds the ports that the security groups open and the shared services listen on, so that both
// sides read the same number.
package ports

// The ports of the shared services. The database's is not PostgreSQL's default on purpose: scans look there first.
const (
	Database = 5433
	Cache    = 6379
	HTTPS    = 443
)
