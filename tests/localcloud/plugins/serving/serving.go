// Package serving speaks the part of the plugin protocol that all providers share: listen, print the port for the engine on
// standard output, serve until the engine ends.
package serving

import (
	"context"
	"fmt"
	"os/signal"
	"strings"
	"syscall"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"golang.org/x/sys/unix"
	"google.golang.org/grpc"
)

// UntilEngineEnds returns a context that ends when the engine asks this process to end, or dies without asking.
func UntilEngineEnds(ctx context.Context) (context.Context, context.CancelFunc) {
	EndWithParent()
	return signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
}

// EndWithParent has this process, and the program that it may become, terminated when its parent dies.
func EndWithParent() {
	// It fails for an unknown signal alone.
	_ = unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(syscall.SIGTERM), 0, 0, 0)
}

// EngineAddress returns the engine's address among a plugin's arguments: the one that is no flag. It is empty when the
// plugin was started by hand.
func EngineAddress(args []string) string {
	for _, arg := range args {
		if !strings.HasPrefix(arg, "-") {
			return arg
		}
	}
	return ""
}

// Provider serves the provider until the context ends.
func Provider(ctx context.Context, provider pulumirpc.ResourceProviderServer) error {
	handle, err := Listen(ctx, func(server *grpc.Server) { pulumirpc.RegisterResourceProviderServer(server, provider) })
	if err != nil {
		return err
	}
	fmt.Println(handle.Port) // the engine reads it
	return <-handle.Done
}

// Listen serves gRPC on a free port of the loopback interface until the context ends.
func Listen(ctx context.Context, register func(*grpc.Server)) (rpcutil.ServeHandle, error) {
	ended := make(chan bool)
	context.AfterFunc(ctx, func() { close(ended) })
	return rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: ended,
		Init: func(server *grpc.Server) error {
			register(server)
			return nil
		},
	})
}
