package stacks

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/genericcorp/platform/internal/pulumitest"
)

// plan is what the program registers for one of the repository's stack files, and the stack's outputs.
type plan struct {
	*pulumitest.Recorder
	outputs map[string]output
}

// hiddenToken is in the secret that people store after the first clone.
const hiddenToken = "hidden-token"

// planOf runs the program on Pulumi.<stack>.yaml.
func planOf(t *testing.T, stack string, changes ...func(settings map[string]any)) *plan {
	t.Helper()
	p := &plan{}
	p.Recorder = pulumitest.Run(t, func(ctx *pulumi.Context) error {
		settings, err := Load(ctx)
		if err != nil {
			return err
		}
		e, err := newEnvironment(ctx, settings.Region, settings.Environment)
		if err != nil {
			return err
		}
		p.outputs = read(t, e.outputs())
		return nil
	}, asStack(t, stack, changes...))
	return p
}

// withLoadBalancer gives an environment a way in for its tenants' requests, which no stack file of the repository has: they have no domain.
func withLoadBalancer(settings map[string]any) {
	settings["domain"] = map[string]any{"name": "genericcorp.example", "zoneId": "Z0123456789ABC"}
	settings["edge"] = map[string]any{"enabled": true}
}

// withBilling has an environment's tenants pay in Stripe's test mode, which no stack file of the repository does.
func withBilling(settings map[string]any) { settings["billing"] = map[string]any{"mode": "test"} }

// withCollector has nodes and logs watched, which no stack file of the repository does.
func withCollector(settings map[string]any) {
	settings["workloads"] = map[string]any{"collector": map[string]any{"enabled": true, "image": "collector" + someDigest}}
}

// asStack runs the program as the engine does for one of the repository's stack files, with credentials of its account.
func asStack(t *testing.T, stack string, changes ...func(settings map[string]any)) pulumi.RunOption {
	t.Helper()
	data, err := os.ReadFile("../Pulumi." + stack + ".yaml")
	require.NoError(t, err)
	var file struct {
		Config struct {
			Region   string         `yaml:"aws:region"`
			Settings map[string]any `yaml:"platform:settings"`
		} `yaml:"config"`
	}
	require.NoError(t, yaml.Unmarshal(data, &file))
	monitoring, ok := file.Config.Settings["monitoring"].(map[string]any)
	require.True(t, ok)
	monitoring["betterStackUrl"] = "https://uptime.betterstack.example/" + hiddenToken
	account, ok := file.Config.Settings["account"].(string)
	require.True(t, ok)
	for _, change := range changes {
		change(file.Config.Settings)
	}
	settings, err := json.Marshal(file.Config.Settings)
	require.NoError(t, err)
	return func(info *pulumi.RunInfo) {
		pulumitest.WithStack(stack)(info)
		pulumitest.WithAccount(account)(info)
		info.Config = map[string]string{"aws:region": file.Config.Region, "platform:settings": string(settings)}
		info.ConfigSecretKeys = []string{"platform:settings"}
	}
}

// output is one output of the stack.
type output struct {
	value  any
	secret bool
}

// read waits for the outputs.
func read(t *testing.T, outputs pulumi.Map) map[string]output {
	t.Helper()
	var mu sync.Mutex
	all := map[string]output{}
	for name, input := range outputs {
		known := pulumi.ToOutput(input).ApplyT(func(value any) any {
			mu.Lock()
			defer mu.Unlock()
			all[name] = output{value: value}
			return value
		})
		secret := pulumi.IsSecret(known) // waits
		mu.Lock()
		all[name] = output{value: all[name].value, secret: secret}
		mu.Unlock()
	}
	return all
}

// dependencies gives all that must exist before a resource can, near and far.
func (p *plan) dependencies(t *testing.T, of string) []string {
	t.Helper()
	direct := map[string][]string{}
	for _, r := range p.All() {
		direct[r.URN] = append(direct[r.URN], r.Request.GetDependencies()...)
	}
	found := map[string]bool{}
	var follow func(urn string)
	follow = func(urn string) {
		for _, next := range direct[urn] {
			if !found[next] {
				found[next] = true
				follow(next)
			}
		}
	}
	require.Contains(t, direct, of)
	follow(of)
	return slices.Sorted(maps.Keys(found))
}
