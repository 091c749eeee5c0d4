package cloud

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"syscall"
	"time"

	"github.com/genericcorp/platform/internal/freeport"
	"github.com/genericcorp/platform/tests/localcloud/balancer"
	"github.com/genericcorp/platform/tests/localcloud/gateway"
	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
	"github.com/genericcorp/platform/tests/localcloud/gateway/eks"
	"github.com/genericcorp/platform/tests/localcloud/gateway/elasticache"
	"github.com/genericcorp/platform/tests/localcloud/gateway/lambda"
	"github.com/genericcorp/platform/tests/localcloud/gateway/rds"
	"github.com/genericcorp/platform/tests/localcloud/servers"
)

// endpoint is where the cloud serves. It is known before the gateway serves, since other servers are configured with it.
type endpoint struct {
	listener net.Listener
	server   *http.Server
	gateway  *gateway.Gateway
	log      *os.File
}

// listen opens the port, or any free one when it is 0.
func listen(port int) (*endpoint, error) {
	open := freeport.Listen
	if port != 0 {
		open = func() (net.Listener, error) {
			return net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		}
	}
	listener, err := open()
	if port != 0 && errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("port %d of 127.0.0.1 is taken by another program: choose another, or none to get a free one", port)
	}
	if err != nil {
		return nil, fmt.Errorf("open the local cloud's endpoint: %w", err)
	}
	return &endpoint{listener: listener}, nil
}

func (e *endpoint) address() string { return e.listener.Addr().String() }
func (e *endpoint) url() string     { return "http://" + e.address() }

// serve starts the gateway before the emulator.
func (e *endpoint) serve(r *run) error {
	path := r.layout.log("gateway")
	log, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return explain("open the gateway's log", path, err)
	}
	e.log = log
	logger := slog.New(slog.NewTextHandler(log, nil))
	e.gateway, err = gateway.New(gateway.Config{
		Emulator: "http://" + r.motoAddr,
		Account:  awsapi.Account{ID: servers.AccountID, Region: servers.Region},
		Host:     r.host,
		Kubernetes: eks.APIServer{
			Endpoint:             r.kubernetes.Endpoint(),
			CertificateAuthority: r.kubernetes.CertificateAuthority(),
		},
		Nodes: r.groups(),
		Postgres: rds.Server{
			Address: net.JoinHostPort("127.0.0.1", strconv.Itoa(r.postgres.Port())), ConnString: r.postgres.ConnString, Snapshots: snapshots{r},
		},
		Redis: elasticache.Server{
			Address: r.redisAddr, AdminUser: servers.RedisAdmin, AdminPassword: r.redis.AdminPassword, CA: r.authority.PEM,
		},
		Lambda:   lambda.Places{Dir: r.layout.path("lambda"), Logs: r.layout.logs(), Endpoint: e.url()},
		Frontend: balancer.Config{Sign: r.authority.ServerBetween, Dial: r.dialNode, Report: r.report},
		Endpoint: e.url(),
		Images:   r.layout.path("images"),
		Mail:     r.layout.path("mail"),
		Log:      logger,
	})
	if err != nil {
		return err
	}
	e.server = &http.Server{Handler: r.handler(), ReadHeaderTimeout: 30 * time.Second, ErrorLog: slog.NewLogLogger(logger.Handler(), slog.LevelWarn)}
	go func() {
		if err := e.server.Serve(e.listener); !errors.Is(err, http.ErrServerClosed) {
			r.report(fmt.Sprintf("the gateway stopped: %v", err))
		}
	}()
	return nil
}

func (e *endpoint) close() {
	if e.server == nil {
		_ = e.listener.Close() // nothing was served
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if e.server.Shutdown(ctx) != nil {
		_ = e.server.Close() // some client does not let go
	}
	e.gateway.Close()
	_ = e.log.Close() // nothing more is written
}
