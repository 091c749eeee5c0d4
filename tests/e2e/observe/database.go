package observe

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/testcloud"
)

// Database is the environment's instance.
func Database(t testing.TB, c *testcloud.Cloud) rdstypes.DBInstance {
	t.Helper()
	out, err := rds.NewFromConfig(c.AWS()).DescribeDBInstances(testcloud.Context(t), &rds.DescribeDBInstancesInput{})
	require.NoError(t, err)
	require.Len(t, out.DBInstances, 1)
	return out.DBInstances[0]
}

// Administrator is how the environment's administrator logs in: at the address that RDS tells, with the password that Secrets
// Manager keeps, and TLS.
func Administrator(t testing.TB, c *testcloud.Cloud) *pgx.ConnConfig {
	t.Helper()
	instance := Database(t, c)
	secret := Secret(t, c, aws.ToString(instance.MasterUserSecret.SecretArn))
	config, err := pgx.ParseConfig(fmt.Sprintf("host=%s port=%d dbname=%s sslmode=verify-full sslrootcert=%s",
		aws.ToString(instance.Endpoint.Address), aws.ToInt32(instance.Endpoint.Port), aws.ToString(instance.DBName), c.Postgres.CAFile))
	require.NoError(t, err)
	config.User, config.Password = fmt.Sprint(secret["username"]), fmt.Sprint(secret["password"])
	return config
}

// Role asks the database whether the tenant may log in and how often; empty when there is no such role.
func Role(t testing.TB, c *testcloud.Cloud, tenant string) []any {
	t.Helper()
	connection, err := pgx.ConnectConfig(testcloud.Context(t), Administrator(t, c))
	require.NoError(t, err)
	defer func() { _ = connection.Close(testcloud.Context(t)) }()
	rows, err := connection.Query(testcloud.Context(t), "select rolcanlogin, rolconnlimit from pg_roles where rolname = $1", "tenant_"+tenant)
	require.NoError(t, err)
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) ([]any, error) { return row.Values() })
	require.NoError(t, err)
	if len(found) == 0 {
		return nil
	}
	return found[0]
}
