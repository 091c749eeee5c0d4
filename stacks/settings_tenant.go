package stacks

import "github.com/genericcorp/platform/internal/tenant/slug"

// TenantSettings are all choices of one tenant, written as EnvironmentSettings are. The stack's name must be
// {environment}-tenant-{tenant}, so that a copied file never changes another tenant.
type TenantSettings struct {
	// Kind says what the stack deploys. The keys below belong to the kind tenant.
	Kind Kind `settings:"kind" allowed:"environment, workloads or tenant"`
	// Environment is the environment that the tenant lives in. Its stack must be deployed.
	Environment string `settings:"environment" allowed:"local, or an environment of internal/environments"`
	// Tenant is the tenant's slug, which names its schema, role, secret and host. It never changes.
	Tenant string `settings:"tenant" allowed:"3 to 40 lower-case letters, digits and single hyphens, beginning with a letter; no reserved word such as admin"`
	// Database is the database of the environment that the tenant lives in. It never changes.
	Database string `settings:"database" default:"main" allowed:"main"`
	// Tier is what the customer buys: price and hard limits stand in docs/tiers.md.
	Tier string `settings:"tier" allowed:"free, starter, pro or enterprise"`
	// State is whether the tenant may work: as its tier says, reading alone on one connection, or not at all. The
	// database enforces it at once.
	State string `settings:"state" default:"active" allowed:"active, limited or suspended"`
	// PasswordVersion counts the passwords of the tenant's role. One more makes a new password in the tenant's secret.
	PasswordVersion int `settings:"passwordVersion" default:"1" allowed:"1 to 1000000"`
}

// StackName is the name of the tenant's stack.
func (s *TenantSettings) StackName() string { return slug.StackName(s.Environment, s.Tenant) }
