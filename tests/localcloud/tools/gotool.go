package tools

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// goTool is a program that is built from a module that pins it.
type goTool struct {
	name    string
	module  string // the folder under tests/tools
	pkg     string
	ldflags string
	cost    string
}

// goTools are the programs of the local cloud that are built from source.
var goTools = []goTool{
	{
		// Without a version the Automation API refuses the engine.
		name: "pulumi", module: "engine", pkg: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi", cost: "about 4 minutes",
		ldflags: " -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v3.259.0",
	},
	{name: "pulumi-terraform-bridge", module: "bridge", pkg: "github.com/pulumi/pulumi-terraform-bridge/v3/dynamic", cost: "about 3 minutes"},
	{name: "terraform-provider-random", module: "random", pkg: "github.com/terraform-providers/terraform-provider-random", cost: "about 1 minute"},
	{name: "etcd", module: "kubernetes", pkg: "go.etcd.io/etcd/server/v3", cost: "about 1 minute"},
	{name: "kube-apiserver", module: "kubernetes", pkg: "k8s.io/kubernetes/cmd/kube-apiserver", cost: "about 5 minutes"},
	{name: "kube-controller-manager", module: "kubernetes", pkg: "k8s.io/kubernetes/cmd/kube-controller-manager", cost: "about 2 minutes"},
	{name: "kubectl", module: "kubernetes", pkg: "k8s.io/kubernetes/cmd/kubectl", cost: "about 1 minute"},
}

// kubernetesVersion is set as the Kubernetes programs' own version: a build outside their tree does not know it.
const kubernetesVersion = "v1.35.3"

// recipe builds the tool; source is the folder tests/tools.
func (t goTool) recipe(source, goVersion string) (Recipe, error) {
	dir := filepath.Join(source, t.module)
	mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return Recipe{}, fmt.Errorf("read the pins of %s: %w", t.name, err)
	}
	sum, err := os.ReadFile(filepath.Join(dir, "go.sum"))
	if err != nil {
		return Recipe{}, fmt.Errorf("read the checksums of %s: %w", t.name, err)
	}
	ldflags := "-s -w" + t.ldflags
	if t.module == "kubernetes" {
		ldflags += " -X k8s.io/component-base/version.gitVersion=" + kubernetesVersion +
			" -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=35"
	}
	return Recipe{
		Name:  t.name,
		Cost:  t.cost,
		Key:   []string{string(mod), string(sum), t.pkg, ldflags, goVersion, runtime.GOOS, runtime.GOARCH},
		Tools: map[string]string{t.name: t.name},
		Make: func(ctx context.Context, folder string) error {
			_, err := run(ctx, command{
				dir:  dir,
				env:  []string{"GOWORK=off", "GOFLAGS="},
				args: []string{"go", "build", "-trimpath", "-buildvcs=false", "-ldflags", ldflags, "-o", filepath.Join(folder, t.name), t.pkg},
			})
			return err
		},
	}, nil
}
