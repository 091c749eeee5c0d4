// Package sandbox stands between the engine and a program that is not trusted, that of a pull request. The program
// reaches the guard in place of the engine, and the guard passes on what its rules let through: the resources of the
// providers that this repository uses, described by values. It refuses whatever could make the engine or a provider,
// which run as whoever runs the command, start a program, read a file or turn to a place of the program's choice.
//
// The rules hold only while the program cannot reach the engine itself, which listens on the machine's own address and
// asks nobody who he is. So the guard listens on a socket in the file system, which a program in a network of its own
// reaches and nothing else.
package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

// Guard is one run of a program.
type Guard struct {
	dir    string
	server *grpc.Server
	relay  net.Listener
	conns  []*grpc.ClientConn

	mutex   sync.Mutex
	refused []string
}

// largestMessage is the most bytes that a program sends at once.
const largestMessage = 64 << 20

// Serve starts to answer a program in place of the engine.
func Serve(monitorAddress, engineAddress string) (g *Guard, err error) {
	g = &Guard{}
	defer func() {
		if err != nil {
			err = fmt.Errorf("guard the program: %w", errors.Join(err, g.Close()))
		}
	}()
	if g.dir, err = os.MkdirTemp("", "platform-guard-"); err != nil {
		return g, err
	}
	if err := os.Chmod(g.dir, 0o711); err != nil { //nolint:gosec // the program is another user
		return g, err
	}
	listener, err := listen(g.socket())
	if err != nil {
		return g, err
	}
	if g.relay, err = listen(g.RelaySocket()); err != nil {
		return g, errors.Join(err, listener.Close())
	}
	toMonitor, err := g.dial(monitorAddress)
	if err != nil {
		return g, errors.Join(err, listener.Close())
	}
	toEngine, err := g.dial(engineAddress)
	if err != nil {
		return g, errors.Join(err, listener.Close())
	}
	callbacks := newCallbacks(g)
	g.server = grpc.NewServer(grpc.MaxRecvMsgSize(largestMessage), grpc.UnaryInterceptor(g.onlyKnown))
	pulumirpc.RegisterResourceMonitorServer(g.server, &monitor{
		guard: g, engine: pulumirpc.NewResourceMonitorClient(toMonitor), callbacks: callbacks,
	})
	pulumirpc.RegisterEngineServer(g.server, &log{engine: pulumirpc.NewEngineClient(toEngine)})
	pulumirpc.RegisterCallbacksServer(g.server, callbacks)
	go func() { _ = g.server.Serve(listener) }() // ends with Close
	return g, nil
}

// listen makes a socket that every user may open: the program's is another one.
func listen(file string) (net.Listener, error) {
	listener, err := net.Listen("unix", file)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(file, 0o666); err != nil { //nolint:gosec // see above
		return nil, errors.Join(err, listener.Close())
	}
	return listener, nil
}

func (g *Guard) dial(address string, options ...grpc.DialOption) (*grpc.ClientConn, error) {
	conn, err := grpc.NewClient(address,
		append(options, grpc.WithTransportCredentials(insecure.NewCredentials()), rpcutil.GrpcChannelOptions())...)
	if err != nil {
		return nil, err
	}
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.conns = append(g.conns, conn)
	return conn, nil
}

func (g *Guard) socket() string { return filepath.Join(g.dir, "engine") }

// Address is the guard's, as a program of Pulumi takes it.
func (g *Guard) Address() string { return "unix://" + g.socket() }

// RelaySocket is the one from which Relay serves.
func (g *Guard) RelaySocket() string { return filepath.Join(g.dir, "relay") }

// Refused tells what the program asked for and did not get, each once. It may have gone on without.
func (g *Guard) Refused() []string {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	return slices.Clone(g.refused)
}

// Close ends the guard.
func (g *Guard) Close() error {
	if g.server != nil {
		g.server.Stop()
	}
	var problems []error
	if g.relay != nil {
		problems = append(problems, g.relay.Close())
	}
	g.mutex.Lock()
	conns := g.conns
	g.mutex.Unlock()
	for _, conn := range conns {
		problems = append(problems, conn.Close())
	}
	return errors.Join(append(problems, os.RemoveAll(g.dir))...)
}

// refuse remembers a refusal and answers the program with it.
func (g *Guard) refuse(reason string) error {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	if !slices.Contains(g.refused, reason) {
		g.refused = append(g.refused, reason)
	}
	return status.Error(codes.PermissionDenied, "refused: "+reason)
}

// known are the methods that a program may call. Not among them are hooks, methods of components, packages that are
// made up on the way, and debuggers.
var known = strings.Fields(`
	/pulumirpc.ResourceMonitor/GetDeploymentInfo
	/pulumirpc.ResourceMonitor/SupportsFeature
	/pulumirpc.ResourceMonitor/Invoke
	/pulumirpc.ResourceMonitor/ReadResource
	/pulumirpc.ResourceMonitor/RegisterResource
	/pulumirpc.ResourceMonitor/RegisterResourceOutputs
	/pulumirpc.ResourceMonitor/RegisterStackTransform
	/pulumirpc.ResourceMonitor/SignalAndWaitForShutdown
	/pulumirpc.Engine/Log
	/pulumirpc.Engine/GetRootResource
	/pulumirpc.Engine/SetRootResource
	/pulumirpc.Engine/RequirePulumiVersion
	/pulumirpc.Callbacks/Invoke`)

func (g *Guard) onlyKnown(ctx context.Context, request any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	if !slices.Contains(known, info.FullMethod) {
		return nil, g.refuse(fmt.Sprintf("the engine's method %s, which no program here needs", path.Base(info.FullMethod)))
	}
	return handle(ctx, request)
}
