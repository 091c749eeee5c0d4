// Package localenv is what the operator does with a local cloud: bring it up with the environment deployed to
// it, look at it, and take it down.
//
//page:none a local cloud holds nothing that matters, and the message says what to do
package localenv

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/genericcorp/platform/cmd/platform/internal/engine"
	"github.com/genericcorp/platform/cmd/platform/internal/localctl"
	"github.com/genericcorp/platform/cmd/platform/internal/localdir"
	"github.com/genericcorp/platform/cmd/platform/internal/process"
	"github.com/genericcorp/platform/cmd/platform/internal/product"
	"github.com/genericcorp/platform/internal/environments"
	"github.com/genericcorp/platform/internal/localcloud"
)

// Stack is the name of the environment's stack on a local cloud.
const Stack = environments.Local

// Region is the one that a local cloud emulates.
const Region = "us-east-1"

// Cloud is one local cloud and what is needed to work with it.
type Cloud struct {
	Project  string // the folder with the project's file and settings; empty where they are not needed
	Checkout bool   // Project is a checkout, from which programs are compiled
	Cache    string // the folder of built tools
	Dir      string // the local cloud's folder
	Port     int    // of the AWS API, when it is started; 0 is any free one

	Settings string // the file of the stack's settings; empty is the repository's own

	product.Product
	ProgramPath string           // when not empty: a compiled program to deploy in place of Program
	Sandbox     string           // what runs that program; may be empty
	Operation   engine.Operation // what checks a deployment or a preview, and its plan

	Out   io.Writer  // messages and progress for a person
	Width func() int // columns of Out when it is a terminal, else 0
	Hard  context.Context
}

// ErrNothingDeployed says that the local cloud runs but holds no environment.
var ErrNothingDeployed = errors.New("nothing is deployed on this local cloud: `platform local up` deploys it")

// settingsFile is the file of the stack's settings.
func (c Cloud) settingsFile() string {
	if c.Settings != "" {
		return c.Settings
	}
	return filepath.Join(c.Project, "Pulumi."+Stack+".yaml")
}

func (c Cloud) projectFile() string { return filepath.Join(c.Project, "Pulumi.yaml") }

func (c Cloud) client() localctl.Client {
	source := ""
	if c.Checkout {
		source = filepath.Join(c.Project, "tests")
	}
	return localctl.Client{
		Binary: localctl.BinaryIn(c.Cache, source), Source: source, Dir: c.Dir, Port: c.Port,
		Log: c.Out, Runner: process.Runner{Hard: c.Hard},
	}
}

// print tells the person what happens.
func (c Cloud) print(format string, args ...any) { _, _ = fmt.Fprintf(c.Out, format+"\n", args...) }

// Running returns the state of the running local cloud, or localcloud.ErrNotRunning.
func (c Cloud) Running(ctx context.Context) (localcloud.State, error) { return c.client().Status(ctx) }

// Open opens a deployed stack on the running local cloud, to look at it: the environment's, or that of what runs in its cluster.
func (c Cloud) Open(ctx context.Context, name string) (*engine.Stack, error) {
	state, err := c.Running(ctx)
	if err != nil {
		return nil, err
	}
	folder := localdir.Folder{Dir: c.Dir}
	deployment, err := folder.Deployment()
	if err != nil {
		return nil, err
	}
	names, err := engine.StackNames(folder.Backend(), Stack)
	if err != nil {
		return nil, err
	}
	if deployment.Generation != state.Generation || !slices.Contains(names, name) {
		return nil, ErrNothingDeployed
	}
	return openStack(ctx, folder, state, name, engine.Program{Run: c.Program, Runner: process.Runner{Hard: c.Hard}, Log: io.Discard})
}

// openLog opens the file that keeps all that the engine says.
func openLog(folder localdir.Folder) (*os.File, error) {
	file := folder.Log("engine")
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of logs: %w", err)
	}
	log, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the engine's log: %w", err)
	}
	return log, nil
}

// watch follows the local cloud while work runs: when one of its processes dies, the work's context ends
// with the reason, and work that does not end by itself soon is killed. The runner and context are for the work.
func (c Cloud) watch(ctx context.Context, state localcloud.State) (watched context.Context, runner process.Runner, release func()) {
	soft, cancel := context.WithCancelCause(ctx)
	hard, kill := context.WithCancel(c.Hard)
	go localctl.Watch(soft, state, watchInterval, func(err error) {
		cancel(err)
		select {
		case <-time.After(patience):
			kill()
		case <-hard.Done():
		}
	})
	return soft, process.Runner{Hard: hard}, func() {
		cancel(nil)
		kill()
	}
}

const (
	watchInterval = time.Second
	// patience is how long the engine may go on after the cloud died: there is nothing left to save.
	patience = 15 * time.Second
)

// causeOf prefers as the reason of a failure that the local cloud died, for then everything else follows from it.
func causeOf(err error, state localcloud.State) error {
	if err == nil || errors.Is(err, process.ErrInterrupted) {
		return err
	}
	var dead *localctl.DeadError
	if errors.As(err, &dead) {
		return err
	}
	if died := localctl.FindDead(state); died != nil {
		return died
	}
	return err
}

// list writes names for a person: "a, b and c".
func list(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
