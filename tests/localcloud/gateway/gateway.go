// Package gateway stands before the AWS emulator. It serves the operations that the emulator lacks, corrects the answers
// that must point at the local cloud's real servers, sends everything else on, and turns the emulator's failures into
// immediate errors that name the operation. It keeps what it is told and decides nothing.
package gateway

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
)

// Config says what the gateway stands before.
type Config struct {
	// Backend is the emulator's address, such as http://127.0.0.1:5000.
	Backend string
	// AccountID and Region appear in the names of what the gateway keeps.
	AccountID string
	Region    string
	// Host is the loopback address at which databases and caches are offered, each at the port that it was asked for.
	Host string
	// Kubernetes is the API server that every EKS cluster leads to.
	Kubernetes Kubernetes
	// Postgres is the server that every RDS instance leads to.
	Postgres Postgres
	// Redis is the server that every replication group leads to.
	Redis Redis
	// Lambda says where functions live.
	Lambda Lambda
	// Log receives a line for each operation that could not be served.
	Log *slog.Logger
}

// Kubernetes tells how clients reach the API server.
type Kubernetes struct {
	Endpoint             string // https://127.0.0.1:<port>
	CertificateAuthority string // PEM in base64, as EKS tells it
}

// Postgres tells how the gateway reaches the database server.
type Postgres struct {
	Address    string                       // 127.0.0.1:<port>
	ConnString func(database string) string // for the superuser, whom no client of the cloud knows
	Copies     Copies
}

// Copies are physical copies of the database server: a snapshot is one at rest, a restored instance one that serves.
// Names are those that RDS takes.
type Copies interface {
	Snapshot(ctx context.Context, snapshot string) error
	RemoveSnapshot(snapshot string) error
	// Restore serves a copy of the snapshot on a port of 127.0.0.1.
	Restore(ctx context.Context, snapshot, instance string) (port int, err error)
	RemoveRestored(instance string) error
}

// Redis tells how the gateway reaches the cache server, which speaks TLS alone.
type Redis struct {
	Address       string // 127.0.0.1:<port>
	AdminUser     string
	AdminPassword string
	CA            []byte // PEM
}

// Lambda tells where functions live and what they reach.
type Lambda struct {
	Dir      string // for the unpacked archives
	Logs     string // for lambda-<function>-<number>.log, one for each environment that runs beside others
	Endpoint string // http://127.0.0.1:<port> of the gateway itself
}

// service is one AWS service that the gateway knows something about.
type service interface {
	// serve answers the request and returns true, or leaves it to the emulator.
	serve(w http.ResponseWriter, r *http.Request) bool
}

// Gateway is an http.Handler for every AWS service at one address.
type Gateway struct {
	config   Config
	services map[string]service // by the name that requests are signed for
	proxy    *httputil.ReverseProxy
}

// New makes a gateway. Close it when it no longer serves.
func New(config Config) (*Gateway, error) {
	backend, err := url.Parse(config.Backend)
	if err != nil {
		return nil, fmt.Errorf("the emulator's address: %w", err)
	}
	g := &Gateway{config: config, services: map[string]service{}}
	g.services["budgets"] = newBudgets(config.AccountID)
	g.services["ce"] = newCostExplorer(config.AccountID)
	g.proxy = &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			host := r.In.Host
			r.SetURL(backend)
			r.Out.Host = host // the emulator finds buckets and services by the host
		},
		Transport:      whole{http.DefaultTransport},
		ModifyResponse: g.correct,
		ErrorHandler:   g.unreachable,
		ErrorLog:       slog.NewLogLogger(config.Log.Handler(), slog.LevelError),
	}
	g.services["cloudtrail"] = cloudtrail{}
	g.services["ec2"] = newEC2(g.proxy)
	g.services["s3"] = newS3(g.proxy)
	g.services["eks"] = newEKS(config)
	g.services["rds"] = newRDS(config, g.proxy)
	g.services["lambda"] = newLambda(config, g.proxy)
	g.services["elasticache"] = newElastiCache(config, g.proxy)
	return g, nil
}

// Close releases what the gateway holds open.
func (g *Gateway) Close() {
	for name, known := range g.services {
		closer, ok := known.(io.Closer)
		if !ok {
			continue
		}
		if err := closer.Close(); err != nil {
			g.config.Log.Error("close", "service", name, "error", err)
		}
	}
}

// ServeHTTP implements http.Handler.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if known, ok := g.services[signedFor(r)]; ok && known.serve(w, r) {
		return
	}
	g.proxy.ServeHTTP(w, r)
}

// signedFor is the service in the scope of the request's signature, such as "eks", or nothing.
func signedFor(r *http.Request) string {
	// AWS4-HMAC-SHA256 Credential=<key>/<day>/<region>/<service>/aws4_request, SignedHeaders=...
	_, credential, found := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	if found {
		credential, _, _ = strings.Cut(credential, ",")
	} else {
		credential = r.URL.Query().Get("X-Amz-Credential")
	}
	scope := strings.Split(credential, "/")
	if len(scope) < 5 {
		return ""
	}
	return scope[len(scope)-2]
}
