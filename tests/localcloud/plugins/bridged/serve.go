package bridged

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"

	"github.com/genericcorp/platform/tests/localcloud/plugins/serving"
)

// Serve is the plugin: it serves the package to the engine until the engine goes. args are what the engine gave.
func Serve(ctx context.Context, pkg Package, args []string) error {
	ctx, cancel := serving.UntilEngineEnds(ctx)
	defer cancel()
	executable, err := filepath.Abs(os.Args[0])
	if err != nil {
		return err
	}
	loading := &loader{}
	s := newServer(pkg, contentFiles{dir: filepath.Join(os.TempDir(), "genericcorp-platform-content")}, loading.bridge)
	relay, err := s.relay(ctx, serving.EngineAddress(args))
	if err != nil {
		return err
	}
	loading.start(ctx, pkg, filepath.Dir(executable), relay)
	context.AfterFunc(ctx, loading.stop) // what waits for the bridge must not hold up the end
	defer loading.stop()
	return serving.Provider(ctx, s)
}

// relay starts the engine's stand-in for the bridge, when there is an engine, and returns the bridge's arguments.
func (s *server) relay(ctx context.Context, engine string) ([]string, error) {
	if engine == "" {
		return nil, nil
	}
	standIn, err := newEngineRelay(engine, s.outerTokens())
	if err != nil {
		return nil, fmt.Errorf("connect to the engine: %w", err)
	}
	handle, err := serving.Listen(ctx, func(server *grpc.Server) { pulumirpc.RegisterEngineServer(server, standIn) })
	if err != nil {
		return nil, fmt.Errorf("listen for the Terraform bridge: %w", err)
	}
	return []string{fmt.Sprintf("127.0.0.1:%d", handle.Port)}, nil
}

// loader starts the bridge in the background: the engine has other things to do meanwhile.
type loader struct {
	done   chan struct{}
	inner  *inner
	err    error
	cancel context.CancelFunc
	once   sync.Once
}

func (l *loader) start(ctx context.Context, pkg Package, dir string, args []string) {
	ctx, l.cancel = context.WithCancel(ctx)
	l.done = make(chan struct{})
	go func() {
		defer close(l.done)
		l.inner, l.err = startInner(ctx, pkg, dir, args)
	}()
}

// bridge waits for the bridge.
func (l *loader) bridge(ctx context.Context) (pulumirpc.ResourceProviderClient, error) {
	select {
	case <-l.done:
		if l.err != nil {
			return nil, l.err
		}
		return l.inner, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// stop ends the bridge, or its start.
func (l *loader) stop() {
	l.once.Do(func() {
		l.cancel()
		<-l.done
		if l.inner != nil {
			l.inner.stop()
		}
	})
}
