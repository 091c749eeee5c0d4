package stacks

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"gopkg.in/yaml.v3"

	"github.com/genericcorp/platform/internal/awsvalue"
)

// The only configuration key beside the settings.
const regionKey = "aws:region"

// Kind says what a stack deploys.
type Kind string

const (
	// KindEnvironment is a whole environment: everything that its tenants share.
	KindEnvironment Kind = "environment"
	// KindWorkloads is what runs in the cluster of an environment.
	KindWorkloads Kind = "workloads"
	// KindTenant is what one tenant of an environment owns.
	KindTenant Kind = "tenant"
)

// Settings are what one stack is to be: its kind, its region and the settings of that kind.
type Settings struct {
	Kind        Kind
	Region      string
	Environment *EnvironmentSettings // for KindEnvironment
	Workloads   *WorkloadsSettings   // for KindWorkloads
	Tenant      *TenantSettings      // for KindTenant
}

// Load reads the settings of the running stack. The error names every mistake by its full key.
func Load(ctx *pulumi.Context) (Settings, error) {
	r := newReport()
	for _, key := range visibleKeys() {
		requireKnown(key, r)
	}
	region, _ := ctx.GetConfig(regionKey)
	text, given := ctx.GetConfig(settingsKey)
	if !given {
		return loadTree(nil, region, r, false)
	}
	tree, err := parseJSON(text)
	if err != nil {
		tree = text // text where an object is expected; not printed, for it may hold a secret
	}
	return loadTree(tree, region, r, ctx.IsConfigSecret(settingsKey))
}

// visibleKeys lists all configuration keys of the stack where the engine passes them by environment.
func visibleKeys() []string {
	var all map[string]string
	if json.Unmarshal([]byte(os.Getenv(pulumi.EnvConfig)), &all) != nil {
		return nil
	}
	return slices.Sorted(maps.Keys(all))
}

// requireKnown reports a key that nobody reads, and one that only a provider would: such a key can lead it to another
// account, or make it run a program for credentials.
func requireKnown(fullKey string, r *report) {
	known := fullKey == settingsKey || fullKey == regionKey
	r.requireElsewhere(known, fullKey, literal("an unknown key"), settingsKey+" or "+regionKey)
}

// LoadFile reads the settings in a stack's file (Pulumi.<stack>.yaml). Secrets stay closed: Secret.Given is
// true of them, their values are unknown.
func LoadFile(path string) (Settings, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Settings{}, fmt.Errorf("read settings: %w", err)
	}
	settings, err := parseFile(data)
	if err != nil {
		return Settings{}, fmt.Errorf("settings in %s:\n%w", path, err)
	}
	return settings, nil
}

func parseFile(data []byte) (Settings, error) { return parse(data, newReport()) }

func parse(data []byte, r *report) (Settings, error) {
	var file struct {
		Config yaml.Node `yaml:"config"`
	}
	if err := yaml.Unmarshal(data, &file); err != nil {
		return Settings{}, err
	}
	var tree any
	var region string
	lines := map[string]int{}
	for i := 0; i+1 < len(file.Config.Content); i += 2 {
		key, value := file.Config.Content[i], file.Config.Content[i+1]
		if first, twice := lines[key.Value]; twice {
			given := literal(fmt.Sprintf("two values, on lines %d and %d", first, key.Line))
			r.requireElsewhere(false, key.Value, given, "one")
			continue
		}
		lines[key.Value] = key.Line
		requireKnown(key.Value, r)
		switch key.Value {
		case settingsKey:
			tree = fromYAML("", value, r)
		case regionKey:
			region = value.Value
		}
	}
	return loadTree(tree, region, r, false)
}

// loadTree decodes and validates a tree of settings and returns all that was found wrong on the way.
func loadTree(tree any, region string, r *report, openSecrets bool) (Settings, error) {
	settings := Settings{Region: region}
	awsvalue.Region.Check(r.problems, regionKey, region)
	if object, ok := settingsObject(tree, r); ok {
		settings.Kind = kindOf(object, r)
		switch settings.Kind {
		case KindEnvironment:
			settings.Environment = &EnvironmentSettings{}
			decode(object, settings.Environment, r, openSecrets)
			settings.Environment.validate(region, r)
		case KindWorkloads:
			settings.Workloads = &WorkloadsSettings{}
			decode(object, settings.Workloads, r, openSecrets)
			settings.Workloads.validate(region, r)
		case KindTenant:
			settings.Tenant = &TenantSettings{}
			decode(object, settings.Tenant, r, openSecrets)
			settings.Tenant.validate(r)
		default: // reported; which keys would belong to another kind is not known
		}
	}
	if err := r.err(); err != nil {
		return Settings{}, err
	}
	return settings, nil
}

func settingsObject(tree any, r *report) (map[string]any, bool) {
	const expected = "an object with keys"
	switch tree := tree.(type) {
	case map[string]any:
		return tree, true
	case nil:
		r.require(false, "", literal("nothing"), expected)
	case string:
		r.require(false, "", literal("text"), expected)
	default:
		r.require(false, "", shown(tree), expected)
	}
	return nil, false
}

// kindOf reads the kind, which decides what all other keys mean.
func kindOf(object map[string]any, r *report) Kind {
	value, given := object["kind"]
	if !given {
		value = literal("nothing")
	}
	kind, _ := value.(string)
	r.permit(slices.Contains([]Kind{KindEnvironment, KindWorkloads, KindTenant}, Kind(kind)), "kind", shown(value))
	return Kind(kind)
}
