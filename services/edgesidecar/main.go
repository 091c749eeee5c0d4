// Command edgesidecar runs beside the programs of the edge that are not our own. Package api says how it is run.
package main

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	_ "golang.org/x/crypto/x509roots/fallback" // the public authorities: an image has no others

	"github.com/genericcorp/platform/services/edgesidecar/api"
	"github.com/genericcorp/platform/services/edgesidecar/internal/drain"
	"github.com/genericcorp/platform/services/edgesidecar/internal/login"
)

func main() {
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stderr, nil)))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		slog.Error("stopped", "cause", err)
		os.Exit(1) //nolint:gocritic // nothing is left to undo
	}
}

func run(ctx context.Context, arguments []string) error {
	role := ""
	if len(arguments) == 1 {
		role = arguments[0]
	}
	switch role {
	case api.RoleLogin:
		roots, err := authorities(os.Getenv(api.EnvCacheCAFile))
		if err != nil {
			return err
		}
		listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(api.CachePort)))
		if err != nil {
			return fmt.Errorf("listen for whoever needs the cache: %w", err)
		}
		l := &login.Login{File: filepath.Join(api.SecretsFolder, api.CacheFile), Roots: roots}
		return both(ctx, func(ctx context.Context) error { return l.Serve(ctx, listener) }, l.Handler())
	case api.RoleDrain:
		d := &drain.Drain{
			Admin: "http://" + cmp.Or(os.Getenv(api.EnvProxyAdmin), api.DefaultProxyAdmin),
			Hear:  api.HearSeconds * time.Second, Finish: api.FinishSeconds * time.Second,
		}
		return both(ctx, func(ctx context.Context) error { <-ctx.Done(); return nil }, d.Handler())
	default:
		//page:none the component of the edge writes the argument
		return fmt.Errorf("arguments: got %q, expected %s or %s", arguments, api.RoleLogin, api.RoleDrain)
	}
}

// both serves what the role is for, and HTTP beside it, until the context ends or one of them fails.
func both(ctx context.Context, serve func(context.Context) error, handler http.Handler) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	server := &http.Server{Addr: fmt.Sprintf(":%d", api.Port), Handler: handler, ReadHeaderTimeout: 2 * time.Second}
	done := make(chan error, 2)
	go func() { done <- serve(ctx) }()
	go func() { done <- server.ListenAndServe() }()
	err := <-done
	stop()
	_ = server.Close() // nobody asks any more
	return errors.Join(err, ignoreClosed(<-done))
}

func ignoreClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// authorities are those of a file, or those of the machine.
func authorities(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil //nolint:nilnil // crypto/tls takes the machine's then
	}
	roots := x509.NewCertPool()
	text, err := os.ReadFile(file) //nolint:gosec // named by whoever deploys it
	if err != nil || !roots.AppendCertsFromPEM(text) {
		//page:none the component of the edge writes the variable
		return nil, fmt.Errorf("%s: got %q, expected a file with certificates in PEM", api.EnvCacheCAFile, file)
	}
	return roots, nil
}
