// Command packbench measures what policy packs cost: it starts each as the engine does, shows it a synthetic stack
// resource by resource and then as a whole, and reports the processor time and the memory of the pack's own process. In
// one run it compares the platform's pack, three rules on the Go SDK, and the same three on the Node SDK.
//
//	go run ./policies/internal/packbench [-resources 5000] [-runs 3]
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/policyx"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
)

// asPack makes this program serve the three rules.
const asPack = "serve-three-rules"

func main() {
	if len(os.Args) > 1 && os.Args[1] == asPack {
		exitOn(policyx.Main(threeRules))
		return
	}
	resources := flag.Int("resources", 5000, "how many resources the synthetic stack has")
	runs := flag.Int("runs", 3, "how often each pack is measured; the median is reported")
	flag.Parse()
	exitOn(compare(context.Background(), *resources, *runs))
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "packbench:", err)
		os.Exit(1)
	}
}

// candidate is one pack.
type candidate struct {
	name    string
	command []string
	dir     string
}

// compare measures every pack and prints a table.
func compare(ctx context.Context, resources, runs int) error {
	stack, err := synthetic(resources)
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "packbench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	candidates, err := prepare(ctx, work)
	if err != nil {
		return err
	}
	fmt.Printf("%d resources, median of %d runs\n\n| pack | processor | time | memory | ready after |\n|---|--:|--:|--:|--:|\n", resources, runs)
	for _, c := range candidates {
		var all []figures
		for range runs {
			f, err := measure(ctx, c, stack)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			all = append(all, f)
		}
		f := median(all)
		fmt.Printf("| %s | %.2f s | %.2f s | %.0f MiB | %.2f s |\n", c.name, f.processor.Seconds(), f.elapsed.Seconds(), f.memoryMiB, f.ready.Seconds())
	}
	return nil
}

// prepare builds and installs the packs.
func prepare(ctx context.Context, work string) ([]candidate, error) {
	root, err := output(ctx, "", "go", "list", "-m", "-f", "{{.Dir}}")
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	pack, node := filepath.Join(work, "platform-policies"), filepath.Join(work, "node")
	if _, err := output(ctx, root, "go", "build", "-o", pack, "./policies"); err != nil {
		return nil, err
	}
	if err := os.CopyFS(node, os.DirFS(filepath.Join(root, "policies", "internal", "packbench", "node"))); err != nil {
		return nil, err
	}
	if _, err := output(ctx, node, "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"); err != nil {
		return nil, err
	}
	runner := filepath.Join(node, "node_modules", "@pulumi", "pulumi", "cmd", "run-policy-pack")
	return []candidate{
		{"the platform's, all rules, Go", []string{pack}, root},
		{"three rules, Go SDK", []string{self, asPack}, root},
		{"the same three rules, Node SDK", []string{"node", runner, "127.0.0.1:0", node}, node},
	}, nil
}

func output(ctx context.Context, dir, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	out, err := cmd.Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		err = fmt.Errorf("%w\n%s", err, failed.Stderr)
	}
	if err != nil {
		return "", fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), err)
	}
	return strings.TrimSpace(string(out)), nil
}

// figures are what one run of a pack took.
type figures struct {
	processor time.Duration // of the pack's process, user and system
	elapsed   time.Duration // from its start to its last answer
	ready     time.Duration // until it could be asked
	memoryMiB float64       // the most that it held
}

// median takes the run in the middle by processor time.
func median(all []figures) figures {
	slices.SortFunc(all, func(a, b figures) int { return int(a.processor - b.processor) })
	return all[len(all)/2]
}

// measure runs a pack once over the stack.
func measure(ctx context.Context, c candidate, stack []*pulumirpc.AnalyzerResource) (figures, error) {
	began := time.Now()
	cmd := exec.CommandContext(ctx, c.command[0], c.command[1:]...) //nolint:gosec // the packs that prepare made
	cmd.Dir, cmd.Stderr = c.dir, os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return figures{}, err
	}
	if err := cmd.Start(); err != nil {
		return figures{}, err
	}
	port, err := bufio.NewReader(out).ReadString('\n')
	f := figures{ready: time.Since(began)}
	if err == nil {
		err = judge(ctx, strings.TrimSpace(port), stack)
	}
	f.elapsed = time.Since(began)
	_ = cmd.Process.Kill()
	_ = cmd.Wait() // it was killed
	if err != nil {
		return f, err
	}
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return f, errors.New("this system does not tell what a process used")
	}
	f.processor = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	f.memoryMiB = float64(usage.Maxrss) / 1024
	return f, nil
}

// judge asks the pack as the engine does in a preview: each resource by itself, then all together.
func judge(ctx context.Context, port string, stack []*pulumirpc.AnalyzerResource) error {
	const most = 400 << 20
	connection, err := grpc.NewClient(net.JoinHostPort("127.0.0.1", port), grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(most), grpc.MaxCallSendMsgSize(most)))
	if err != nil {
		return err
	}
	defer func() { _ = connection.Close() }()
	pack := pulumirpc.NewAnalyzerClient(connection)
	if _, err := pack.Handshake(ctx, &pulumirpc.AnalyzerHandshakeRequest{EngineAddress: "127.0.0.1:0"}); err != nil && status.Code(err) != codes.Unimplemented {
		return fmt.Errorf("greet: %w", err)
	}
	if _, err := pack.ConfigureStack(ctx, &pulumirpc.AnalyzerStackConfigureRequest{
		Stack: "bench", Project: "platform", DryRun: true,
		Config: map[string]string{"platform:settings": `{"kind":"environment","environment":"prod"}`},
	}); err != nil {
		return fmt.Errorf("configure: %w", err)
	}
	if _, err := pack.GetAnalyzerInfo(ctx, &emptypb.Empty{}); err != nil {
		return fmt.Errorf("ask what it is: %w", err)
	}
	if err := proveAwake(ctx, pack); err != nil {
		return err
	}
	for _, r := range stack {
		if _, err := pack.Analyze(ctx, &pulumirpc.AnalyzeRequest{Type: r.GetType(), Properties: r.GetProperties(), Urn: r.GetUrn(), Name: r.GetName(), Options: r.GetOptions()}); err != nil {
			return fmt.Errorf("judge %s: %w", r.GetUrn(), err)
		}
	}
	if _, err := pack.AnalyzeStack(ctx, &pulumirpc.AnalyzeStackRequest{Resources: stack}); err != nil {
		return fmt.Errorf("judge the stack: %w", err)
	}
	return nil
}

// proveAwake shows the pack a database that breaks one of its rules: a pack that does not see it is not worth measuring.
func proveAwake(ctx context.Context, pack pulumirpc.AnalyzerClient) error {
	properties, err := structpb.NewStruct(map[string]any{"storageEncrypted": false})
	if err != nil {
		return err
	}
	answer, err := pack.Analyze(ctx, &pulumirpc.AnalyzeRequest{
		Type: databaseType, Properties: properties, Urn: "urn:pulumi:bench::platform::" + databaseType + "::open", Name: "open",
		Options: &pulumirpc.AnalyzerResourceOptions{},
	})
	if err != nil {
		return fmt.Errorf("judge: %w", err)
	}
	if len(answer.GetDiagnostics()) == 0 {
		return errors.New("the pack does not see that a database is not encrypted")
	}
	return nil
}
