// Package database connects gate to the tenants' database, as the role that the provisioner keeps for it.
package database

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgpassfile"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/genericcorp/platform/services/provisioner/api"
)

// Patience is how long a connection, or a statement, may take.
const Patience = 5 * time.Second

// Database is where the tenants are.
type Database struct {
	Host string
	Port uint16
	Name string
	// PasswordFile is one of PostgreSQL's: it is read for each connection, so that a rotation needs no restart.
	PasswordFile string
	// Roots may have signed the server's certificate.
	Roots *x509.CertPool
}

// Connect opens a connection. The server, too, ends a statement of it that takes too long: one that gate has given up would keep one of
// the role's few connections.
func (d Database) Connect(ctx context.Context) (*pgx.Conn, error) {
	passwords, err := pgpassfile.ReadPassfile(d.PasswordFile)
	if err != nil {
		return nil, fmt.Errorf("read the password of the database: %w", err)
	}
	config, err := pgx.ParseConfig("")
	if err != nil {
		return nil, fmt.Errorf("configure the database: %w", err)
	}
	config.Host, config.Port, config.Database, config.User = d.Host, d.Port, d.Name, api.EdgeRole
	config.Password = passwords.FindPassword(d.Host, strconv.Itoa(int(d.Port)), d.Name, api.EdgeRole)
	config.TLSConfig = &tls.Config{RootCAs: d.Roots, ServerName: d.Host, MinVersion: tls.VersionTLS12}
	config.Fallbacks = nil                                                // never without TLS
	config.OnNotification = func(*pgconn.PgConn, *pgconn.Notification) {} // else each is kept until somebody asks for it
	config.RuntimeParams = map[string]string{
		"application_name": "gate", "search_path": "pg_catalog", "statement_timeout": strconv.FormatInt(Patience.Milliseconds(), 10),
	}
	var connection *pgx.Conn
	err = Within(ctx, func(ctx context.Context) (err error) {
		connection, err = pgx.ConnectConfig(ctx, config)
		return err
	})
	return connection, err
}

// Close ends a connection, whatever the context says.
func Close(ctx context.Context, connection *pgx.Conn) {
	_ = Within(context.WithoutCancel(ctx), connection.Close) // it is given up in any case
}

// Within does something that may take Patience.
func Within(ctx context.Context, do func(context.Context) error) error {
	soon, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	return do(soon)
}
