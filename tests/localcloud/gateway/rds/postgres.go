package rds

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// masterPassword is the one in the request, or a new one that is put into the instance's managed secret. The emulator
// gives every managed secret the same value.
func (s *Service) masterPassword(ctx context.Context, in url.Values, response *awsapi.Response) (string, error) {
	if given := in.Get("MasterUserPassword"); given != "" {
		return given, nil
	}
	secret := response.XMLText("//MasterUserSecret/SecretArn")
	if secret == "" {
		return "", awsapi.BadRequest("InvalidParameterCombination", "a MasterUserPassword or ManageMasterUserPassword is expected")
	}
	password := rand.Text()
	value, err := json.Marshal(map[string]string{"username": response.XMLText("//MasterUsername"), "password": password})
	if err != nil {
		return "", err
	}
	client := secretsmanager.New(secretsmanager.Options{
		Region: s.config.Account.Region, BaseEndpoint: aws.String(s.config.SecretsManager), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
	})
	_, err = client.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{SecretId: aws.String(secret), SecretString: aws.String(string(value))})
	if err != nil {
		return "", fmt.Errorf("write the managed secret: %w", err)
	}
	return password, nil
}

// Server is how the database server is reached.
type Server struct {
	Address    string                       // 127.0.0.1:<port>
	ConnString func(database string) string // for the superuser, whom no client of the cloud knows
	Snapshots  Snapshots
}

// masterGroup is what the master user of every instance belongs to. It has what RDS gives it and is no superuser.
const masterGroup = "rds_superuser"

// makeMaster makes the master user and its database.
func (s Server) makeMaster(ctx context.Context, user, password, database string) error {
	master := pgx.Identifier{user}.Sanitize()
	statements := []string{
		"create role " + masterGroup + " nologin",
		"grant pg_monitor, pg_signal_backend, pg_checkpoint, pg_read_all_data, pg_write_all_data to " + masterGroup + " with admin option",
		"grant set on parameter temp_file_limit, session_replication_role, log_min_duration_statement to " + masterGroup + " with grant option",
		"create role " + master + " login createdb createrole in role " + masterGroup + " password " + quote(password),
	}
	if database != "" {
		statements = append(statements, "create database "+pgx.Identifier{database}.Sanitize()+" owner "+master)
	}
	return s.run(ctx, "make the master user", statements...)
}

func (s Server) setPassword(ctx context.Context, user, password string) error {
	return s.run(ctx, "set the master's password", "alter role "+pgx.Identifier{user}.Sanitize()+" password "+quote(password))
}

// endSessions ends those of everybody but the gateway.
func (s Server) endSessions(ctx context.Context) error {
	return s.run(ctx, "end all sessions", "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and backend_type = 'client backend'")
}

// crash kills a process of the server, which then ends every session and recovers from its log.
func (s Server) crash(ctx context.Context) error {
	connection, err := pgx.Connect(ctx, s.ConnString("postgres"))
	if err != nil {
		return fmt.Errorf("reach PostgreSQL: %w", errors.Unwrap(err))
	}
	defer connection.Close(ctx)
	return syscall.Kill(int(connection.PgConn().PID()), syscall.SIGKILL)
}

// empty removes every database and role that is not the server's own.
func (s Server) empty(ctx context.Context) error {
	drop, err := s.list(ctx, "select format('drop database %I with (force)', datname) from pg_database where not datistemplate and datname <> 'postgres'")
	if err != nil {
		return err
	}
	roles, err := s.list(ctx, "select format('drop role %I', rolname) from pg_roles where rolname !~ '^pg_' and rolname <> current_user order by rolname <> '"+masterGroup+"'")
	if err != nil {
		return err
	}
	own := []string{
		"drop owned by " + masterGroup, // its privileges on settings
	}
	return s.run(ctx, "empty the server", append(append(drop, own...), roles...)...)
}

// run executes statements that are not shown when they fail: they may hold a password.
func (s Server) run(ctx context.Context, what string, statements ...string) error {
	connection, err := pgx.Connect(ctx, s.ConnString("postgres"))
	if err != nil {
		return fmt.Errorf("%s: reach PostgreSQL: %w", what, errors.Unwrap(err))
	}
	defer connection.Close(ctx)
	for _, statement := range statements {
		if _, err := connection.Exec(ctx, statement, pgx.QueryExecModeSimpleProtocol); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	return nil
}

func (s Server) list(ctx context.Context, query string) ([]string, error) {
	connection, err := pgx.Connect(ctx, s.ConnString("postgres"))
	if err != nil {
		return nil, fmt.Errorf("reach PostgreSQL: %w", errors.Unwrap(err))
	}
	defer connection.Close(ctx)
	rows, err := connection.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// quote makes a literal; standard_conforming_strings is PostgreSQL's default.
func quote(text string) string {
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}
