package database

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/rds"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// parameter is a server setting. A static one takes effect when the server restarts.
type parameter struct {
	name, value string
	static      bool
}

// The server's settings. AWS takes at most twenty in one call.
var parameters = []parameter{
	// Nobody gets in without TLS, nor with a password that was stored the old way.
	{name: "rds.force_ssl", value: "1"},
	{name: "password_encryption", value: "scram-sha-256"},
	{name: "rds.accepted_password_auth_method", value: "scram"},
	// Who connects and stays silent holds a connection, of which there are few, for no longer than this (seconds).
	{name: "authentication_timeout", value: "10"},

	// Who came and went, what waited and what was slow. Statements are not logged as such, because CREATE ROLE
	// would bring a password along; nor are bound values, which are tenants' data.
	{name: "log_connections", value: "1"},
	{name: "log_disconnections", value: "1"},
	{name: "log_lock_waits", value: "1"},
	{name: "log_min_duration_statement", value: "1000"},
	{name: "log_statement", value: "none"},
	{name: "log_parameter_max_length", value: "0"},
	{name: "log_parameter_max_length_on_error", value: "0"},
	{name: "log_temp_files", value: "10240"},

	// A schema a tenant means many tables: dumps and migrations lock many at once, autovacuum has many to visit,
	// and the same statement counts once for each schema.
	{name: "max_locks_per_transaction", value: "512", static: true},
	{name: "autovacuum_max_workers", value: "5", static: true},
	{name: "autovacuum_naptime", value: "15"},
	{name: "shared_preload_libraries", value: "pg_stat_statements", static: true},
	{name: "pg_stat_statements.max", value: "10000", static: true},

	// The largest tier's, in KiB: on a server whose administrator may not set it for a role, no session has more.
	{name: "temp_file_limit", value: "4194304"},

	// A connection remembers every table it ever touched. Ending idle ones gives that memory back, and an open
	// transaction that nobody continues blocks vacuum for all tenants.
	{name: "idle_session_timeout", value: "3600000"},
	{name: "idle_in_transaction_session_timeout", value: "60000"},
}

func (b *builder) makeParameterGroup() (*rds.ParameterGroup, error) {
	list := rds.ParameterGroupParameterArray{}
	for _, p := range parameters {
		method := "immediate"
		if p.static {
			method = "pending-reboot"
		}
		list = append(list, &rds.ParameterGroupParameterArgs{
			Name: pulumi.String(p.name), Value: pulumi.String(p.value), ApplyMethod: pulumi.String(method),
		})
	}
	group, err := rds.NewParameterGroup(b.ctx, b.name+"-parameters", &rds.ParameterGroupArgs{
		Family:      pulumi.String(b.args.family()),
		Description: pulumi.String("One schema a tenant, TLS only"),
		Parameters:  list,
	}, pulumi.Parent(b.parent))
	if err != nil {
		return nil, fmt.Errorf("create parameter group: %w", err)
	}
	return group, nil
}
