package tenancy

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"

	"github.com/genericcorp/platform/internal/tenant/slug"
	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/database"
	"github.com/genericcorp/platform/services/provisioner/internal/domain"
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
//
//page:none callers treat it, and it is never shown
var ErrNoValue = errors.New("the secret has no value")

// Secrets keeps the tenants' connections.
type Secrets interface {
	Read(ctx context.Context, arn string, stage Stage) ([]byte, error)
	Write(ctx context.Context, arn string, stage Stage, value []byte) error
}

func (p *Provisioner) connection(r api.Request, password string) domain.Connection {
	return domain.NewConnection(p.Database.Host, p.Database.Port, p.Database.Name, r.Tenant, password, r.PasswordVersion, r.Limits.Connections)
}

func credentials(c domain.Connection) database.Credentials {
	return database.Credentials{User: c.Username, Password: c.Password}
}

// tenantSecret is the tenant's secret as it was found.
type tenantSecret struct {
	secrets          Secrets
	arn              string
	current, pending *domain.Connection // nil: none, or not one of ours
}

// checkSecretARN requires the secret of this environment's tenant: else a mistaken request would overwrite another's, and
// lead its workloads into the wrong schema. The name ends with digits that the deployment has chosen (26, or 7 on
// a local cloud), and an ARN with six characters that AWS has.
func (p *Provisioner) checkSecretARN(tenant, arn string) error {
	return checkSecretName(slug.SecretName(p.Environment, tenant), arn)
}

func checkSecretName(want, arn string) error {
	pattern := `^arn:[^:]+:secretsmanager:[^:]*:[^:]*:secret:` + regexp.QuoteMeta(want) + `(-([0-9a-f]{7}|[0-9a-f]{26}))?(-[A-Za-z0-9]{6})?$`
	if !regexp.MustCompile(pattern).MatchString(arn) {
		//page:none the stack writes it, and the message says what is right
		return fmt.Errorf("request.secretArn: got %q, expected the secret %s", arn, want)
	}
	return nil
}

// open reads the secret, before anything is made that a missing one would leave partially created, and under the tenant's lock, so
// that two runs do not choose two passwords.
func (p *Provisioner) open(ctx context.Context, tenant, arn string) (*tenantSecret, error) {
	s := &tenantSecret{secrets: p.Secrets, arn: arn}
	var err error
	if s.current, err = s.read(ctx, Current); err != nil {
		return nil, err
	}
	if s.pending, err = s.read(ctx, Pending); err != nil {
		return nil, err
	}
	for _, c := range []*domain.Connection{s.current, s.pending} {
		if c != nil && c.Username != "" && c.Username != slug.Role(tenant) {
			//page:provisioner-trouble
			return nil, fmt.Errorf("the tenant's secret %s holds the connection of another role, %s: see whose secret it is; if it is this tenant's, put an empty object ({}) into it and apply the tenant again", arn, c.Username)
		}
	}
	return s, nil
}

func (s *tenantSecret) read(ctx context.Context, stage Stage) (*domain.Connection, error) {
	value, err := s.secrets.Read(ctx, s.arn, stage)
	if errors.Is(err, ErrNoValue) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the tenant's secret %s: %w", s.arn, err)
	}
	var c domain.Connection
	if ours := json.Unmarshal(value, &c) == nil; !ours { // the error would quote the value
		return nil, nil
	}
	return &c, nil
}

func (s *tenantSecret) write(ctx context.Context, stage Stage, c domain.Connection) error {
	value, err := json.Marshal(c) //nolint:gosec // the secret is where the password belongs
	if err != nil {
		return fmt.Errorf("encode the tenant's connection: %w", err)
	}
	if err := s.secrets.Write(ctx, s.arn, stage, value); err != nil {
		return fmt.Errorf("write the tenant's secret %s: %w", s.arn, err)
	}
	return nil
}

// choose gives the connection that the tenant shall have, and whether its password must be set in the database.
//
// The current password stays if it is of the version asked for and works. Else a new one is written to the secret as pending
// before the database hears of it, and becomes current only when the database has taken it: whenever a run is killed,
// the working password is in the secret, and the next run finds it.
func (p *Provisioner) choose(ctx context.Context, s *tenantSecret, r api.Request, roleExists, restoring bool) (c domain.Connection, set bool, err error) {
	if restoring && s.current.Is(r.Tenant, r.PasswordVersion) { // the role gets it back when the restore ends
		return p.connection(r, s.current.Password), false, nil
	}
	if roleExists && s.current.Is(r.Tenant, r.PasswordVersion) {
		works, err := p.Database.Works(ctx, credentials(*s.current))
		if err != nil {
			return domain.Connection{}, false, err
		}
		if works {
			return p.connection(r, s.current.Password), false, nil
		}
	}
	if s.pending.Is(r.Tenant, r.PasswordVersion) {
		return p.connection(r, s.pending.Password), true, nil
	}
	c = p.connection(r, rand.Text())
	return c, true, s.write(ctx, Pending, c)
}

// promoteSecret makes the connection current, once it is seen to work.
func (p *Provisioner) promoteSecret(ctx context.Context, s *tenantSecret, c domain.Connection, restoring bool) error {
	if s.current != nil && *s.current == c {
		return nil
	}
	if restoring { // the role has another password until the restore ends
		return s.write(ctx, Current, c)
	}
	works, err := p.Database.Works(ctx, credentials(c))
	if err != nil {
		return err
	}
	if !works {
		//page:provisioner-trouble
		return errors.New("the database refuses the password that was set a moment ago: somebody else has changed the role; try again")
	}
	return s.write(ctx, Current, c)
}
