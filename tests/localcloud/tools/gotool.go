package tools

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/genericcorp/platform/internal/gobuild"
)

// goTool is a module that pins programs, which are built together: what they share is compiled once.
type goTool struct {
	module   string // the folder under tests/tools
	name     string // of the recipe; empty: the module's
	programs []program
	tags     string // build tags
	ldflags  string
	cgo      bool // parts of it are C
	cost     string
	// patches are modules that do not compile as they are published. A build uses corrected copies.
	patches []patch
}

// program is one main package and the name that the local cloud knows it by.
type program struct{ name, pkg string }

// file is what the go command calls the program. It is renamed: the engine would take a file that is named as a plugin from the
// PATH, where kubectl's folder is, and warn about it.
func (p program) file() string {
	name := path.Base(p.pkg)
	if name[0] == 'v' && len(name) == 2 { // a major version
		name = path.Base(path.Dir(p.pkg))
	}
	return name
}

// source is the text of a main package that stands beside the pins; of one from elsewhere the pins say enough.
func (p program) source(dir string) (files []string, err error) {
	if !strings.HasPrefix(p.pkg, "./") {
		return nil, nil
	}
	paths, err := filepath.Glob(filepath.Join(dir, p.pkg, "*.go"))
	for _, path := range paths {
		text, failed := os.ReadFile(path)
		files, err = append(files, string(text)), errors.Join(err, failed)
	}
	return files, err
}

// goTools are the programs of the local cloud that are built from source.
var goTools = []goTool{
	{
		// Without a version the Automation API refuses the engine.
		module: "engine", programs: []program{{"pulumi", "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"}}, cost: "about 4 minutes",
		ldflags: " -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v3.259.0",
	},
	{
		module: "bridge", programs: []program{{"pulumi-terraform-bridge", "github.com/pulumi/pulumi-terraform-bridge/v3/dynamic"}},
		cost: "about 2 minutes",
	},
	{
		module: "random", programs: []program{{"terraform-provider-random", "github.com/terraform-providers/terraform-provider-random"}},
		cost: "about 1 minute",
	},
	{
		module: "kubernetes", cost: "about 8 minutes", patches: []patch{kubernetesProvider},
		ldflags: kubernetesVersion.ldflags() + " -X " + kubernetesProvider.module + "/pkg/version.Version=" + plugins["kubernetes"],
		programs: []program{
			{"etcd", "go.etcd.io/etcd/server/v3"},
			{"kube-apiserver", "k8s.io/kubernetes/cmd/kube-apiserver"},
			{"kube-controller-manager", "k8s.io/kubernetes/cmd/kube-controller-manager"},
			{"kubectl", "k8s.io/kubernetes/cmd/kubectl"},
			{"kubernetes-provider", kubernetesProvider.module + "/cmd/pulumi-resource-kubernetes"},
		},
	},
}

// nodeTools are the programs of nodes that are built from source. The module of containerd does not share its versions with the
// others: it requires later ones of nearly everything, Kubernetes' libraries among them.
var nodeTools = []goTool{
	{
		module: "kubernetes", name: "kubernetes-nodes", cost: "about 1 minute", ldflags: kubernetesVersion.ldflags(),
		programs: []program{{"kube", "./kube"}},
	},
	{
		module: "containers", cost: "about 2 minutes",
		// File systems and tracing that nodes do not have.
		tags: "no_btrfs no_aufs no_zfs no_devmapper no_tracing no_dynamic_plugins",
		programs: []program{
			{"containerd", "github.com/containerd/containerd/v2/cmd/containerd"},
			{"containerd-shim-runc-v2", "github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2"},
			{"ctr", "github.com/containerd/containerd/v2/cmd/ctr"},
			{"ptp", "github.com/containernetworking/plugins/plugins/main/ptp"},
			{"loopback", "github.com/containernetworking/plugins/plugins/main/loopback"},
			{"host-local", "github.com/containernetworking/plugins/plugins/ipam/host-local"},
			{"portmap", "github.com/containernetworking/plugins/plugins/meta/portmap"},
			{"pause", "./pause"},
			{"endpoints", "./endpoints"},
		},
	},
	{
		// Static, because it also runs inside containers. Without a version containerd refuses it.
		module: "containers", name: "runc", cost: "about 1 minute", tags: "seccomp", cgo: true, ldflags: static + " -X main.version=1.5.3",
		programs: []program{{"runc", "github.com/opencontainers/runc"}},
	},
	{
		module: "coredns", cost: "about 1 minute",
		programs: []program{{"coredns", "./coredns"}},
	},
}

// temporalTools are the programs of Temporal's images. They are built only where Temporal is switched on: they take longer than
// everything else together on a machine that has compiled nothing of them. The module keeps the versions that its project was released
// with.
var temporalTools = []goTool{
	{
		module: "temporal", cost: "about 8 minutes",
		programs: []program{
			{"temporal-server", "go.temporal.io/server/cmd/server"},
			{"temporal-sql-tool", "go.temporal.io/server/cmd/tools/sql"},
		},
	},
}

// static links a program with C's library in it.
const static = " -linkmode external -extldflags -static"

// kubernetesVersion is set as the Kubernetes programs' own version: a build outside their tree does not know it.
const kubernetesVersion release = "1.35.3"

// release is a version of Kubernetes.
type release string

func (r release) ldflags() string {
	const version = "k8s.io/component-base/version."
	parts := strings.Split(string(r), ".")
	return fmt.Sprintf(" -X %[1]sgitVersion=v%[2]s -X %[1]sgitMajor=%[3]s -X %[1]sgitMinor=%[4]s", version, r, parts[0], parts[1])
}

// compile is the environment of a build, added to the caller's.
var compile = append([]string{"GOWORK=off", "GOFLAGS=" + gobuild.Flags}, gobuild.Variables...)

// recipe builds the module's programs; source is the folder tests/tools.
func (t goTool) recipe(source, goVersion string) (Recipe, error) {
	dir := filepath.Join(source, t.module)
	mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return Recipe{}, fmt.Errorf("read the pins of %s: %w", t.module, err)
	}
	sum, err := os.ReadFile(filepath.Join(dir, "go.sum"))
	if err != nil {
		return Recipe{}, fmt.Errorf("read the checksums of %s: %w", t.module, err)
	}
	ldflags := "-s -w" + t.ldflags
	key := []string{string(mod), string(sum), ldflags, goVersion, runtime.GOOS, runtime.GOARCH}
	if t.tags != "" {
		key = append(key, t.tags)
	}
	tools := map[string]string{}
	var packages []string
	for _, p := range t.programs {
		tools[p.name] = p.name
		key = append(key, p.name)
		packages = append(packages, p.pkg)
		own, err := p.source(dir)
		if err != nil {
			return Recipe{}, fmt.Errorf("read the source of %s: %w", p.name, err)
		}
		key = append(key, own...)
	}
	for _, p := range t.patches {
		key = append(key, p.key()...)
	}
	// The work happens where the pins are, or in a copy beside corrected modules.
	build := func(ctx context.Context, args ...string) error {
		where, remove, err := t.workspace(ctx, dir)
		if err != nil {
			return err
		}
		defer remove()
		env := slices.Clone(compile)
		if t.cgo {
			env = append(env, "CGO_ENABLED=1")
		}
		_, err = run(ctx, command{dir: where, env: env, args: append(append([]string{"go"}, args...), packages...)})
		return err
	}
	return Recipe{
		Name:      cmp.Or(t.name, t.module),
		Cost:      t.cost,
		Key:       append(key, packages...),
		Tools:     tools,
		Exclusive: true,
		Fetch: func(ctx context.Context) error {
			return build(ctx, "list", "-deps", "-tags", t.tags)
		},
		Make: func(ctx context.Context, folder string) error {
			if err := build(ctx, "build", "-buildvcs=false", "-tags", t.tags, "-ldflags", ldflags, "-o", folder+string(filepath.Separator)); err != nil {
				return err
			}
			for _, p := range t.programs {
				if err := os.Rename(filepath.Join(folder, p.file()), filepath.Join(folder, p.name)); err != nil {
					return err
				}
			}
			return nil
		},
	}, nil
}
