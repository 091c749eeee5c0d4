// Package sandbox stands between the engine and a program that is not trusted, that of a pull request. The program
// reaches the sandbox in place of the engine, and the sandbox passes on what its rules let through: the resources of the
// providers that this repository uses, described by values. It refuses whatever could make the engine or a provider,
// which run as whoever runs the command, start a program, read a file or turn to an address of the program's choice.
//
// The rules hold only while the program cannot reach the engine itself, which listens on the machine's own address and
// asks nobody who he is. So the sandbox listens on a socket in the file system, which a program in a network of its own
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

// Sandbox is one run of a program.
type Sandbox struct {
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
func Serve(monitorAddress, engineAddress string) (s *Sandbox, err error) {
	s = &Sandbox{}
	defer func() {
		if err != nil {
			err = fmt.Errorf("sandbox the program: %w", errors.Join(err, s.Close()))
		}
	}()
	if s.dir, err = os.MkdirTemp("", "platform-sandbox-"); err != nil {
		return s, err
	}
	if err := os.Chmod(s.dir, 0o711); err != nil { //nolint:gosec // the program is another user
		return s, err
	}
	listener, err := listen(s.socket())
	if err != nil {
		return s, err
	}
	if s.relay, err = listen(s.RelaySocket()); err != nil {
		return s, errors.Join(err, listener.Close())
	}
	toMonitor, err := s.dial(monitorAddress)
	if err != nil {
		return s, errors.Join(err, listener.Close())
	}
	toEngine, err := s.dial(engineAddress)
	if err != nil {
		return s, errors.Join(err, listener.Close())
	}
	callbacks := newCallbacks(s)
	s.server = grpc.NewServer(grpc.MaxRecvMsgSize(largestMessage), grpc.UnaryInterceptor(s.onlyKnown))
	pulumirpc.RegisterResourceMonitorServer(s.server, &monitor{
		sandbox: s, engine: pulumirpc.NewResourceMonitorClient(toMonitor), callbacks: callbacks,
	})
	pulumirpc.RegisterEngineServer(s.server, &log{engine: pulumirpc.NewEngineClient(toEngine)})
	pulumirpc.RegisterCallbacksServer(s.server, callbacks)
	go func() { _ = s.server.Serve(listener) }() // ends with Close
	return s, nil
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

func (s *Sandbox) dial(address string, options ...grpc.DialOption) (*grpc.ClientConn, error) {
	conn, err := grpc.NewClient(address,
		append(options, grpc.WithTransportCredentials(insecure.NewCredentials()), rpcutil.GrpcChannelOptions())...)
	if err != nil {
		return nil, err
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.conns = append(s.conns, conn)
	return conn, nil
}

func (s *Sandbox) socket() string { return filepath.Join(s.dir, "engine") }

// Address is the sandbox's, as a program of Pulumi takes it.
func (s *Sandbox) Address() string { return "unix://" + s.socket() }

// RelaySocket is the one from which Relay serves.
func (s *Sandbox) RelaySocket() string { return filepath.Join(s.dir, "relay") }

// Refused tells what the program asked for and did not get, each once. It may have gone on without.
func (s *Sandbox) Refused() []string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return slices.Clone(s.refused)
}

// Close ends the sandbox.
func (s *Sandbox) Close() error {
	if s.server != nil {
		s.server.Stop()
	}
	var problems []error
	if s.relay != nil {
		problems = append(problems, s.relay.Close())
	}
	s.mutex.Lock()
	conns := s.conns
	s.mutex.Unlock()
	for _, conn := range conns {
		problems = append(problems, conn.Close())
	}
	return errors.Join(append(problems, os.RemoveAll(s.dir))...)
}

// refuse remembers a refusal and answers the program with it.
func (s *Sandbox) refuse(reason string) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if !slices.Contains(s.refused, reason) {
		s.refused = append(s.refused, reason)
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

func (s *Sandbox) onlyKnown(ctx context.Context, request any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	if !slices.Contains(known, info.FullMethod) {
		return nil, s.refuse(fmt.Sprintf("the engine's method %s, which no program here needs", path.Base(info.FullMethod)))
	}
	return handle(ctx, request)
}
