package stacks

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/betterstack"
	"github.com/genericcorp/platform/internal/environments"
)

// withBetterStack has an environment looked at from outside, which no stack file of the repository is.
func withBetterStack(settings map[string]any) {
	settings["betterStack"] = map[string]any{
		"mode": "on", "responders": 2, "company": "Generic Corp", "companyUrl": "https://genericcorp.example", "subdomain": "genericcorp",
		"probes": []any{map[string]any{"name": "Pro tier", "tenant": "probe-pro"}},
	}
}

// Where the settings say so, there are monitors of what is public, once all else is there. Nowhere else is anything.
func TestBetterStack(t *testing.T) {
	t.Parallel()
	const component = "genericcorp:betterstack:BetterStack"
	for _, stack := range environments.All().Names() {
		require.Empty(t, planOf(t, stack).OfType(component), stack)
		require.Empty(t, planOf(t, stack, withBilling).OfType(betterstack.Monitor), stack)
		p := planOf(t, stack, withLoadBalancer, withBilling, withBetterStack)
		require.InDelta(t, 2, p.One(t, component, "betterstack").Value(t, "responders"), 0)
		require.Len(t, p.OfType(betterstack.Monitor), 3)
		require.Equal(t, "https://status.app.genericcorp.example/", p.One(t, betterstack.Monitor, "betterstack-edge").Value(t, "url"))
		require.Equal(t, "https://probe-pro.app.genericcorp.example/", p.One(t, betterstack.Monitor, "betterstack-probe-pro-tier").Value(t, "url"))
		require.Contains(t, p.One(t, betterstack.Monitor, "betterstack-webhook").Value(t, "url"), "/webhook")
		require.Equal(t, "https://genericcorp.betteruptime.com", p.outputs["statusPageUrl"].value)
		require.Contains(t, p.outputs["betterStackSecretArn"].value, "betterstack-secret")
		require.False(t, p.outputs["betterStackSecretArn"].secret)

		waits := p.One(t, "pulumi:providers:betterstack", "betterstack").Request.GetDependencies()
		for _, last := range []string{"::cluster-metrics-server", "::cache-group", "::monitoring-dashboard", "::edge-certificate", "::billing-webhook"} {
			require.True(t, slices.ContainsFunc(waits, func(urn string) bool { return strings.HasSuffix(urn, last) }),
				"%s: Better Stack may be away, and all else must be there by then", last)
		}
	}
}

// Before there is a token there is a place for it.
func TestBetterStackIsPrepared(t *testing.T) {
	t.Parallel()
	p := planOf(t, "prod", func(settings map[string]any) {
		settings["betterStack"] = map[string]any{"mode": "prepared", "responders": 2}
	})
	p.One(t, "aws:secretsmanager/secret:Secret", "betterstack-secret")
	require.Empty(t, p.OfType("pulumi:providers:betterstack"))
	require.Empty(t, p.outputs["statusPageUrl"].value)
	require.InDelta(t, 0, p.One(t, "genericcorp:betterstack:BetterStack", "betterstack").Value(t, "responders"), 0)
}
