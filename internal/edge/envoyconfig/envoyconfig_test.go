package envoyconfig_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	grpclogv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/access_loggers/grpc/v3"
	limitv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/common/ratelimit/v3"
	authzv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/ext_authz/v3"
	locallimitv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/local_ratelimit/v3"
	managerv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	httpv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/upstreams/http/v3"
	typev3 "github.com/envoyproxy/go-control-plane/envoy/type/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/edge/envoyconfig"
	"github.com/genericcorp/platform/internal/tiers"
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
		assert.Len(t, action.RateLimits, 2, "by second, by day")
		assert.Nil(t, action.Retry, "a request would be counted once and done twice")
	}
	assert.Empty(t, m.UpgradeConfigs)
}

// A gate that is asked and silent is left soon; one that is told what has ended is waited for, on connections that nobody asks on, since what
// was told on one that is ended is lost.
func TestTheLogHasConnectionsOfItsOwn(t *testing.T) {
	t.Parallel()
	b, err := envoyconfig.Bootstrap(settings())
	require.NoError(t, err)
	patience := map[string]time.Duration{}
	for _, cluster := range b.GetStaticResources().GetClusters() {
		var options httpv3.HttpProtocolOptions
		require.NoError(t, cluster.GetTypedExtensionProtocolOptions()["envoy.extensions.upstreams.http.v3.HttpProtocolOptions"].UnmarshalTo(&options))
		patience[cluster.GetName()] = options.GetExplicitHttpConfig().GetHttp2ProtocolOptions().GetConnectionKeepalive().GetTimeout().AsDuration()
	}
	var m managerv3.HttpConnectionManager
	require.NoError(t, b.GetStaticResources().GetListeners()[0].GetFilterChains()[0].GetFilters()[0].GetTypedConfig().UnmarshalTo(&m))
	var log grpclogv3.HttpGrpcAccessLogConfig
	require.NoError(t, m.GetAccessLog()[1].GetTypedConfig().UnmarshalTo(&log))
	told := log.GetCommonConfig().GetGrpcService().GetEnvoyGrpc().GetClusterName()
	var asked authzv3.ExtAuthz
	require.NoError(t, m.GetHttpFilters()[1].GetTypedConfig().UnmarshalTo(&asked))
	question := asked.GetGrpcService().GetEnvoyGrpc().GetClusterName()
	require.Contains(t, patience, told)
	require.Contains(t, patience, question)
	assert.NotEqual(t, question, told)
	assert.Greater(t, patience[told], patience[question])
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
	assert.Equal(t, []string{
		"envoy.filters.http.local_ratelimit", "envoy.filters.http.ext_authz", "envoy.filters.http.ratelimit", "envoy.filters.http.buffer", "envoy.filters.http.router",
	}, names)
	config := m.HTTPFilters[2].TypedConfig.Value
	assert.Equal(t, true, config["failure_mode_deny"])
	assert.Equal(t, true, config["enable_retry_after_header"])
}

// The limit by address is always in force, has a bucket for each address, and remembers no more addresses than it may.
func TestAddressesAreLimitedByTheProxy(t *testing.T) {
	t.Parallel()
	b, err := envoyconfig.Bootstrap(settings())
	require.NoError(t, err)
	var m managerv3.HttpConnectionManager
	require.NoError(t, b.GetStaticResources().GetListeners()[0].GetFilterChains()[0].GetFilters()[0].GetTypedConfig().UnmarshalTo(&m))
	var limit locallimitv3.LocalRateLimit
	require.NoError(t, m.GetHttpFilters()[0].GetTypedConfig().UnmarshalTo(&limit))
	for _, part := range []*corev3.RuntimeFractionalPercent{limit.GetFilterEnabled(), limit.GetFilterEnforced()} {
		assert.EqualValues(t, 100, part.GetDefaultValue().GetNumerator())
		assert.Empty(t, part.GetRuntimeKey(), "nothing switches it off")
	}
	require.Len(t, limit.GetDescriptors(), 1)
	require.Len(t, limit.GetDescriptors()[0].GetEntries(), 1)
	assert.Empty(t, limit.GetDescriptors()[0].GetEntries()[0].GetValue(), "a value would be one address")
	assert.EqualValues(t, 10_000, limit.GetMaxDynamicDescriptors().GetValue(), "Envoy's default is 20")
	assert.False(t, limit.GetAlwaysConsumeDefaultTokenBucket().GetValue(), "all addresses would share a bucket")
	for _, bucket := range []*typev3.TokenBucket{limit.GetTokenBucket(), limit.GetDescriptors()[0].GetTokenBucket()} {
		assert.EqualValues(t, envoyconfig.AddressPerSecond, bucket.GetMaxTokens())
		assert.EqualValues(t, envoyconfig.AddressPerSecond, bucket.GetTokensPerFill().GetValue())
		assert.Equal(t, time.Second, bucket.GetFillInterval().AsDuration())
	}
	assert.Equal(t, limitv3.XRateLimitHeadersRFCVersion_OFF, limit.GetEnableXRatelimitHeaders(), "those of the tenant's limits stand on every answer")
	for _, tier := range tiers.All() {
		assert.Less(t, tier.Limits.RequestsPerSecond, envoyconfig.AddressPerSecond, tier.Name)
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
