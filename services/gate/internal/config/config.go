// Package config reads gate's environment variables and puts it together.
package config

import (
	"cmp"
	"context"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/genericcorp/platform/internal/check"
	"github.com/genericcorp/platform/services/gate/api"
	"github.com/genericcorp/platform/services/gate/api/identity"
	"github.com/genericcorp/platform/services/gate/internal/database"
	"github.com/genericcorp/platform/services/gate/internal/decision"
	"github.com/genericcorp/platform/services/gate/internal/denials"
	"github.com/genericcorp/platform/services/gate/internal/directory"
	"github.com/genericcorp/platform/services/gate/internal/host"
	"github.com/genericcorp/platform/services/gate/internal/leases"
	"github.com/genericcorp/platform/services/gate/internal/ledger"
	"github.com/genericcorp/platform/services/gate/internal/server"
	"github.com/genericcorp/platform/services/gate/internal/usage"
)

type settings struct {
	domain              host.Domain
	contact, grpc, http string
	database            database.Database
	cacheFile           string
	cacheRoots          *x509.CertPool // nil: the public authorities
	signer              *identity.Signer
}

func read(getenv func(string) string) (settings, error) {
	p := check.Under("")
	s := settings{
		contact: getenv(api.EnvContact), grpc: cmp.Or(getenv(api.EnvGRPCAddress), api.DefaultGRPCAddress),
		http: cmp.Or(getenv(api.EnvHTTPAddress), api.DefaultHTTPAddress),
	}
	p.Require(s.contact != "", api.EnvContact, s.contact, "a URL or a mail address, which a suspended tenant is told")
	port, err := strconv.Atoi(cmp.Or(getenv(api.EnvPublicPort), strconv.Itoa(api.DefaultPublicPort)))
	p.Require(err == nil, api.EnvPublicPort, getenv(api.EnvPublicPort), "a number")
	name := getenv(api.EnvDomain)
	if err == nil {
		s.domain, err = host.New(name, port)
		if err != nil {
			p.Add(fmt.Errorf("%s, %s: %w", api.EnvDomain, api.EnvPublicPort, err))
		}
	}
	folder := cmp.Or(getenv(api.EnvSecretsFolder), api.DefaultSecretsFolder)
	s.database = readDatabase(p, getenv, folder)
	s.cacheFile = filepath.Join(folder, api.CacheFile)
	if file := getenv(api.EnvCacheCAFile); file != "" {
		s.cacheRoots = roots(p, api.EnvCacheCAFile, file)
	}
	s.signer, err = identity.NewSigner(filepath.Join(folder, api.SigningKeysFile), name)
	p.Add(err)
	return s, p.Err()
}

func readDatabase(p *check.Problems, getenv func(string) string, folder string) database.Database {
	d := database.Database{
		Host: getenv(api.EnvDatabaseHost), Name: getenv(api.EnvDatabaseName), PasswordFile: filepath.Join(folder, api.PasswordFile),
		Roots: roots(p, api.EnvDatabaseCAFile, cmp.Or(getenv(api.EnvDatabaseCAFile), api.DatabaseCAFile)),
	}
	p.Require(d.Host != "", api.EnvDatabaseHost, d.Host, "the database's address")
	p.Require(d.Name != "", api.EnvDatabaseName, d.Name, "the name of the tenants' database")
	port, err := strconv.ParseUint(getenv(api.EnvDatabasePort), 10, 16)
	p.Require(err == nil && port > 0, api.EnvDatabasePort, getenv(api.EnvDatabasePort), "1 to 65535")
	d.Port = uint16(port)
	return d
}

// roots reads the authorities that a variable names.
func roots(p *check.Problems, variable, file string) *x509.CertPool {
	pool := x509.NewCertPool()
	text, err := os.ReadFile(file) // named by whoever deploys gate
	p.Require(err == nil && pool.AppendCertsFromPEM(text), variable, file, "a file with certificates in PEM")
	return pool
}

// Run runs gate until the context ends.
func Run(ctx context.Context, getenv func(string) string) error {
	s, err := read(getenv)
	if err != nil {
		return err
	}
	var listen net.ListenConfig
	questions, err := listen.Listen(ctx, "tcp", s.grpc)
	if err != nil {
		return fmt.Errorf("%s: %w", api.EnvGRPCAddress, err)
	}
	probes, err := listen.Listen(ctx, "tcp", s.http)
	if err != nil {
		_ = questions.Close() // unused
		return fmt.Errorf("%s: %w", api.EnvHTTPAddress, err)
	}
	known, shared := &directory.Directory{Now: time.Now}, &ledger.Ledger{Database: s.database}
	counted, denied := usage.NewRecorder(shared), denials.New(slog.Default(), time.Now)
	underWay := leases.Open(s.cacheFile, s.cacheRoots)
	watch := &directory.Watch{Directory: known, Database: s.database}
	// They end after the server, which needs them for what is in flight.
	beside, end := context.WithCancel(context.WithoutCancel(ctx))
	var all sync.WaitGroup
	all.Go(func() { watch.Run(beside) })
	all.Go(func() { counted.Run(beside); shared.Close(beside) })
	all.Go(func() { denied.Run(beside) })
	all.Go(func() { underWay.Run(beside); _ = underWay.Close() }) // nothing is left to say to the cache
	defer func() { end(); all.Wait() }()
	served := &server.Server{
		Authorization: &server.Authorization{
			Gate:   decision.Gate{Domain: s.domain, Knowledge: known, Contact: s.contact, Now: time.Now},
			Leases: underWay, Signer: s.signer, Denials: denied, Now: time.Now,
		},
		AccessLog: &server.AccessLog{Domain: s.domain, Known: known.Known, Usage: counted, Leases: underWay},
		Ready:     known.Fresh,
	}
	return served.Run(ctx, questions, probes)
}
