package leases

import (
	"context"
	"crypto/x509"
	"sync"

	"github.com/redis/go-redis/v9"

	"github.com/genericcorp/platform/internal/cachelogin"
)

// connections are how many gate has to the cache at most. A lease takes it a fraction of a millisecond.
const connections = 20

// quiet keeps lines of the client's own, which have no structure, out of gate's log: what goes wrong is an error as well.
type quiet struct{}

func (quiet) Printf(context.Context, string, ...any) {}

var beQuiet = sync.OnceFunc(func() { redis.SetLogger(quiet{}) })

// Open makes leases on the cache whose secret is in the file. It reads the file again for each connection, so that a rotation needs no
// restart. Roots may have signed the cache's certificate; nil: the public authorities.
func Open(path string, roots *x509.CertPool) *Leases {
	beQuiet()
	file := cachelogin.File{Path: path, Roots: roots, Patience: patience}
	client := redis.NewClient(&redis.Options{
		Addr:   "cache", // Dialer knows
		Dialer: file.Dial, CredentialsProviderContext: file.Credentials,
		DialTimeout: patience, ReadTimeout: patience, WriteTimeout: patience, PoolTimeout: patience, ContextTimeoutEnabled: true,
		PoolSize: connections, MaxRetries: 1, DialerRetries: 1, DisableIdentity: true,
	})
	return &Leases{client: client, lasts: Lasts, ends: make(chan lease, mostEnds)}
}

// Close ends the connections.
func (l *Leases) Close() error { return l.client.Close() }
