package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/genericcorp/platform/cmd/platform/internal/process"
	"github.com/genericcorp/platform/cmd/platform/internal/sandbox"
)

// external runs a compiled Pulumi program in a process of its own each time the engine asks for it. It is how a
// program that is not trusted, that of a pull request, is previewed: the engine, its credentials and the policy
// pack stay with this command; the program hears of its stack's configuration and nothing else, and what it says
// passes a sandbox.
type external struct {
	pulumirpc.UnimplementedLanguageRuntimeServer

	path    string
	sandbox string // a program that runs its arguments as a user who owns nothing, in a network of its own; may be empty
	runner  process.Runner
	log     io.Writer
	mutex   sync.Mutex // of log
}

// serve starts to answer the engine and returns the address. It answers until the context ends.
func (x *external) serve(ctx context.Context) (string, error) {
	cancel := make(chan bool)
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: cancel,
		Init: func(server *grpc.Server) error {
			pulumirpc.RegisterLanguageRuntimeServer(server, x)
			return nil
		},
	})
	if err != nil {
		return "", fmt.Errorf("serve the program: %w", err)
	}
	context.AfterFunc(ctx, func() { close(cancel) })
	return "127.0.0.1:" + strconv.Itoa(handle.Port), nil
}

// Run runs the program once.
func (x *external) Run(ctx context.Context, request *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	engine := ""
	if len(request.GetArgs()) > 0 {
		engine = request.GetArgs()[0]
	}
	sandboxed, err := sandbox.Serve(request.GetMonitorAddress(), engine)
	if err != nil {
		return nil, err
	}
	defer func() { _ = sandboxed.Close() }()
	environ, err := programEnviron(request, sandboxed.Address())
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	line := []string{self, Sandboxed, sandboxed.RelaySocket(), x.path}
	if x.sandbox != "" {
		line = slices.Insert(line, 0, x.sandbox)
	}
	cmd := exec.Command(line[0], line[1:]...) //nolint:gosec // the programs that the person named
	cmd.Dir = request.GetPwd()                // where the artifacts are
	cmd.Env = environ
	said := &tail{limit: 4096}
	cmd.Stdout, cmd.Stderr = x, io.MultiWriter(x, said)
	err = x.runner.Run(ctx, cmd)
	if refused := sandboxed.Refused(); len(refused) > 0 {
		return &pulumirpc.RunResponse{Error: "the program asks for what no preview of another's program gives:\n  " + strings.Join(refused, "\n  ")}, nil
	}
	var exit *exec.ExitError
	switch {
	case err == nil:
		return &pulumirpc.RunResponse{}, nil
	case errors.As(err, &exit) && exit.ExitCode() == toldAlready:
		return &pulumirpc.RunResponse{Bail: true}, nil
	default:
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("the program %s failed: %v\n%s", filepath.Base(x.path), err, said)}, nil
	}
}

// Sandboxed is the name of this command's own command that runs a program where the sandbox's relay is needed.
const Sandboxed = "sandboxed"

// toldAlready is the exit code of a program that has logged its errors through the engine.
const toldAlready = 32

// programEnviron is all of the environment that the program gets: no credential of this process is in it. In place of
// the engine it finds the sandbox.
func programEnviron(request *pulumirpc.RunRequest, address string) ([]string, error) {
	config, err := json.Marshal(request.GetConfig())
	if err != nil {
		return nil, fmt.Errorf("write the configuration: %w", err)
	}
	secret, err := json.Marshal(request.GetConfigSecretKeys())
	if err != nil {
		return nil, fmt.Errorf("write the names of secrets: %w", err)
	}
	variables := map[string]string{
		"PATH": os.Getenv("PATH"), "TMPDIR": os.TempDir(),
		pulumi.EnvOrganization: request.GetOrganization(), pulumi.EnvProject: request.GetProject(), pulumi.EnvStack: request.GetStack(),
		pulumi.EnvConfig: string(config), pulumi.EnvConfigSecretKeys: string(secret),
		pulumi.EnvParallel: strconv.Itoa(int(request.GetParallel())), pulumi.EnvDryRun: strconv.FormatBool(request.GetDryRun()),
		pulumi.EnvMonitor: address, pulumi.EnvEngine: address,
	}
	var list []string
	for _, key := range slices.Sorted(maps.Keys(variables)) {
		list = append(list, key+"="+variables[key])
	}
	return list, nil
}

// Write adds to the log what the program says, from its two streams at once.
func (x *external) Write(text []byte) (int, error) {
	x.mutex.Lock()
	defer x.mutex.Unlock()
	return x.log.Write(text)
}

// GetRequiredPlugins leaves it to the engine to find the plugins when they are needed.
func (*external) GetRequiredPlugins(context.Context, *pulumirpc.GetRequiredPluginsRequest) (*pulumirpc.GetRequiredPluginsResponse, error) {
	return &pulumirpc.GetRequiredPluginsResponse{}, nil
}

// GetPluginInfo answers the engine's first question.
func (*external) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: "1.0.0"}, nil
}

// InstallDependencies has nothing to do: the program is compiled.
func (*external) InstallDependencies(*pulumirpc.InstallDependenciesRequest, pulumirpc.LanguageRuntime_InstallDependenciesServer) error {
	return nil
}

// tail keeps the end of a text.
type tail struct {
	limit int
	text  []byte
}

func (t *tail) Write(more []byte) (int, error) {
	t.text = append(t.text, more...)
	if len(t.text) > t.limit {
		t.text = t.text[len(t.text)-t.limit:]
	}
	return len(more), nil
}

func (t *tail) String() string { return strings.TrimSpace(string(t.text)) }
