package bridged

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// bridgeVariable holds the path of the dynamic Terraform bridge.
const bridgeVariable = "LOCALCLOUD_BRIDGE"

// maxMessage is the largest gRPC message accepted: schemas are large.
const maxMessage = 400 << 20

// inner is a running dynamic bridge that serves one Terraform provider.
type inner struct {
	pulumirpc.ResourceProviderClient
	connection *grpc.ClientConn
	process    *exec.Cmd
	once       sync.Once
}

// startInner starts the bridge and makes it load the package's Terraform provider. dir holds the link under which the
// bridge finds the provider; args are passed to the bridge (the engine's address).
func startInner(ctx context.Context, pkg Package, dir string, args []string) (*inner, error) {
	bridge := os.Getenv(bridgeVariable)
	if bridge == "" {
		return nil, fmt.Errorf("%s is not set: it names the dynamic Terraform bridge that the local cloud builds", bridgeVariable)
	}
	link, err := linkProvider(pkg, dir)
	if err != nil {
		return nil, err
	}
	process := exec.Command(bridge, args...) //nolint:gosec // the path is the local cloud's own
	process.Stderr = os.Stderr
	process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	stdout, err := process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := process.Start(); err != nil {
		return nil, fmt.Errorf("start the Terraform bridge: %w", err)
	}
	in := &inner{process: process}
	port, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		in.stop()
		return nil, fmt.Errorf("the Terraform bridge ended before it printed its port: %w", err)
	}
	in.connection, err = grpc.NewClient("127.0.0.1:"+strings.TrimSpace(port),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessage), grpc.MaxCallSendMsgSize(maxMessage)))
	if err != nil {
		in.stop()
		return nil, err
	}
	in.ResourceProviderClient = pulumirpc.NewResourceProviderClient(in.connection)
	_, err = in.Parameterize(ctx, &pulumirpc.ParameterizeRequest{Parameters: &pulumirpc.ParameterizeRequest_Args{
		Args: &pulumirpc.ParameterizeRequest_ParametersArgs{
			Args: []string{link, "--provider-name", pkg.Name, "--include", pkg.includes()},
		},
	}})
	if err != nil {
		in.stop()
		return nil, fmt.Errorf("load the Terraform provider for %s: %w", pkg.Name, err)
	}
	return in, nil
}

// linkProvider links the Terraform provider under the name that the bridge insists on, and returns the link.
func linkProvider(pkg Package, dir string) (string, error) {
	provider := os.Getenv(pkg.ProviderVariable)
	if provider == "" {
		return "", fmt.Errorf("%s is not set: it names the Terraform provider binary", pkg.ProviderVariable)
	}
	link := filepath.Join(dir, "terraform-provider-"+pkg.Name)
	if err := os.Symlink(provider, link); err != nil && !errors.Is(err, os.ErrExist) {
		return "", fmt.Errorf("link the Terraform provider: %w", err)
	}
	return link, nil
}

func (in *inner) schema(ctx context.Context) (string, error) {
	response, err := in.GetSchema(ctx, &pulumirpc.GetSchemaRequest{})
	return response.GetSchema(), err
}

// stop ends the bridge and the Terraform provider that it started, which it would leave behind. Neither has anything to
// finish: what was asked of them is done or given up by now.
func (in *inner) stop() {
	in.once.Do(func() {
		if in.connection != nil {
			_ = in.connection.Close()
		}
		children := childrenOf(in.process.Process.Pid)
		_ = in.process.Process.Kill()
		_ = in.process.Wait()
		for _, child := range children {
			_ = syscall.Kill(child, syscall.SIGKILL)
		}
	})
}

// childrenOf returns the processes that a process started, whichever of its threads did.
func childrenOf(pid int) []int {
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		return nil
	}
	var children []int
	for _, list := range lists {
		text, err := os.ReadFile(list)
		if err != nil {
			continue
		}
		for _, word := range strings.Fields(string(text)) {
			if child, err := strconv.Atoi(word); err == nil {
				children = append(children, child)
			}
		}
	}
	return children
}
