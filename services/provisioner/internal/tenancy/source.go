package tenancy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/services/provisioner/internal/export"
)

// source opens the connection that a schema is exported on.
type source func(context.Context) (*pgx.Conn, error)

// live is the database itself, read by its administrator. The connection is its own: none that has had a tenant's schema in
// its search path does anything else.
func (p *Provisioner) live(ctx context.Context) (*pgx.Conn, error) {
	pooled, err := p.Admin.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	return pooled.Hijack(), nil
}

// export writes a schema of the database as it is at one moment.
func (p *Provisioner) export(ctx context.Context, schema string, w io.Writer) (export.Summary, error) {
	return exportFrom(ctx, p.live, schema, w)
}

func exportFrom(ctx context.Context, open source, schema string, w io.Writer) (content export.Summary, err error) {
	connection, err := open(ctx)
	if err != nil {
		return content, err
	}
	defer connection.Close(context.WithoutCancel(ctx)) // it has only read
	options := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err = pgx.BeginTxFunc(ctx, connection, options, func(tx pgx.Tx) (err error) {
		content, err = export.Schema(ctx, tx, schema, w)
		return err
	})
	return content, err
}

// archiveSource is the database, or a server that was restored from its backups, read as the tenant: its password is as old
// as the backup, while the administrator's is not.
func (p *Provisioner) archiveSource(ctx context.Context, tenant, host string) (source, error) {
	if host == "" {
		return p.live, nil
	}
	if err := p.checkRestored(host); err != nil {
		return nil, err
	}
	r, err := loadExisting(ctx, p.Admin, tenant)
	if err != nil {
		return nil, err
	}
	secret, err := p.open(ctx, tenant, r.SecretARN)
	if err != nil {
		return nil, err
	}
	if secret.current == nil {
		//page:provisioner-trouble
		return nil, errors.New("the tenant's secret holds no connection: apply the tenant again")
	}
	restored := p.Database
	restored.Host = host
	return func(ctx context.Context) (*pgx.Conn, error) {
		connection, err := restored.Connect(ctx, credentials(*secret.current))
		if err != nil {
			return nil, fmt.Errorf("log in as the tenant to %s, where its password is the one of that time: %w", host, err)
		}
		const unlimited = "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0"
		if _, err := connection.Exec(ctx, unlimited, pgx.QueryExecModeSimpleProtocol); err != nil {
			return nil, errors.Join(err, connection.Close(ctx))
		}
		return connection, nil
	}, nil
}

// checkRestored requires a server beside the database. All instances of an account in a region share what follows the first
// dot of their addresses, and nobody else has that: a tenant's password goes nowhere else.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_CommonTasks.Connect.html
func (p *Provisioner) checkRestored(host string) error {
	_, domain, dotted := strings.Cut(p.Database.Host, ".")
	name, found, _ := strings.Cut(host, ".")
	if host == p.Database.Host || dotted && name != "" && found == domain {
		return nil
	}
	//page:none what was typed is wrong, and the message says what is right
	return fmt.Errorf("host: got %q, expected the address of an instance beside the database's, such as %s", host, "<instance>."+domain)
}
