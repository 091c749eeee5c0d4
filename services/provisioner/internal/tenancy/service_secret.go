package tenancy

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/database"
)

// servicePassword is a password of a service's role, and its number.
type servicePassword struct {
	Role     string
	Password string
	Version  int
}

// passwordFile is how the secret holds it: as libpq's password file, which is what a program reads that gets PGPASSFILE. So the password
// is neither in an environment nor in a program's configuration. Passwords need no escaping: they are of rand.Text.
// Source: https://www.postgresql.org/docs/17/libpq-pgpass.html
const passwordFile = "# password %d of the service\n*:*:*:%s:%s\n"

func (s servicePassword) text() []byte {
	return fmt.Appendf(nil, passwordFile, s.Version, s.Role, s.Password)
}

// readService gives the password that the secret holds; ok is false if there is none, or none of that version.
func (p *Provisioner) readService(ctx context.Context, r api.Request, stage Stage) (held servicePassword, ok bool, err error) {
	value, err := p.Secrets.Read(ctx, r.SecretARN, stage)
	if errors.Is(err, ErrNoValue) {
		return held, false, nil
	}
	if err != nil {
		return held, false, fmt.Errorf("read the service's secret %s: %w", r.SecretARN, err)
	}
	held.Role, held.Version = r.Service.Name, r.PasswordVersion
	prefix := fmt.Sprintf(passwordFile, held.Version, held.Role, "")
	prefix = prefix[:len(prefix)-1] // the end of the line
	text := string(value)
	if len(text) <= len(prefix)+1 || text[:len(prefix)] != prefix {
		return held, false, nil
	}
	held.Password = text[len(prefix) : len(text)-1]
	return held, true, nil
}

// chooseService gives the password that the role shall have, and whether the database must be told, as choose does for a tenant.
func (p *Provisioner) chooseService(ctx context.Context, r api.Request, roleExists bool) (password servicePassword, set bool, err error) {
	current, ok, err := p.readService(ctx, r, Current)
	if err != nil {
		return password, false, err
	}
	if ok && roleExists {
		works, err := p.Database.Works(ctx, database.Credentials{User: current.Role, Password: current.Password})
		if err != nil || works {
			return current, false, err
		}
	}
	pending, ok, err := p.readService(ctx, r, Pending)
	if err != nil || ok {
		return pending, true, err
	}
	password = servicePassword{Role: r.Service.Name, Password: rand.Text(), Version: r.PasswordVersion}
	if err := p.Secrets.Write(ctx, r.SecretARN, Pending, password.text()); err != nil {
		return password, false, fmt.Errorf("write the service's secret %s: %w", r.SecretARN, err)
	}
	return password, true, nil
}

// promoteService makes the password current, once the database has taken it.
func (p *Provisioner) promoteService(ctx context.Context, arn string, password servicePassword) error {
	current, err := p.Secrets.Read(ctx, arn, Current)
	if err == nil && string(current) == string(password.text()) {
		return nil
	}
	if err != nil && !errors.Is(err, ErrNoValue) {
		return fmt.Errorf("read the service's secret %s: %w", arn, err)
	}
	if err := p.Secrets.Write(ctx, arn, Current, password.text()); err != nil {
		return fmt.Errorf("write the service's secret %s: %w", arn, err)
	}
	return nil
}
