package database

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/rds"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/internal/parameterfamily"
)

// parameter is a server setting. How it is applied follows from its family.
type parameter struct{ name, value string }

// The server's settings. AWS takes at most twenty in one call, which is the provider's to mind (terraform-provider-aws,
// internal/service/rds/parameter_group.go, maxParamModifyChunk).
var parameters = []parameter{
	// Nobody gets in without TLS, nor with a password that was stored the old way.
	{"rds.force_ssl", "1"},
	{"password_encryption", "scram-sha-256"},
	{"rds.accepted_password_auth_method", "scram"},
	// Who connects and stays silent holds a connection, of which there are few, for no longer than this (seconds).
	{"authentication_timeout", "10"},

	// Who came and went, what waited and what was slow. Statements are not logged as such, because CREATE ROLE
	// would bring a password along; nor are bound values, which are tenants' data. Of what failed the log has the message alone:
	// the statement and the detail ("Failing row contains (...)") hold tenants' data, and the client has got both.
	// From "log" on, which is above "error", the statement is there: of what waited for a lock or wrote a large temporary file.
	{"log_connections", "1"},
	{"log_disconnections", "1"},
	{"log_lock_waits", "1"},
	{"log_min_duration_statement", "1000"},
	{"log_min_error_statement", "log"},
	{"log_error_verbosity", "terse"},
	{"log_statement", "none"},
	{"log_parameter_max_length", "0"},
	{"log_parameter_max_length_on_error", "0"},
	{"log_temp_files", "10240"},

	// A schema a tenant means many tables: dumps and migrations lock many at once, autovacuum has many to visit,
	// and the same statement counts once for each schema.
	{"max_locks_per_transaction", "512"},
	{"autovacuum_max_workers", "5"},
	{"autovacuum_naptime", "15"},
	{"shared_preload_libraries", "pg_stat_statements"},
	{"pg_stat_statements.max", "10000"},

	// The largest tier's, in KiB: on a server whose administrator may not set it for a role, no session has more.
	{"temp_file_limit", "4194304"},

	// A connection remembers every table it ever touched. Ending idle ones gives that memory back, and an open
	// transaction that nobody continues blocks vacuum for all tenants.
	{"idle_session_timeout", "3600000"},
	{"idle_in_transaction_session_timeout", "60000"},
}

func (b *builder) makeParameterGroup() (*rds.ParameterGroup, error) {
	list := rds.ParameterGroupParameterArray{}
	family := parameterfamily.Of(b.args.family())
	for _, p := range parameters {
		known, ok := family[p.name]
		if !ok {
			return nil, fmt.Errorf("parameter %s: expected one of the parameters of %s that internal/parameterfamily knows", p.name, b.args.family())
		}
		list = append(list, &rds.ParameterGroupParameterArgs{
			Name: pulumi.String(p.name), Value: pulumi.String(p.value), ApplyMethod: pulumi.String(known.ApplyMethod(p.value)),
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
