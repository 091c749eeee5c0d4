package tools

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// systemTool is a program that comes from the operating system.
type systemTool struct {
	name string
	// find returns the program's path, or nothing.
	find func() string
	// packages are Debian's packages that bring it, in order of preference.
	packages []string
}

// system is the operating system as a source of programs.
type system struct {
	tools []systemTool
	root  bool // whether this user may install packages
	// clusterSettings is a file by which Debian's PostgreSQL packages are kept from making and starting a server.
	clusterSettings string
}

// thisSystem has the programs that the local cloud takes from the operating system.
var thisSystem = system{tools: systemTools, root: os.Geteuid() == 0, clusterSettings: "/etc/postgresql-common/createcluster.conf"}

var systemTools = []systemTool{
	{name: "go", find: onPath("go"), packages: []string{"golang-go"}},
	{name: "python3", find: findPython, packages: []string{"python3-venv"}},
	{name: "node", find: onPath("node", "nodejs"), packages: []string{"nodejs"}},
	{name: "npm", find: onPath("npm"), packages: []string{"npm"}},
	{name: "postgres", find: func() string { return findPostgres("/usr/lib/postgresql") }, packages: []string{"postgresql"}},
	{name: "redis", find: onPath("valkey-server", "redis-server"), packages: []string{"valkey", "redis-server"}},
	{name: "jq", find: onPath("jq"), packages: []string{"jq"}}, // for those who ask the local cloud by hand, and the runbooks
}

var nft = systemTool{name: "nft", find: onPath("nft", "/usr/sbin/nft"), packages: []string{"nftables"}}

// testTools are what the unit tests need besides: tenants behind a pool of connections, and who reads the nodes' rules.
var testTools = []systemTool{
	nft,
	{name: "pgbouncer", find: onPath("pgbouncer", "/usr/sbin/pgbouncer"), packages: []string{"pgbouncer"}},
}

// systemNodeTools are what nodes need: rules for packets, and what runc is built with. Some are libraries, found by a file.
var systemNodeTools = []systemTool{
	nft,
	{name: "gcc", find: onPath("gcc"), packages: []string{"gcc"}},
	{name: "libc.a", find: firstFile("/usr/lib/*/libc.a"), packages: []string{"libc6-dev"}},
	{name: "pkg-config", find: onPath("pkg-config"), packages: []string{"pkg-config"}},
	{name: "libseccomp.a", find: firstFile("/usr/lib/*/libseccomp.a"), packages: []string{"libseccomp-dev"}},
}

// with is the same system as a source of other programs.
func (s system) with(tools []systemTool) system {
	s.tools = tools
	return s
}

func firstFile(pattern string) func() string {
	return func() string {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			return ""
		}
		return found[0]
	}
}

func onPath(names ...string) func() string {
	return func() string {
		for _, name := range names {
			if path, err := exec.LookPath(name); err == nil {
				return path
			}
		}
		return ""
	}
}

// findPython returns python3 if it can make virtual environments, which Debian packages separately.
func findPython() string {
	path, err := exec.LookPath("python3")
	if err != nil || exec.Command(path, "-c", "import venv, ensurepip").Run() != nil {
		return ""
	}
	return path
}

// findPostgres returns the server of the newest version below root, or the one on PATH.
func findPostgres(root string) string {
	found, err := filepath.Glob(filepath.Join(root, "*", "bin", "postgres"))
	if err != nil || len(found) == 0 {
		return onPath("postgres")()
	}
	major := func(path string) int {
		n, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
		if err != nil {
			return 0 // some other folder: the last choice
		}
		return n
	}
	sort.Slice(found, func(i, j int) bool { return major(found[i]) > major(found[j]) })
	return found[0]
}

// EnsureSystem finds every program that comes from the operating system, or installs it, if this user may; with forTests
// also what the unit tests need.
func EnsureSystem(ctx context.Context, out io.Writer, forTests bool) error {
	from := thisSystem
	if forTests {
		from.tools = slices.Concat(systemTools, testTools)
	}
	lines := &progress{out: out, total: 1}
	_, err := from.ensure(ctx, lines.task(1, "system packages"))
	return err
}

// ensure finds every program, installing Debian's packages for the missing ones when this user may.
func (s system) ensure(ctx context.Context, progress *task) (map[string]string, error) {
	paths, missing := s.find()
	if len(missing) == 0 {
		return paths, nil
	}
	packages, err := s.choosePackages(ctx, missing, progress)
	if err != nil {
		return nil, missingError(missing, err)
	}
	if err := s.install(ctx, packages, progress); err != nil {
		return nil, missingError(missing, err)
	}
	if paths, missing = s.find(); len(missing) > 0 {
		return nil, missingError(missing, errors.New("they are still missing after installing "+strings.Join(packages, " ")))
	}
	return paths, nil
}

func (s system) find() (paths map[string]string, missing []systemTool) {
	paths = map[string]string{}
	for _, tool := range s.tools {
		if path := tool.find(); path != "" {
			paths[tool.name] = path
		} else {
			missing = append(missing, tool)
		}
	}
	return paths, missing
}

// missingError names every missing program and the one command that brings them.
func missingError(missing []systemTool, cause error) error {
	names := make([]string, 0, len(missing))
	packages := make([]string, 0, len(missing))
	for _, tool := range missing {
		names = append(names, tool.name)
		packages = append(packages, tool.packages[len(tool.packages)-1])
	}
	return fmt.Errorf("missing on this machine: %s; install them with: sudo apt-get update && sudo apt-get install -y --no-install-recommends %s (%w)",
		strings.Join(names, ", "), strings.Join(packages, " "), cause)
}

// choosePackages refreshes the package lists and takes, for each tool, the first package that this release has.
func (s system) choosePackages(ctx context.Context, missing []systemTool, progress *task) ([]string, error) {
	if !s.root {
		return nil, errors.New("only root may install them")
	}
	if onPath("apt-get")() == "" {
		return nil, errors.New("this is not a Debian system: use its own package manager")
	}
	progress.print("refreshing Debian's package lists")
	if _, err := run(ctx, command{args: []string{"apt-get", "update", "-q"}}); err != nil {
		return nil, explain(err)
	}
	var chosen []string
	for _, tool := range missing {
		for i, name := range tool.packages {
			last := i == len(tool.packages)-1
			if _, err := run(ctx, command{args: []string{"apt-cache", "show", "--quiet", name}}); err == nil || last {
				chosen = append(chosen, name)
				break
			}
		}
	}
	return chosen, nil
}

func (s system) install(ctx context.Context, packages []string, progress *task) error {
	if _, err := os.Stat(s.clusterSettings); errors.Is(err, os.ErrNotExist) {
		if err := os.MkdirAll(filepath.Dir(s.clusterSettings), 0o755); err != nil { //nolint:gosec // as the package makes it
			return err
		}
		if err := os.WriteFile(s.clusterSettings, []byte("create_main_cluster = false\n"), 0o644); err != nil { //nolint:gosec // as the package makes it
			return err
		}
	}
	defer progress.begin("installing " + strings.Join(packages, " ") + ", about 1 minute")()
	_, err := run(ctx, command{
		// Run level 1 keeps packages from starting their services.
		env:  []string{"DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1"},
		args: append([]string{"apt-get", "install", "-y", "-q", "--no-install-recommends", "-o", "Dpkg::Options::=--force-confold"}, packages...),
	})
	if err != nil {
		return explain(err)
	}
	return nil
}
