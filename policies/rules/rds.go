package rules

import (
	"slices"
	"strings"

	"github.com/genericcorp/platform/internal/awsvalue"
	"github.com/genericcorp/platform/internal/property"
)

// databaseRules are the rules of RDS.
func databaseRules() []*Rule {
	either := []string{dbInstance, dbCluster}
	return []*Rule{
		{
			ID: "rds-not-public", Severity: Mandatory, Frameworks: []string{"RDS.2", "CKV_AWS_17"}, Types: []string{dbInstance, dbClusterInstance},
			Must:     "a database must not be reachable from the internet",
			Remedy:   "set publiclyAccessible to false",
			evaluate: mustNotBeTrue("publiclyAccessible"),
		},
		{
			ID: "rds-encrypted", Severity: Mandatory, Frameworks: []string{"RDS.3", "CKV_AWS_16"}, Types: either,
			Must:     "the storage of a database must be encrypted",
			Remedy:   "set storageEncrypted to true; an existing database is encrypted by restoring a snapshot's encrypted copy",
			evaluate: mustBeTrue("storageEncrypted"),
		},
		{
			ID: "rds-multi-az", Severity: Production, Frameworks: []string{"RDS.5", "CKV_AWS_157"}, Types: []string{dbInstance},
			Must:     "a database must have a standby in another zone",
			Remedy:   "set multiAz to true",
			evaluate: mustBeTrue("multiAz"),
		},
		{
			ID: "rds-deletion-protection", Severity: Production, Frameworks: []string{"RDS.8"}, Types: either,
			Must:     "a database must be protected from deletion",
			Remedy:   "set deletionProtection to true",
			evaluate: mustBeTrue("deletionProtection"),
		},
		{
			ID: "rds-logs-exported", Severity: Mandatory, Frameworks: []string{"RDS.9", "RDS.36", "CKV_AWS_129"}, Types: either,
			Must:     "the log of a database must go to CloudWatch",
			Remedy:   "list the engine's logs in enabledCloudwatchLogsExports, including postgresql for PostgreSQL",
			evaluate: checkDatabaseLogs,
		},
		{
			ID: "rds-enhanced-monitoring", Severity: Production, Frameworks: []string{"RDS.6", "CKV_AWS_118"}, Types: []string{dbInstance, dbClusterInstance},
			Must:     "a database must report the metrics of its operating system",
			Remedy:   "set monitoringInterval to 60 or less and monitoringRoleArn",
			evaluate: mustBeAtLeast("monitoringInterval", func(Environment) float64 { return 1 }),
		},
		{
			ID: "rds-iam-authentication", Severity: Mandatory, Frameworks: []string{"RDS.10", "CKV_AWS_161"}, Types: either,
			Must:     "people must be able to log in to a database with IAM instead of a shared password",
			Remedy:   "set iamDatabaseAuthenticationEnabled to true",
			evaluate: mustBeTrue("iamDatabaseAuthenticationEnabled"),
		},
		{
			ID: "rds-backups", Severity: Mandatory, Frameworks: []string{"RDS.11", "CKV_AWS_133"}, Types: either,
			Must:     "the backups of a database must be kept, in production for at least seven days",
			Remedy:   "set backupRetentionPeriod to 7 or more, or to 1 or more outside production",
			evaluate: mustBeAtLeast("backupRetentionPeriod", leastBackupDays),
		},
		{
			ID: "rds-minor-upgrades", Severity: Mandatory, Frameworks: []string{"RDS.13", "CKV_AWS_226"}, Types: []string{dbInstance, dbClusterInstance},
			Must:     "a database must install minor upgrades, which contain the security fixes",
			Remedy:   "do not set autoMinorVersionUpgrade to false",
			evaluate: mustNotBeFalse("autoMinorVersionUpgrade"),
		},
		{
			ID: "rds-tags-on-snapshots", Severity: Advisory, Frameworks: []string{"RDS.17"}, Types: either,
			Must:     "snapshots should have the tags of their database, so that their cost is allocated",
			Remedy:   "set copyTagsToSnapshot to true",
			evaluate: mustBeTrue("copyTagsToSnapshot"),
		},
		{
			ID: "rds-port", Severity: Advisory, Frameworks: []string{"RDS.23"}, Types: either,
			Must:     "a database should not listen on its engine's default port",
			Remedy:   "set port to another one",
			evaluate: checkDatabasePort,
		},
		{
			ID: "rds-admin-name", Severity: Mandatory, Frameworks: []string{"RDS.25", "RDS.24"}, Types: either,
			Must:     "the administrator of a database must not have a common name",
			Remedy:   "choose another username (masterUsername of a cluster)",
			evaluate: checkAdminName,
		},
		{
			ID: "rds-private-subnets", Severity: Mandatory, Frameworks: []string{"RDS.46"}, Types: []string{dbSubnetGroup},
			Must:          "a database must be in subnets without a route to the internet gateway",
			Remedy:        "use subnets that have no such route and assign no public addresses",
			Limits:        "sees subnets, routes and gateways of the same stack",
			evaluateStack: checkDatabaseSubnets,
		},
		{
			ID: "rds-proxy-tls", Severity: Mandatory, Frameworks: []string{"RDS.43"}, Types: []string{dbProxy},
			Must:     "a database proxy must accept only encrypted connections",
			Remedy:   "set requireTls to true",
			evaluate: mustBeTrue("requireTls"),
		},
		{
			ID: "rds-tls-forced", Severity: Mandatory, Frameworks: []string{"RDS.38", "own"}, Types: []string{dbParameterGroup},
			Must:     "a PostgreSQL database must accept only encrypted connections",
			Remedy:   `add the parameter rds.force_ssl with the value "1"`,
			evaluate: checkForcedTLS,
		},
	}
}

// leastBackupDays is how long backups are kept at least.
func leastBackupDays(env Environment) float64 {
	if env.Production {
		return 7
	}
	return 1
}

func checkDatabaseLogs(_ Environment, r *Resource) []string {
	const path = "enabledCloudwatchLogsExports"
	logs := r.Properties.Texts(path)
	switch {
	case logs.Unknown() || logs.Partial:
		return nil
	case len(logs.Value) == 0:
		return []string{path + " names none"}
	case strings.Contains(r.Properties.Text("engine").Value, "postgres") && !slices.Contains(logs.Value, "postgresql"):
		return []string{path + " lacks postgresql"}
	}
	return nil
}

// defaultPorts are the ports that engines listen on unless told otherwise.
var defaultPorts = map[float64]string{
	3306: "MySQL and MariaDB", 5432: "PostgreSQL", 1521: "Oracle", 1433: "SQL Server",
}

func checkDatabasePort(_ Environment, r *Resource) []string {
	port := r.Properties.Number("port")
	switch {
	case port.Absent():
		return []string{"port is not set, so the engine's default is used"}
	case port.Known() && defaultPorts[port.Value] != "":
		return []string{r.Properties.Describe("port") + ", the default of " + defaultPorts[port.Value]}
	}
	return nil
}

func checkAdminName(_ Environment, r *Resource) []string {
	path := "username"
	if r.Type == dbCluster {
		path = "masterUsername"
	}
	name := r.Properties.Text(path)
	if !name.Known() || !awsvalue.GuessedAdmin(name.Value) {
		return nil
	}
	return []string{r.Properties.Describe(path)}
}

func checkForcedTLS(_ Environment, r *Resource) []string {
	family, parameters := r.Properties.Text("family"), r.Properties.Objects("parameters")
	if family.Known() && !strings.Contains(family.Value, "postgres") || parameters.Unknown() || parameters.Partial {
		return nil
	}
	for _, parameter := range parameters.Value {
		name := parameter.Text("name")
		if name.Unknown() {
			return nil
		}
		if name.Value != "rds.force_ssl" {
			continue
		}
		if value := parameter.Number("value"); value.Unknown() || value.Known() && value.Value == 1 {
			return nil
		}
		return []string{"rds.force_ssl is not 1"}
	}
	return []string{"rds.force_ssl is not set"}
}

func checkDatabaseSubnets(_ Environment, s *Stack) []finding {
	var findings []finding
	for _, group := range s.ofType(dbSubnetGroup) {
		for _, member := range s.listed(group, "subnetIds", subnet) {
			if why := s.exposed(member); why != "" {
				findings = append(findings, finding{group, "the subnet " + member.Name + " " + why})
			}
		}
	}
	return findings
}

// exposed says why a subnet faces the internet, or nothing.
func (s *Stack) exposed(r *Resource) string {
	if public := r.Properties.Bool("mapPublicIpOnLaunch"); public.Known() && public.Value {
		return "assigns public addresses"
	}
	for _, association := range s.pointingAt(r, "subnetId", routeTableAssociation) {
		for _, table := range s.referred(association, "routeTableId", routeTable) {
			if s.leadsOut(table) {
				return "has a route to the internet gateway"
			}
		}
	}
	return ""
}

// leadsOut tells whether a route table leads to an internet gateway, by a route within it or one beside it.
func (s *Stack) leadsOut(table *Resource) bool {
	for _, inline := range table.Properties.Objects("routes").Value {
		if strings.HasPrefix(inline.Text("gatewayId").Value, "igw-") {
			return true
		}
	}
	for _, gateway := range s.ofType(internetGateway) {
		if inline := table.Properties.State("routes"); inline != property.Missing && s.refers(table, "routes", gateway) {
			return true
		}
		for _, beside := range s.pointingAt(gateway, "gatewayId", route) {
			if s.refers(beside, "routeTableId", table) {
				return true
			}
		}
	}
	return false
}
