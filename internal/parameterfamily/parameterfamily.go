// Package parameterfamily knows AWS's parameter group families, as far as this platform sets their parameters: which take
// effect without a restart, and what they are where nobody sets them.
//
// AWS does not register a parameter that is set to the default of its family: it stays the system's, "pending-reboot" on RDS
// and not a user's on ElastiCache. Whoever then asks for something else (RDS: "immediate") asks for it in every preview.
// Sources: RDS User Guide, "RDS for PostgreSQL DB instance parameter list" (apply types), "Using SSL with a PostgreSQL DB
// instance" (rds.force_ssl), "Using SCRAM for PostgreSQL password encryption", the default.postgres17 group; where the group
// has no value, PostgreSQL's own default holds: PostgreSQL 17, "Server Configuration". ElastiCache User Guide, "Valkey and
// Redis OSS parameters". Terraform AWS provider, aws_db_parameter_group, "Problematic Plan Changes". 2026-11.
package parameterfamily

import "strings"

// Parameter is one of a family.
type Parameter struct {
	// Static ones take effect when the server restarts: RDS refuses to apply them immediately.
	Static bool
	// Default is the value where nobody sets one. A formula of the instance's memory is in braces.
	Default string
}

// postgres holds for the families postgres17 and postgres18. (autovacuum_max_workers is dynamic from 18 on; a restart does
// for both.)
var postgres = map[string]Parameter{
	"authentication_timeout":              {Default: "60"},
	"autovacuum_max_workers":              {Default: "GREATEST({DBInstanceClassMemory/64371566592},3)", Static: true},
	"autovacuum_naptime":                  {Default: "15"},
	"idle_in_transaction_session_timeout": {Default: "86400000"},
	"idle_session_timeout":                {Default: "0"},
	"log_connections":                     {Default: "0"},
	"log_disconnections":                  {Default: "0"},
	"log_error_verbosity":                 {Default: "default"},
	"log_lock_waits":                      {Default: "0"},
	"log_min_duration_statement":          {Default: "-1"},
	"log_min_error_statement":             {Default: "error"},
	"log_parameter_max_length":            {Default: "-1"},
	"log_parameter_max_length_on_error":   {Default: "0"},
	"log_statement":                       {Default: "none"},
	"log_temp_files":                      {Default: "-1"},
	"max_locks_per_transaction":           {Default: "64", Static: true},
	"password_encryption":                 {Default: "scram-sha-256"},
	"pg_stat_statements.max":              {Default: "5000", Static: true},
	"rds.accepted_password_auth_method":   {Default: "md5+scram"},
	"rds.force_ssl":                       {Default: "1"},
	"shared_preload_libraries":            {Default: "pg_stat_statements", Static: true},
	"temp_file_limit":                     {Default: "-1"},
}

// cache holds for the families of Valkey and of Redis OSS 7.
var cache = map[string]Parameter{
	"maxmemory-policy": {Default: "volatile-lru"},
}

// Of gives the known parameters of a family ("postgres17", "valkey8") by name, and none of an unknown family.
func Of(family string) map[string]Parameter {
	switch {
	case family == "postgres17", family == "postgres18":
		return postgres
	case strings.HasPrefix(family, "valkey"), family == "redis7":
		return cache
	default:
		return nil
	}
}

// The two ways in which RDS applies a parameter.
const (
	Immediate     = "immediate"
	PendingReboot = "pending-reboot"
)

// ApplyMethod is how RDS keeps the parameter with a value: the only method that a second deployment does not change.
func (p Parameter) ApplyMethod(value string) string {
	if p.Static || value == p.Default {
		return PendingReboot
	}
	return Immediate
}
