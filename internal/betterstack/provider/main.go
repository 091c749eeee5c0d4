package provider

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/genericcorp/platform/internal/betterstack"
)

// URLVariable is the environment variable that has another address of the API, for tests.
const URLVariable = "BETTERSTACK_URL"

// watchEvery is how often the program asks whether the engine is still there.
const watchEvery = 10 * time.Second

// Main is the program that the engine starts. It prints its port, serves, and ends with the engine. It returns the exit code.
func Main() int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := serve(ctx, os.Args[1:], os.Getenv(URLVariable)); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", betterstack.Program, err)
		return 1
	}
	return 0
}

func serve(ctx context.Context, args []string, address string) error {
	if address == "" {
		address = betterstack.URL
	}
	if err := checkURL(address); err != nil {
		return err
	}
	p := New(address, fromSecretsManager)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if engine := engineAddress(args); engine != "" {
		connection, err := grpc.NewClient(engine, grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			return fmt.Errorf("reach the engine: %w", err)
		}
		defer func() { _ = connection.Close() }()
		p.note = func(ctx context.Context, urn resource.URN, message string) {
			// What it is about is done, whether or not anybody hears of it.
			_, _ = pulumirpc.NewEngineClient(connection).Log(ctx, &pulumirpc.LogRequest{Severity: pulumirpc.LogSeverity_WARNING, Urn: string(urn), Message: message})
		}
		if err := rpcutil.Healthcheck(ctx, engine, watchEvery, cancel); err != nil {
			return fmt.Errorf("watch the engine: %w", err)
		}
	}
	ended := make(chan bool)
	context.AfterFunc(ctx, func() { close(ended) })
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: ended,
		Init: func(server *grpc.Server) error {
			pulumirpc.RegisterResourceProviderServer(server, plugin.NewProviderServer(p))
			return nil
		},
	})
	if err != nil {
		return err
	}
	fmt.Println(handle.Port) // the engine reads it
	return <-handle.Done
}

// checkURL keeps the token off the network in plain text.
func checkURL(address string) error {
	parsed, err := url.Parse(address)
	if err == nil && (parsed.Scheme == "https" || parsed.Scheme == "http" && parsed.Hostname() == "127.0.0.1") && parsed.Host != "" {
		return nil
	}
	return fmt.Errorf("%s: got %q, expected an https address, or an http address of 127.0.0.1", URLVariable, address)
}

// engineAddress is the argument that is no flag. It is empty when the program was started by hand.
func engineAddress(args []string) string {
	for _, arg := range args {
		if !strings.HasPrefix(arg, "-") {
			return arg
		}
	}
	return ""
}
