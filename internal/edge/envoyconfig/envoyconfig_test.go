package envoyconfig_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/edge/envoyconfig"
)

func settings() envoyconfig.Settings {
	at := func(port int) envoyconfig.Address { return envoyconfig.Address{Host: "127.0.0.1", Port: port} }
	return envoyconfig.Settings{Node: "test", Public: at(1), Health: at(2), Admin: at(3), Gate: at(4), Counting: at(5), Workload: at(6)}
}

// manager is what the test reads of a listener.
type manager struct {
	HTTPFilters []struct {
		Name        string
		TypedConfig struct {
			FailureModeAllow bool
			Value            map[string]any
		}
	}
	RouteConfig struct {
		VirtualHosts []struct {
			Domains []string
			Routes  []map[string]json.RawMessage
		}
	}
	UpgradeConfigs []any
}

func public(t *testing.T) manager {
	t.Helper()
	text, err := envoyconfig.JSON(settings())
	require.NoError(t, err)
	var all struct {
		StaticResources struct {
			Listeners []struct {
				Name         string
				FilterChains []struct {
					Filters []struct{ TypedConfig manager }
				}
			}
		}
	}
	require.NoError(t, json.Unmarshal(text, &all))
	require.Equal(t, "public", all.StaticResources.Listeners[0].Name)
	return all.StaticResources.Listeners[0].FilterChains[0].Filters[0].TypedConfig
}

// Nothing is outside of the limits: no redirect, no page of the proxy's own (Envoy counts on neither), no second way.
func TestEveryRequestHasOneWay(t *testing.T) {
	t.Parallel()
	m := public(t)
	require.Len(t, m.RouteConfig.VirtualHosts, 1)
	assert.Equal(t, []string{"*"}, m.RouteConfig.VirtualHosts[0].Domains)
	routes := m.RouteConfig.VirtualHosts[0].Routes
	require.Len(t, routes, 2)
	assert.JSONEq(t, `{"prefix": "/"}`, string(routes[0]["match"]))
	assert.JSONEq(t, `{"connectMatcher": {}}`, string(routes[1]["match"]), "of a tunnel, which has no path: without a route nobody would ask gate")
	for _, route := range routes {
		for _, other := range []string{"redirect", "directResponse", "typedPerFilterConfig"} {
			assert.NotContains(t, route, other)
		}
		var action struct {
			Cluster    string
			RateLimits []any
			Retry      any `json:"retryPolicy"`
		}
		require.NoError(t, json.Unmarshal(route["route"], &action))
		assert.Equal(t, "workload", action.Cluster)
		assert.Len(t, action.RateLimits, 3, "by address, by second, by day")
		assert.Nil(t, action.Retry, "a request would be counted once and done twice")
	}
	assert.Empty(t, m.UpgradeConfigs)
}

// The address is counted before gate is asked, and the tenant after; whoever does not answer closes.
func TestFiltersCloseInOrder(t *testing.T) {
	t.Parallel()
	m := public(t)
	var names []string
	for _, filter := range m.HTTPFilters {
		names = append(names, filter.Name)
		assert.False(t, filter.TypedConfig.FailureModeAllow)
	}
	const limit = "envoy.filters.http.ratelimit"
	assert.Equal(t, []string{limit, "envoy.filters.http.ext_authz", limit, "envoy.filters.http.buffer", "envoy.filters.http.router"}, names)
	for i, stage := range map[int]any{0: nil, 2: 1.0} {
		config := m.HTTPFilters[i].TypedConfig.Value
		assert.Equal(t, true, config["failure_mode_deny"])
		assert.Equal(t, true, config["enable_retry_after_header"])
		assert.Equal(t, stage, config["stage"])
	}
}

// The same settings make the same text, whichever build of this program writes it: another text makes other pods.
func TestTextIsTheSameInEachBuild(t *testing.T) {
	t.Parallel()
	text, err := envoyconfig.JSON(settings())
	require.NoError(t, err)
	var compact, indented bytes.Buffer
	require.NoError(t, json.Compact(&compact, text))
	require.NoError(t, json.Indent(&indented, compact.Bytes(), "", " "))
	assert.Equal(t, indented.String(), string(text))
}

// The health listener answers a proxy's own health alone, and also when clients have all connections.
func TestHealthIsApart(t *testing.T) {
	t.Parallel()
	b, err := envoyconfig.Bootstrap(settings())
	require.NoError(t, err)
	listeners := b.GetStaticResources().GetListeners()
	require.Len(t, listeners, 2)
	assert.False(t, listeners[0].GetIgnoreGlobalConnLimit(), "what clients take is bounded")
	assert.Equal(t, "health", listeners[1].GetName())
	assert.True(t, listeners[1].GetIgnoreGlobalConnLimit())
	text, err := envoyconfig.JSON(settings())
	require.NoError(t, err)
	assert.Regexp(t, `"path": *"/livez"`, string(text))
	assert.Equal(t, 1, strings.Count(string(text), "directResponse"))
}

func TestSettingsAreRefused(t *testing.T) {
	t.Parallel()
	_, err := envoyconfig.JSON(envoyconfig.Settings{Admin: envoyconfig.Address{Host: "0.0.0.0", Port: 1}, TLS: &envoyconfig.TLS{Key: "key"}})
	for _, want := range []string{
		`node: got "", expected a name`, `public.host: got "", expected a DNS name or an address`, "gate.port: got 0, expected 1 to 65535",
		`admin.host: got "0.0.0.0", expected a loopback address`, "tls: got one file, expected the files of a certificate and of its key",
	} {
		assert.ErrorContains(t, err, want)
	}
}
