package servers

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"

	"github.com/genericcorp/platform/tests/localcloud/pki"
	"github.com/genericcorp/platform/tests/localcloud/supervise"
)

// RedisAdmin is the user that the gateway sets the tenants' token with; nobody else knows it.
const RedisAdmin = "local-admin"

// Redis is the cache server's files. It is Valkey where the system has it, else Redis.
type Redis struct {
	program   string
	dir       string
	authority *pki.Authority
	// AdminPassword belongs to RedisAdmin.
	AdminPassword string
}

// NewRedis writes the server's files into dir. Its certificate is valid for hosts.
func NewRedis(program, dir string, authority *pki.Authority, hosts ...string) (*Redis, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	pair, err := authority.Server(hosts...)
	if err != nil {
		return nil, err
	}
	if _, _, err := pair.Write(dir, "server"); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "ca.crt"), authority.PEM, 0o600); err != nil {
		return nil, err
	}
	return &Redis{program: program, dir: dir, authority: authority, AdminPassword: rand.Text()}, nil
}

// Server plans the server on the port. The default user is off until a replication group brings its token.
func (r *Redis) Server(port int) (supervise.Spec, error) {
	config := fmt.Sprintf(`bind 127.0.0.1
port 0
tls-port %d
tls-cert-file %[2]s/server.crt
tls-key-file %[2]s/server.key
tls-ca-cert-file %[2]s/ca.crt
tls-auth-clients no
dir %[2]s
save ""
appendonly no
user default off
user %[3]s on >%[4]s ~* &* +@all
`, port, r.dir, RedisAdmin, r.AdminPassword)
	path := filepath.Join(r.dir, "redis.conf")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		return supervise.Spec{}, err
	}
	return supervise.Spec{Name: "redis", Command: []string{r.program, path}, Address: loopback(port), Ready: r.ready(loopback(port))}, nil
}

// ready shakes hands with the server, which a server that hangs does not.
func (r *Redis) ready(address string) func(context.Context) error {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(r.authority.PEM)
	dialer := &tls.Dialer{Config: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	return func(ctx context.Context) error {
		connection, err := dialer.DialContext(ctx, "tcp", address)
		if err != nil {
			return err
		}
		return connection.Close()
	}
}
