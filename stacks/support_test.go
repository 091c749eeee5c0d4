package stacks

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/components/cluster"
	"github.com/genericcorp/platform/internal/environments"
	"github.com/genericcorp/platform/internal/pricing/catalogue"
	"github.com/genericcorp/platform/internal/support"
)

// TestEveryPinHasItsEndOfSupport: whatever the workflows, the plans and go.mod pin has a row in the calendar, and each row is of
// something that is in use.
func TestEveryPinHasItsEndOfSupport(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	var files []string
	for _, pattern := range []string{"../.github/workflows/*.yml", "../.github/actions/*/action.yml"} {
		found, err := filepath.Glob(pattern)
		require.NoError(t, err)
		files = append(files, found...)
	}
	action := regexp.MustCompile(`uses: ([a-z-]+/[a-z-]+)(?:/[a-z-]+)?@[0-9a-f]{40} # (v[0-9]+)\.`)
	runner := regexp.MustCompile(`runs-on: (?:\$\{\{ .*\|\| ')?([^' \n]+)`) // the environment's own, or else this
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, found := range action.FindAllStringSubmatch(string(text), -1) {
			used[found[1]+" "+found[2]] = true
		}
		for _, found := range runner.FindAllStringSubmatch(string(text), -1) {
			used["runner "+found[1]] = true
		}
	}
	for _, e := range environments.All() {
		plan := planOf(t, e.Name)
		for _, made := range plan.OfType("aws:lambda/function:Function") {
			used[fmt.Sprint("lambda ", made.Value(t, "runtime"))] = true
		}
		for _, made := range plan.OfType("aws:eks/nodeGroup:NodeGroup") {
			used[fmt.Sprint("nodes ", made.Value(t, "amiType"))] = true
		}
	}
	module, err := os.ReadFile("../go.mod")
	require.NoError(t, err)
	used["go "+regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(string(module))[1]] = true

	known := map[string]bool{}
	for _, pin := range support.Pins() {
		known[pin.Name] = true
		assert.True(t, used[pin.Name], "internal/support: %s is in use no more", pin.Name)
	}
	for name := range used {
		assert.True(t, known[name], "%s is pinned: write into internal/support until when it is supported, and who says so", name)
	}
}

// TestVersionsAreInStandardSupport: of the services, by the calendar that is beside the prices. It fails on the first day of extended
// support, which costs more, in the stack files and in the components' defaults alike.
func TestVersionsAreInStandardSupport(t *testing.T) {
	t.Parallel()
	prices, err := catalogue.Embedded()
	require.NoError(t, err)
	check := func(service, engine, version string) {
		calendar, known := prices.Support(service, engine, version)
		assert.True(t, known, "%s %s: write it into the support calendar", engine, version)
		assert.Equal(t, catalogue.Standard, calendar.PhaseOn(time.Now()), "%s %s: extended support since %s", engine, version, calendar.Extended.Format(time.DateOnly))
	}
	check(catalogue.EKS, "kubernetes", cluster.DefaultVersion)
	for _, e := range environments.All() {
		plan := planOf(t, e.Name)
		for _, made := range plan.OfType("eks:index:Cluster") {
			check(catalogue.EKS, "kubernetes", fmt.Sprint(made.Value(t, "version")))
		}
		for _, made := range plan.OfType("aws:rds/instance:Instance") {
			check(catalogue.RDS, "postgresql", fmt.Sprint(made.Value(t, "engineVersion")))
		}
		for _, made := range plan.OfType("aws:elasticache/replicationGroup:ReplicationGroup") {
			if engine := fmt.Sprint(made.Value(t, "engine")); engine == "redis" { // Valkey has no calendar at AWS yet
				check(catalogue.ElastiCache, engine, fmt.Sprint(made.Value(t, "engineVersion")))
			}
		}
	}
}
