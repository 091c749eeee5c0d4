package drill

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/jackc/pgx/v5"
)

const dialLimit = 10 * time.Second

// look counts the tables of each schema in a restored instance.
func (d *Drill) look(ctx context.Context, database *database, restored types.DBInstance) (map[string]int, error) {
	connection, err := d.connect(ctx, database, restored)
	if err != nil {
		return nil, err
	}
	defer func() { _ = connection.Close(context.WithoutCancel(ctx)) }()
	rows, err := connection.Query(ctx, `select n.nspname, count(c.oid) from pg_namespace n
		left join pg_class c on c.relnamespace = n.oid and c.relkind in ('r', 'p') group by n.nspname`)
	if err != nil {
		return nil, fmt.Errorf("look into the restored database: %w", err)
	}
	tables := map[string]int{}
	var schema string
	var count int
	_, err = pgx.ForEachRow(rows, []any{&schema, &count}, func() error { tables[schema] = count; return nil })
	if err != nil {
		return nil, fmt.Errorf("look into the restored database: %w", err)
	}
	return tables, nil
}

// connect logs in as the master, to the living instance or to one restored from it: the master's password is as old as the
// snapshot, so it is still the one in the secret.
func (d *Drill) connect(ctx context.Context, database *database, instance types.DBInstance) (*pgx.Conn, error) {
	config, err := pgx.ParseConfig("")
	if err != nil {
		return nil, err
	}
	if config.User, config.Password, err = database.master(ctx); err != nil {
		return nil, err
	}
	endpoint := instance.Endpoint
	if endpoint == nil {
		//page:database-failover
		return nil, fmt.Errorf("instance %s has no endpoint", aws.ToString(instance.DBInstanceIdentifier))
	}
	config.Host, config.Database = aws.ToString(endpoint.Address), aws.ToString(instance.DBName)
	config.Port = uint16(aws.ToInt32(endpoint.Port)) //nolint:gosec // a port
	config.Fallbacks = nil
	if config.TLSConfig, err = verified(d.CAFile, config.Host); err != nil {
		return nil, err
	}
	limited, cancel := context.WithTimeout(ctx, dialLimit)
	defer cancel()
	connection, err := pgx.ConnectConfig(limited, config)
	if err != nil {
		//page:none it names where that is said
		return nil, fmt.Errorf("look into the database at %s: %w; it is reached from inside the VPC alone (runbooks/README.md, Reach what is private)",
			net.JoinHostPort(config.Host, strconv.Itoa(int(config.Port))), err)
	}
	return connection, nil
}

// verified trusts the authorities of the file alone.
func verified(caFile, host string) (*tls.Config, error) {
	if caFile == "" {
		//page:none what was typed is wrong, and the message says what is right
		return nil, errors.New("--ca-file: got nothing, expected the authorities of the database's certificate (or PGSSLROOTCERT)")
	}
	text, err := os.ReadFile(caFile)
	if err != nil {
		return nil, fmt.Errorf("--ca-file: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		//page:none what was typed is wrong, and the message says what is right
		return nil, fmt.Errorf("--ca-file: %s holds no certificate", caFile)
	}
	return &tls.Config{RootCAs: pool, ServerName: host, MinVersion: tls.VersionTLS12}, nil
}

// master reads the master's name and password.
func (d *database) master(ctx context.Context) (user, password string, err error) {
	source, err := d.describe(ctx, d.id)
	if err != nil {
		return "", "", err
	}
	if source.MasterUserSecret == nil {
		//page:credential-leak-and-rotation
		return "", "", fmt.Errorf("instance %s has no managed secret of its master", d.id)
	}
	out, err := secretsmanager.NewFromConfig(d.config).GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: source.MasterUserSecret.SecretArn})
	if err != nil {
		return "", "", fmt.Errorf("read the secret of the master of %s: %w", d.id, err)
	}
	var login struct{ Username, Password string }
	if json.Unmarshal([]byte(aws.ToString(out.SecretString)), &login) != nil || login.Password == "" {
		//page:credential-leak-and-rotation
		return "", "", fmt.Errorf("the secret of the master of %s holds no user and password", d.id)
	}
	return login.Username, login.Password, nil
}
