package leases

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
	"sync"

	"github.com/redis/go-redis/v9"
)

// connections are how many gate has to the cache at most. A lease takes it a fraction of a millisecond.
const connections = 20

// secret is what the cache's file holds.
type secret struct {
	Host  string `json:"host"`
	Port  int    `json:"port"`
	Token string `json:"token"`
	TLS   bool   `json:"tls"`
}

func read(file string) (found secret, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return found, fmt.Errorf("read how to log in to the cache: %w", err)
	}
	if json.Unmarshal(text, &found) != nil || found.Host == "" || found.Port == 0 {
		// An error would quote the secret.
		//page:none the component of the cache writes the secret, and the message says what is right
		return secret{}, errors.New("the cache's secret is wrong: expected JSON with host, port, token and tls")
	}
	return found, nil
}

// quiet keeps lines of the client's own, which have no structure, out of gate's log: what goes wrong is an error as well.
type quiet struct{}

func (quiet) Printf(context.Context, string, ...any) {}

var beQuiet = sync.OnceFunc(func() { redis.SetLogger(quiet{}) })

// Open makes leases on the cache whose secret is in the file. It reads the file again for each connection, so that a rotation needs no
// restart. Roots may have signed the cache's certificate; nil: the public authorities.
func Open(file string, roots *x509.CertPool) *Leases {
	beQuiet()
	client := redis.NewClient(&redis.Options{
		Addr: "cache", // Dialer knows
		Dialer: func(ctx context.Context, _, _ string) (net.Conn, error) {
			found, err := read(file)
			if err != nil {
				return nil, err
			}
			address := net.JoinHostPort(found.Host, strconv.Itoa(found.Port))
			if !found.TLS {
				return (&net.Dialer{Timeout: patience}).DialContext(ctx, "tcp", address)
			}
			secure := tls.Dialer{
				NetDialer: &net.Dialer{Timeout: patience}, Config: &tls.Config{RootCAs: roots, ServerName: found.Host, MinVersion: tls.VersionTLS12},
			}
			return secure.DialContext(ctx, "tcp", address)
		},
		CredentialsProviderContext: func(context.Context) (user, password string, err error) {
			found, err := read(file)
			return "", found.Token, err
		},
		DialTimeout: patience, ReadTimeout: patience, WriteTimeout: patience, PoolTimeout: patience, ContextTimeoutEnabled: true,
		PoolSize: connections, MaxRetries: 1, DialerRetries: 1, DisableIdentity: true,
	})
	return &Leases{client: client, lasts: Lasts, ends: make(chan lease, mostEnds)}
}

// Close ends the connections.
func (l *Leases) Close() error { return l.client.Close() }
