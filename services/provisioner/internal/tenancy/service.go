package tenancy

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/internal/connections"
	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/scram"
	"github.com/genericcorp/platform/services/provisioner/internal/sqltext"
)

// serviceTable lists what the platform's own programs have on the server. It is created by harden.
const serviceTable = `CREATE TABLE IF NOT EXISTS platform.service (
	name text PRIMARY KEY,
	databases text[] NOT NULL,
	connections integer NOT NULL,
	password_version integer NOT NULL,
	secret_arn text NOT NULL
)`

// applyService makes the service's role, then its databases, then its secret.
//
// The role owns its databases, because its program changes their tables at each upgrade. It can do nothing else: it is in no group, may
// make no roles and databases, and the tenants' database is open to tenants by name alone.
func (p *Provisioner) applyService(ctx context.Context, r api.Request) (api.Response, error) {
	if err := checkSecretName(api.ServiceSecretName(p.Environment, r.Service.Name), r.SecretARN); err != nil {
		return api.Response{}, err
	}
	var password servicePassword
	err := pgx.BeginFunc(ctx, p.Admin, func(tx pgx.Tx) (err error) {
		if err := p.lock(ctx, tx, lockCreation, patience); err != nil {
			return err
		}
		if err := p.serviceFits(ctx, tx, *r.Service); err != nil {
			return err
		}
		password, err = p.applyServiceRole(ctx, tx, r)
		return err
	})
	if err != nil {
		return api.Response{}, err
	}
	for _, database := range r.Service.Databases {
		if err := p.applyServiceDatabase(ctx, sqltext.Name(database), sqltext.Name(r.Service.Name)); err != nil {
			return api.Response{}, fmt.Errorf("make database %s: %w", database, err)
		}
	}
	return api.Response{}, p.promoteService(ctx, r.SecretARN, password)
}

// serviceFits refuses connections that tenants are promised already.
func (p *Provisioner) serviceFits(ctx context.Context, tx pgx.Tx, s api.Service) error {
	tenants, most, services, err := promised(ctx, tx, "", s.Name)
	if err != nil {
		return err
	}
	room := connections.ForTenants(most, p.OwnConnections+services+s.Connections, p.OvercommitPercent)
	if tenants <= room {
		return nil
	}
	//page:provisioner-trouble
	return fmt.Errorf("with %d connections for the service the server would leave tenants %d, and they are promised %d: choose a larger instanceClass, or fewer connections for the service",
		s.Connections, room, tenants)
}

// applyServiceRole makes the role, or changes it, and notes what the service has.
func (p *Provisioner) applyServiceRole(ctx context.Context, tx pgx.Tx, r api.Request) (servicePassword, error) {
	var exists, powerful bool
	err := tx.QueryRow(ctx, `SELECT count(*) > 0, coalesce(bool_or(rolsuper OR rolbypassrls OR rolreplication), false) FROM pg_roles WHERE rolname = $1`,
		r.Service.Name).Scan(&exists, &powerful)
	if err != nil {
		return servicePassword{}, fmt.Errorf("inspect the service's role: %w", err)
	}
	if powerful {
		//page:provisioner-trouble
		return servicePassword{}, fmt.Errorf("somebody has made the role %s a superuser, or let it replicate or bypass row security, which the administrator cannot undo: have it undone", r.Service.Name)
	}
	password, set, err := p.chooseService(ctx, r, exists)
	if err != nil {
		return servicePassword{}, err
	}
	role := sqltext.Name(r.Service.Name)
	var statements []string
	if !exists {
		statements = append(statements, sqltext.Statement("CREATE ROLE %s", role)+powerless+" ROLE CURRENT_USER")
	}
	// Owners of databases own the schema public of these by a group that PostgreSQL puts them into (pg_database_owner): a role that does
	// not inherit could make no table there.
	inherit := "INHERIT"
	if len(r.Service.Databases) == 0 {
		inherit = "NOINHERIT"
	}
	statements = append(statements, sqltext.Statement("GRANT %s TO CURRENT_USER", role),
		sqltext.Statement("ALTER ROLE %s LOGIN "+inherit+" NOCREATEDB NOCREATEROLE CONNECTION LIMIT %s VALID UNTIL 'infinity'", role, r.Service.Connections))
	groups, err := queryTexts(ctx, tx, `SELECT roleid::regrole::text FROM pg_auth_members WHERE member = (SELECT oid FROM pg_roles WHERE rolname = $1)`, r.Service.Name)
	if err != nil {
		return servicePassword{}, err
	}
	for _, group := range groups { // quoted already
		statements = append(statements, "REVOKE "+group+" FROM "+sqltext.Statement("%s", role))
	}
	if set {
		verifier, err := scram.Verifier(password.Password)
		if err != nil {
			return servicePassword{}, err
		}
		statements = append(statements, sqltext.Statement("ALTER ROLE %s PASSWORD %s", role, verifier))
	}
	if err := run(ctx, tx, statements...); err != nil {
		return servicePassword{}, fmt.Errorf("make the service's role: %w", err)
	}
	_, err = tx.Exec(ctx, `INSERT INTO platform.service (name, databases, connections, password_version, secret_arn) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (name) DO UPDATE SET databases = excluded.databases, connections = excluded.connections,
			password_version = excluded.password_version, secret_arn = excluded.secret_arn`,
		r.Service.Name, append([]string{}, r.Service.Databases...), r.Service.Connections, r.PasswordVersion, r.SecretARN)
	if err != nil {
		return servicePassword{}, fmt.Errorf("note what the service has: %w", err)
	}
	return password, nil
}

// applyServiceDatabase makes a database that nobody can connect to before it is closed to everybody but its owner: PostgreSQL lets
// everybody into a new one.
func (p *Provisioner) applyServiceDatabase(ctx context.Context, database, owner sqltext.Name) error {
	var exists bool
	if err := p.Admin.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, string(database)).Scan(&exists); err != nil {
		return err
	}
	var statements []string
	if !exists {
		statements = append(statements, sqltext.Statement("CREATE DATABASE %s OWNER %s TEMPLATE template0 ALLOW_CONNECTIONS false", database, owner))
	}
	statements = append(statements,
		sqltext.Statement("ALTER DATABASE %s OWNER TO %s", database, owner),
		sqltext.Statement("REVOKE ALL ON DATABASE %s FROM PUBLIC", database),
		sqltext.Statement("ALTER DATABASE %s WITH ALLOW_CONNECTIONS true", database))
	for _, statement := range statements { // not in a transaction, in which no database can be made
		if _, err := p.Admin.Exec(ctx, statement, pgx.QueryExecModeSimpleProtocol); err != nil {
			return err
		}
	}
	return nil
}

// removeService ends the service: its role can no longer log in, and what it has is dropped unless it is to be kept. The edge's role has
// nothing of its own, and loses its password.
func (p *Provisioner) removeService(ctx context.Context, s api.Service) (api.Response, error) {
	role := sqltext.Name(s.Name)
	var exists bool
	if err := p.Admin.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)`, s.Name).Scan(&exists); err != nil {
		return api.Response{}, fmt.Errorf("inspect the service's role: %w", err)
	}
	var statements []string
	if exists {
		shut := "ALTER ROLE %s NOLOGIN"
		if s.Name == api.EdgeRole { // harden keeps the role, with what it may read
			shut = "ALTER ROLE %s PASSWORD NULL"
		}
		statements = append(statements, sqltext.Statement(shut, role),
			sqltext.Statement("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", s.Name))
	}
	if !s.Keep && s.Name != api.EdgeRole {
		for _, database := range s.Databases {
			statements = append(statements, sqltext.Statement("DROP DATABASE IF EXISTS %s WITH (FORCE)", sqltext.Name(database)))
		}
		statements = append(statements, sqltext.Statement("DROP ROLE IF EXISTS %s", role))
	}
	statements = append(statements, sqltext.Statement("DELETE FROM platform.service WHERE name = %s", s.Name))
	for _, statement := range statements {
		if _, err := p.Admin.Exec(ctx, statement, pgx.QueryExecModeSimpleProtocol); err != nil {
			return api.Response{}, fmt.Errorf("remove the service: %w", err)
		}
	}
	return api.Response{}, nil
}
