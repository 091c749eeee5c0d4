// Package policies is the policy pack of the platform: what must be true of a stack before the engine may deploy it. The
// engine starts the program that serves it by `--policy-pack <program>` in preview and in up, and talks to it over gRPC.
package policies

import (
	"fmt"
	"os"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/policyx"
)

//go:generate go run ./internal/policiesdoc

// Program is the name by which the operator's command is started to serve the pack.
const Program = "platform-policies"

// Main serves the pack until the engine that started it ends. It prints nothing to standard output itself: the engine reads
// the port there.
func Main() {
	go endWithTheEngine(os.Getppid())
	if err := policyx.Main(newPack); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// endWithTheEngine ends the pack when the engine that started it is gone: one that was killed cannot end it any more.
func endWithTheEngine(engine int) {
	for os.Getppid() == engine {
		time.Sleep(time.Second)
	}
	os.Exit(0)
}
