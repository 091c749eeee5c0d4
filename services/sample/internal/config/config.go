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
	s := settings{address: cmp.Or(getenv(api.EnvAddress), api.DefaultAddress), secrets: cmp.Or(getenv(api.EnvSecretsFolder), api.DefaultSecretsFolder), drain: api.DefaultDrain}
	if len(arguments) == 1 {
		s.role = arguments[0]
	}
	p.Require(len(arguments) == 1 && slices.Contains(roles, s.role), "arguments", arguments, check.Alternatives(roles...))
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
	if text := getenv(api.EnvDrain); text != "" {
		s.drain, err = time.ParseDuration(text)
		p.Require(err == nil && s.drain >= 0 && s.drain <= maxDrain, api.EnvDrain, text, "a duration up to "+maxDrain.String())
	}
	s.tenant = tenantOf(p, getenv(api.EnvIdentityKeysFile), getenv(api.EnvIdentityDomain))
	return s, p.Err()
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
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.address)
	if err != nil {
		return fmt.Errorf("%s: %w", api.EnvAddress, err)
	}
	secrets := tenants.Secrets{Folder: s.secrets}
	store, jobs := tenants.NewStore(secrets, s.database), queue.Open(s.secrets, s.cache)
	defer store.Close()
	defer func() { _ = jobs.Close() }() // nothing is in flight any more
	service := notes.Service{Store: store, Queue: jobs}
	server := &web.Server{Ready: jobs.Ping, Drain: s.drain}
	if s.role == api.RoleServe {
		server.Handler = web.New(service, s.tenant)
		return server.Run(ctx, listener)
	}
	server.Drain = 0
	var work interface {
		Run(ctx context.Context)
		Alive() bool
	}
	if s.role == api.RoleTend {
		tender := &worker.Tender{Service: service, Uncounted: store.Uncounted, Tenants: secrets.List}
		work, server.Ready = tender, func(context.Context) error { return requireTenants(secrets) }
	} else {
		name, err := os.Hostname() // the pod's
		if err != nil {
			return err
		}
		work = &worker.Worker{Name: name, Service: service, Queue: jobs, Tenants: secrets.List}
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
