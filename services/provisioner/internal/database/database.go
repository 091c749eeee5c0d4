// Package database reaches the environment's database: as its administrator, whose password AWS rotates, and as a tenant,
// to see that the tenant's password works.
package database

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/genericcorp/platform/services/provisioner/api"
)

const (
	connectTimeout = 10 * time.Second
	pingTimeout    = 2 * time.Second
	application    = "provisioner"
	// maxConns is few: the function makes one change at a time with two connections, and connections are what tenants share.
	// Beside the pool there is the session in reserve.
	maxConns = api.ConnectionsPerCall - 1
)

// Database is where the server is and how to trust it.
type Database struct {
	Host  string
	Port  int
	Name  string
	Roots *x509.CertPool // the authorities that may have signed the server's certificate
}

// Credentials are a role's.
type Credentials struct {
	User     string `json:"username"`
	Password string `json:"password"`
}

// Administer opens connections as the administrator. Credentials are asked for with each new connection, as they change.
func (d Database) Administer(ctx context.Context, credentials func(context.Context) (Credentials, error)) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig("")
	if err != nil {
		return nil, fmt.Errorf("configure the database: %w", err)
	}
	if config.ConnConfig, err = d.administrator(); err != nil {
		return nil, err
	}
	config.MaxConns = maxConns
	config.MaxConnIdleTime = time.Minute
	// A function that was frozen between two calls may find its connections dead without a word.
	config.PingTimeout = pingTimeout
	config.BeforeConnect = func(ctx context.Context, c *pgx.ConnConfig) error {
		current, err := credentials(ctx)
		if err != nil {
			return err
		}
		c.User, c.Password = current.User, current.Password
		return nil
	}
	return pgxpool.NewWithConfig(ctx, config)
}

// Reserve prepares the session that is kept in reserve; it is opened when it is first needed.
func (d Database) Reserve(credentials func(context.Context) (Credentials, error)) *Reserve {
	return &Reserve{Connect: func(ctx context.Context) (*pgx.Conn, error) {
		config, err := d.administrator()
		if err != nil {
			return nil, err
		}
		current, err := credentials(ctx)
		if err != nil {
			return nil, err
		}
		config.User, config.Password = current.User, current.Password
		return pgx.ConnectConfig(ctx, config)
	}}
}

// administrator is the configuration of the administrator's sessions.
func (d Database) administrator() (*pgx.ConnConfig, error) {
	config, err := d.config(Credentials{})
	if err != nil {
		return nil, err
	}
	// The administrator sees the catalogue alone: nothing that a tenant names is found by accident.
	config.RuntimeParams["search_path"] = "pg_catalog"
	// An archive takes longer than what the server allows its other clients.
	config.RuntimeParams["statement_timeout"] = "0"
	config.RuntimeParams["idle_in_transaction_session_timeout"] = "0"
	return config, nil
}

// Connect opens one connection as a role.
func (d Database) Connect(ctx context.Context, credentials Credentials) (*pgx.Conn, error) {
	config, err := d.config(credentials)
	if err != nil {
		return nil, err
	}
	return pgx.ConnectConfig(ctx, config)
}

// Works tells whether a role's password is right. A role that may not log in, or has all its connections in use, is told
// so only after its password was found right.
func (d Database) Works(ctx context.Context, credentials Credentials) (bool, error) {
	connection, err := d.Connect(ctx, credentials)
	if err == nil {
		return true, connection.Close(ctx)
	}
	switch {
	case Code(err) == CodeInvalidPassword:
		return false, nil
	case refusedAfterwards(err):
		return true, nil
	default:
		return false, fmt.Errorf("log in as %s to see that its password works: %w", credentials.User, err)
	}
}

// refusedAfterwards tells of a login that was refused when the password had been found right. A server that is full says
// the same before it asks for a password, and differs in the place of its own program that says so.
func refusedAfterwards(err error) bool {
	var failure *pgconn.PgError
	if !errors.As(err, &failure) {
		return false
	}
	known := []string{codeTooManyConnections, codeInvalidAuthorization, CodeInsufficientPrivilege}
	places := []string{"InitializeSessionUserId", "CheckMyDatabase", "InitPostgres"}
	return slices.Contains(known, failure.Code) && slices.Contains(places, failure.Routine)
}

func (d Database) config(credentials Credentials) (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig("")
	if err != nil {
		return nil, fmt.Errorf("configure the database: %w", err)
	}
	config.Host, config.Port, config.Database = d.Host, uint16(d.Port), d.Name //nolint:gosec // a port, checked by ParsePort
	config.User, config.Password = credentials.User, credentials.Password
	config.TLSConfig = &tls.Config{RootCAs: d.Roots, ServerName: d.Host, MinVersion: tls.VersionTLS12}
	config.Fallbacks = nil // never without TLS
	config.ConnectTimeout = connectTimeout
	config.DialFunc = (&net.Dialer{Timeout: connectTimeout}).DialContext
	config.RuntimeParams = map[string]string{"application_name": application}
	return config, nil
}

// The conditions that the provisioner knows, by PostgreSQL's codes.
const (
	codeTooManyConnections    = "53300"
	codeInvalidAuthorization  = "28000"
	CodeInvalidPassword       = "28P01"
	CodeInsufficientPrivilege = "42501"
	CodeLockNotAvailable      = "55P03"
	// CodeOutOfMemory is above all that of a full table of locks.
	CodeOutOfMemory = "53200"
	// CodeInternal is also that of a catalogue's row which two sessions change at once.
	CodeInternal = "XX000"
	// ClassIntervention begins the codes of a server that is stopping or starting.
	ClassIntervention = "57P"
)

// Code is PostgreSQL's code of an error, or nothing.
func Code(err error) string {
	var failure *pgconn.PgError
	if errors.As(err, &failure) {
		return failure.Code
	}
	return ""
}

// ParsePort reads a port.
func ParsePort(text string) (int, error) {
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil || port == 0 {
		//page:none no such server can be asked for, and the message says what is right
		return 0, fmt.Errorf("port: got %q, expected 1 to 65535", text)
	}
	return int(port), nil
}
