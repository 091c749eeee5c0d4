// Package config reads the environment variables and puts the application together.
package config

import (
	"cmp"
	"context"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"slices"
	"time"

	"github.com/genericcorp/platform/internal/check"
	"github.com/genericcorp/platform/services/gate/api/identity"
	"github.com/genericcorp/platform/services/sample/api"
	"github.com/genericcorp/platform/services/sample/internal/notes"
	"github.com/genericcorp/platform/services/sample/internal/queue"
	"github.com/genericcorp/platform/services/sample/internal/tenants"
	"github.com/genericcorp/platform/services/sample/internal/web"
	"github.com/genericcorp/platform/services/sample/internal/worker"
)

type settings struct {
	role, address, secrets string
	database, cache        *x509.CertPool
	drain                  time.Duration
	tenant                 web.Tenant
}

var roles = []string{api.RoleServe, api.RoleWork, api.RoleTend}

// maxDrain is far below how long a pod may take to stop.
const maxDrain = 20 * time.Second

func read(arguments []string, getenv func(string) string) (settings, error) {
	p := check.Under("")
	s := readShared(p, getenv)
	if len(arguments) == 1 {
		s.role = arguments[0]
	}
	p.Require(len(arguments) == 1 && slices.Contains(roles, s.role), "arguments", arguments, check.Alternatives(roles...))
	if text := getenv(api.EnvDrain); text != "" {
		drain, err := time.ParseDuration(text)
		p.Require(err == nil && drain >= 0 && drain <= maxDrain, api.EnvDrain, text, "a duration up to "+maxDrain.String())
		s.drain = drain
	}
	s.tenant = tenantOf(p, getenv(api.EnvIdentityKeysFile), getenv(api.EnvIdentityDomain))
	return s, p.Err()
}

// readShared reads what every role has.
func readShared(p *check.Problems, getenv func(string) string) settings {
	s := settings{address: cmp.Or(getenv(api.EnvAddress), api.DefaultAddress), secrets: cmp.Or(getenv(api.EnvSecretsFolder), api.DefaultSecretsFolder), drain: api.DefaultDrain}
	_, err := os.ReadDir(s.secrets)
	p.Require(err == nil, api.EnvSecretsFolder, s.secrets, "a folder that can be read")
	authorities := func(name, otherwise string) *x509.CertPool {
		file := cmp.Or(getenv(name), otherwise)
		if file == "" {
			return nil
		}
		pool := x509.NewCertPool()
		text, err := os.ReadFile(file) // named by whoever deploys the application
		p.Require(err == nil && pool.AppendCertsFromPEM(text), name, file, "a file with certificates in PEM")
		return pool
	}
	s.database, s.cache = authorities(api.EnvDatabaseCAFile, api.DatabaseCAFile), authorities(api.EnvCacheCAFile, "")
	return s
}

// tenantOf is how a request's tenant is known.
func tenantOf(p *check.Problems, keys, domain string) web.Tenant {
	if keys == "" && domain == "" {
		return web.ByHeader
	}
	p.Require(keys != "", api.EnvIdentityKeysFile, keys, "a file, as "+api.EnvIdentityDomain+" is set")
	p.Require(domain != "", api.EnvIdentityDomain, domain, "a domain, as "+api.EnvIdentityKeysFile+" is set")
	verifier, err := identity.NewVerifier(keys, domain)
	if keys != "" {
		p.Add(err)
	}
	return web.ByIdentity(verifier)
}

// Run runs the application in its role until the context ends.
func Run(ctx context.Context, arguments []string, getenv func(string) string) error {
	s, err := read(arguments, getenv)
	if err != nil {
		return err
	}
	secrets := tenants.Secrets{Folder: s.secrets}
	return s.run(ctx, func(service notes.Service, store *tenants.Store, jobs *queue.Queue) (*web.Server, Worker, error) {
		switch s.role {
		case api.RoleServe:
			return &web.Server{Ready: jobs.Ping, Drain: s.drain, Handler: web.New(service, s.tenant)}, nil, nil
		case api.RoleTend:
			return &web.Server{Ready: func(context.Context) error { return requireTenants(secrets) }},
				&worker.Tender{Service: service, Uncounted: store.Uncounted, Tenants: secrets.List}, nil
		default:
			name, err := os.Hostname() // the pod's
			return &web.Server{Ready: jobs.Ping}, &worker.Worker{Name: name, Service: service, Queue: jobs, Tenants: secrets.List}, err
		}
	})
}

// Worker does what a role is for, beside answers about its health.
type Worker interface {
	Run(ctx context.Context) // until the context ends
	Alive() bool
}

// RunWorker runs a worker that is no role of the program sample, until the context ends. Ready says whether it can work.
func RunWorker(ctx context.Context, getenv func(string) string, start func(notes.Service) (work Worker, ready func(context.Context) error, err error)) error {
	p := check.Under("")
	s := readShared(p, getenv)
	if err := p.Err(); err != nil {
		return err
	}
	return s.run(ctx, func(service notes.Service, _ *tenants.Store, _ *queue.Queue) (*web.Server, Worker, error) {
		work, ready, err := start(service)
		return &web.Server{Ready: ready}, work, err
	})
}

// run puts the application together, and runs it until the context ends.
func (s settings) run(ctx context.Context, open func(notes.Service, *tenants.Store, *queue.Queue) (*web.Server, Worker, error)) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.address)
	if err != nil {
		return fmt.Errorf("%s: %w", api.EnvAddress, err)
	}
	store, jobs := tenants.NewStore(tenants.Secrets{Folder: s.secrets}, s.database), queue.Open(s.secrets, s.cache)
	defer store.Close()
	defer func() { _ = jobs.Close() }() // nothing is in flight any more
	server, work, err := open(notes.Service{Store: store, Queue: jobs}, store, jobs)
	if err != nil {
		_ = listener.Close() // the other error says why
		return err
	}
	if work == nil {
		return server.Run(ctx, listener)
	}
	server.Alive = work.Alive
	done := make(chan struct{})
	go func() { defer close(done); work.Run(ctx) }()
	err = server.Run(ctx, listener)
	<-done
	return err
}

// requireTenants requires the secret of a tenant.
func requireTenants(secrets tenants.Secrets) error {
	list, err := secrets.List()
	if err == nil && len(list) == 0 {
		//page:none whoever deploys the application mounts them
		err = fmt.Errorf("%s has no secret of a tenant", secrets.Folder)
	}
	return err
}
