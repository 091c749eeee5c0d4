package tenancy

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"

	"github.com/genericcorp/platform/internal/tenant/slug"
	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/database"
)

// Stage is which of a secret's values is meant.
type Stage string

const (
	// Current is the value that workloads read.
	Current Stage = "AWSCURRENT"
	// Pending is a value that is about to become current.
	Pending Stage = "AWSPENDING"
)

// ErrNoValue says that the secret exists and has no value of that stage.
var ErrNoValue = errors.New("the secret has no value")

// Secrets keeps the tenants' connections.
type Secrets interface {
	Read(ctx context.Context, arn string, stage Stage) ([]byte, error)
	Write(ctx context.Context, arn string, stage Stage, value []byte) error
}

// Connection is what a tenant's secret holds. URL is in the form that Prisma takes; libpq, which refuses a schema there,
// takes LibpqURL, and finds the schema by the role's search path.
type Connection struct {
	URL             string `json:"url"`
	LibpqURL        string `json:"libpqUrl"`
	Host            string `json:"host"`
	Port            int    `json:"port"`
	Database        string `json:"database"`
	Schema          string `json:"schema"`
	Username        string `json:"username"`
	Password        string `json:"password"`
	SSLMode         string `json:"sslmode"`
	PasswordVersion int    `json:"passwordVersion"`
}

const sslMode = "verify-full"

func (p *Provisioner) connection(tenant, password string, version int) Connection {
	c := Connection{
		Host: p.Database.Host, Port: p.Database.Port, Database: p.Database.Name, Schema: slug.Schema(tenant),
		Username: slug.Role(tenant), Password: password, SSLMode: sslMode, PasswordVersion: version,
	}
	address := url.URL{
		Scheme: "postgresql", User: url.UserPassword(c.Username, c.Password),
		Host: c.Host + ":" + strconv.Itoa(c.Port), Path: "/" + c.Database, RawQuery: "sslmode=" + sslMode,
	}
	c.LibpqURL = address.String()
	// Prisma's own engines, which came before its driver adapters (version 7), know no verify-full: they go by sslaccept.
	address.RawQuery = "schema=" + url.QueryEscape(c.Schema) + "&sslmode=" + sslMode + "&sslaccept=strict"
	c.URL = address.String()
	return c
}

func (c Connection) credentials() database.Credentials {
	return database.Credentials{User: c.Username, Password: c.Password}
}

// vault is the tenant's secret as it was found.
type vault struct {
	secrets          Secrets
	arn              string
	current, pending *Connection // nil: none, or not one of ours
}

// open reads the secret, before anything is made that a missing one would leave half made, and under the tenant's lock, so
// that two runs do not choose two passwords.
func (p *Provisioner) open(ctx context.Context, arn string) (*vault, error) {
	v := &vault{secrets: p.Secrets, arn: arn}
	var err error
	if v.current, err = v.read(ctx, Current); err != nil {
		return nil, err
	}
	v.pending, err = v.read(ctx, Pending)
	return v, err
}

func (v *vault) read(ctx context.Context, stage Stage) (*Connection, error) {
	value, err := v.secrets.Read(ctx, v.arn, stage)
	if errors.Is(err, ErrNoValue) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the tenant's secret %s: %w", v.arn, err)
	}
	var c Connection
	if ours := json.Unmarshal(value, &c) == nil; !ours { // the error would quote the value
		return nil, nil
	}
	return &c, nil
}

func (v *vault) write(ctx context.Context, stage Stage, c Connection) error {
	value, err := json.Marshal(c) //nolint:gosec // the secret is where the password belongs
	if err != nil {
		return fmt.Errorf("encode the tenant's connection: %w", err)
	}
	if err := v.secrets.Write(ctx, v.arn, stage, value); err != nil {
		return fmt.Errorf("write the tenant's secret %s: %w", v.arn, err)
	}
	return nil
}

// choose gives the connection that the tenant shall have, and whether its password must be set in the database.
//
// The current password stays if it is of the wanted version and works. Else a new one is written to the secret as pending
// before the database hears of it, and becomes current only when the database has taken it: whenever a run is killed,
// the working password is in the secret, and the next run finds it.
func (p *Provisioner) choose(ctx context.Context, v *vault, r api.Request, roleExists bool) (c Connection, set bool, err error) {
	mine := func(c *Connection) bool {
		return c != nil && c.Username == slug.Role(r.Tenant) && c.Password != "" && c.PasswordVersion == r.PasswordVersion
	}
	if roleExists && mine(v.current) {
		works, err := p.Database.Works(ctx, v.current.credentials())
		if err != nil {
			return Connection{}, false, err
		}
		if works {
			return p.connection(r.Tenant, v.current.Password, r.PasswordVersion), false, nil
		}
	}
	if mine(v.pending) {
		return p.connection(r.Tenant, v.pending.Password, r.PasswordVersion), true, nil
	}
	c = p.connection(r.Tenant, rand.Text(), r.PasswordVersion)
	return c, true, v.write(ctx, Pending, c)
}

// settle makes the connection current, once it is seen to work.
func (p *Provisioner) settle(ctx context.Context, v *vault, c Connection) error {
	if v.current != nil && *v.current == c {
		return nil
	}
	works, err := p.Database.Works(ctx, c.credentials())
	if err != nil {
		return err
	}
	if !works {
		return errors.New("the database refuses the password that was set a moment ago: somebody else has changed the role; try again")
	}
	return v.write(ctx, Current, c)
}
