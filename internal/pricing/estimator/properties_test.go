package estimator_test

import (
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	sdktest "github.com/pulumi/pulumi/sdk/v3/go/property/testing"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/genericcorp/platform/internal/pricing/estimator"
	"github.com/genericcorp/platform/internal/pricing/usage"
)

// readNames are the names of all properties that the estimator reads, taken from its source, so that a new one is
// tried without being listed.
func readNames(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	call := regexp.MustCompile(`\.(?:text|number|flag|inner|each|count|texts|class|given|isUnknown|refers|disk|template)\(([^\n]*)`)
	quoted := regexp.MustCompile(`"([a-zA-Z]+)"`)
	var names []string
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, arguments := range call.FindAllSubmatch(source, -1) {
			for _, name := range quoted.FindAllSubmatch(arguments[1], -1) {
				names = append(names, string(name[1]))
			}
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	require.Greater(t, len(names), 60)
	return names
}

// anyValue draws values of every shape, with nested maps that have the names the estimator looks for, and with those
// words and numbers that take it further.
func anyValue(names []string, depth int) *rapid.Generator[property.Value] {
	word := rapid.SampledFrom([]string{
		"", "postgres", "mysql", "db.t3.large", "db.", "t3.medium", "t3", ".", "io1", "io2", "gp3", "standard", "SPOT", "Interface", "LoadBalancer",
		"ENABLED", "FARGATE", "1.33", "11", "999999999999.1", "-1", "NaN", "Inf", "1e300", "1e-300", "10Gi", "1e999999999Gi", "valkey", "redis", "5", "true",
	})
	number := rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{0, 1, -1, 10, 400, 1e9, 1e12, 1e13, 1e300, 5e-324}))
	options := []*rapid.Generator[property.Value]{
		rapid.Map(word, property.New[string]), rapid.Map(number, property.New[float64]), sdktest.Value(2),
		rapid.Map(rapid.Bool(), property.New[bool]), sdktest.Null(), sdktest.Computed(),
		rapid.Map(word, func(s string) property.Value { return property.New(s).WithSecret(true) }),
		rapid.Map(rapid.Bool(), func(bool) property.Value { return property.New(property.Computed).WithSecret(true) }),
	}
	if depth > 0 {
		options = append(options,
			rapid.Map(rapid.SliceOfN(anyValue(names, depth-1), 0, 3), property.New[[]property.Value]),
			rapid.Map(anyMap(names, depth-1), property.New[property.Map]))
	}
	return rapid.OneOf(options...)
}

func anyMap(names []string, depth int) *rapid.Generator[property.Map] {
	return rapid.Map(rapid.MapOfN(rapid.SampledFrom(names), anyValue(names, depth), 0, 12), property.NewMap)
}

func TestNoValueOfAnyPropertyPanicsOrGoesUnseen(t *testing.T) {
	t.Parallel()
	names := readNames(t)
	tokens := estimator.PricedTypes()
	referred := []string{"aws:ec2/launchTemplate:LaunchTemplate", "aws:ec2/launchConfiguration:LaunchConfiguration", "aws:ec2/subnet:Subnet", "aws:ecs/taskDefinition:TaskDefinition"}
	prod, err := usage.Default(usage.Prod)
	require.NoError(t, err)
	e := newEstimator(t, prod, estimator.Options{})
	rapid.Check(t, func(t *rapid.T) {
		var stack []estimator.Resource
		for i, token := range referred {
			stack = append(stack, estimator.Resource{URN: "other" + strconv.Itoa(i), Type: token, Name: "other", Properties: anyMap(names, 2).Draw(t, "other")})
		}
		r := estimator.Resource{URN: "it", Type: rapid.SampledFrom(tokens).Draw(t, "type"), Name: "it", Properties: anyMap(names, 3).Draw(t, "properties")}
		if rapid.Bool().Draw(t, "refers") {
			r.Dependencies = map[string][]string{}
			for _, name := range []string{"launchTemplate", "launchConfiguration", "subnetIds", "taskDefinition", "replicateSourceDb"} {
				r.Dependencies[name] = []string{"other0", "other1", "other2", "other3", "it", "nobody"}
			}
		}
		report := e.Estimate(append(stack, r))
		for _, c := range report.Resources {
			for _, l := range c.Lines {
				if l.Monthly.IsNegative() || l.Quantity.IsNegative() {
					t.Fatalf("negative line %+v", l)
				}
			}
			if c.Maximum.LessThan(c.Total()) {
				t.Fatalf("maximum below total: %+v", c)
			}
			silent := c.Free == "" && len(c.Lines) == 0 && !slices.ContainsFunc(report.Problems, func(p estimator.Problem) bool { return p.URN == c.URN })
			if silent {
				t.Fatalf("%s costs nothing in silence", c.Type)
			}
		}
	})
}

// oneValue mutates each name alone, to each shape, on a resource that is otherwise plain.
func TestEachPropertyAloneInEachShape(t *testing.T) {
	t.Parallel()
	shapes := []property.Value{
		property.New(property.Computed), {}, property.New("x").WithSecret(true), property.New(true), property.New(-1.0), property.New("text"),
		property.New([]property.Value{property.New(property.Computed), {}, property.New(1.0)}), property.New(map[string]property.Value{"x": property.New("y")}),
		property.New(property.Computed).WithSecret(true),
	}
	e := newEstimator(t, usage.None(), estimator.Options{})
	names := readNames(t)
	for _, test := range cases {
		subject := test.resources[0]
		for _, name := range names {
			for _, shape := range shapes {
				e.Estimate(append([]estimator.Resource{with(subject, name, shape)}, test.resources[1:]...))
			}
		}
	}
}

func TestMoreNeverCostsLess(t *testing.T) {
	t.Parallel()
	e := newEstimator(t, usage.None(), estimator.Options{})
	grows := []struct{ name, property string }{
		{"PostgreSQL db.t3.large", "allocatedStorage"}, {"MySQL io1, 1,200 IOPS", "allocatedStorage"}, {"MySQL io1, 1,200 IOPS", "iops"},
		{"gp3 above its baseline", "iops"}, {"gp3 throughput above its baseline", "storageThroughput"}, {"storage that may grow", "maxAllocatedStorage"},
		{"Valkey pair", "numCacheClusters"}, {"Redis, 4 shards and 3 replicas each", "replicasPerNodeGroup"}, {"Redis, 4 shards and 3 replicas each", "numNodeGroups"},
		{"gp3", "size"}, {"gp3", "iops"}, {"gp3", "throughput"}, {"io1", "iops"}, {"io2 over all its tiers", "iops"}, {"st1", "size"},
		{"node group that may grow", "diskSize"}, {"group of two machines", "desiredCapacity"}, {"Lambda, x86", "memorySize"},
	}
	rapid.Check(t, func(t *rapid.T) {
		g := rapid.SampledFrom(grows).Draw(t, "what")
		i := slices.IndexFunc(cases, func(c caseOf) bool { return c.name == g.name })
		less := rapid.IntRange(0, 100000).Draw(t, "less")
		more := rapid.IntRange(less, 100000).Draw(t, "more")
		total := func(n int) estimator.Report {
			stack := append([]estimator.Resource{with(cases[i].resources[0], g.property, property.New(float64(n)))}, cases[i].resources[1:]...)
			return e.Estimate(stack)
		}
		a, b := total(less), total(more)
		if b.Total().LessThan(a.Total()) || b.Maximum.LessThan(a.Maximum) {
			t.Fatalf("%s: %s %d costs %s, %d costs %s", g.name, g.property, less, a.Total(), more, b.Total())
		}
	})
}

func TestAStackCostsWhatItsPartsCost(t *testing.T) {
	t.Parallel()
	e := newEstimator(t, usage.None().With(usage.LogIngestGB, d("3")), estimator.Options{})
	rapid.Check(t, func(t *rapid.T) {
		var parts [][]estimator.Resource
		var whole []estimator.Resource
		for i, n := range rapid.SliceOfN(rapid.IntRange(0, len(cases)-1), 0, 12).Draw(t, "cases") {
			var part []estimator.Resource
			for _, r := range cases[n].resources {
				if strings.Contains(r.Type, "budgetAction") || len(cases[n].resources) > 1 {
					continue // free days are shared, and references must not meet other parts
				}
				r.URN += "#" + strconv.Itoa(i)
				part = append(part, r)
			}
			parts, whole = append(parts, part), append(whole, part...)
		}
		sum := estimator.Report{}
		for _, part := range parts {
			r := e.Estimate(part)
			sum.Fixed, sum.Usage, sum.Maximum = sum.Fixed.Add(r.Fixed), sum.Usage.Add(r.Usage), sum.Maximum.Add(r.Maximum)
		}
		total := e.Estimate(whole)
		if !total.Fixed.Equal(sum.Fixed) || !total.Usage.Equal(sum.Usage) || !total.Maximum.Equal(sum.Maximum) {
			t.Fatalf("whole %s + %s, parts %s + %s", total.Fixed, total.Usage, sum.Fixed, sum.Usage)
		}
	})
}

// synthetic is a stack of 5,000 resources of every kind.
func synthetic() []estimator.Resource {
	stack := make([]estimator.Resource, 0, 5000)
	for i := 0; len(stack) < cap(stack); i++ {
		for _, r := range cases[i%len(cases)].resources {
			r.URN += "#" + strconv.Itoa(i)
			stack = append(stack, r)
		}
	}
	return stack[:5000]
}

func TestFiveThousandResourcesStayWithinTheirMemory(t *testing.T) {
	prod, err := usage.Default(usage.Prod)
	require.NoError(t, err)
	e, stack := newEstimator(t, prod, estimator.Options{}), synthetic()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	report := e.Estimate(stack)
	runtime.ReadMemStats(&after)
	assert.Len(t, report.Resources, 5000)
	allocated := (after.TotalAlloc - before.TotalAlloc) >> 20
	assert.Less(t, allocated, uint64(200), "MiB allocated, freed ones included")
	t.Logf("5,000 resources: %d MiB allocated, USD %s", allocated, estimator.Cents(report.Total()))
}

func BenchmarkFiveThousandResources(b *testing.B) {
	prod, err := usage.Default(usage.Prod)
	require.NoError(b, err)
	e, stack := newEstimator(b, prod, estimator.Options{}), synthetic()
	b.ReportAllocs()
	for b.Loop() {
		e.Estimate(stack)
	}
}

func BenchmarkRunningTotalOfFiveThousand(b *testing.B) {
	prod, err := usage.Default(usage.Prod)
	require.NoError(b, err)
	e, stack := newEstimator(b, prod, estimator.Options{}), synthetic()
	b.ReportAllocs()
	for b.Loop() {
		running := e.Running()
		for _, r := range stack {
			running.Add(r)
		}
	}
}
