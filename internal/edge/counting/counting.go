// Package counting configures the service that counts requests at the edge: envoyproxy/ratelimit, on the cache.
//
// How much a tenant may, the proxy says with each question: it has heard so from gate. So the service's own file is short, a change of
// tier does not begin to count anew, and a tier's numbers need no second place. What stands here holds where gate has said nothing.
package counting

import (
	"path/filepath"
	"strconv"

	"gopkg.in/yaml.v3"

	"github.com/genericcorp/platform/internal/edge"
	"github.com/genericcorp/platform/internal/tiers"
)

type limit struct {
	Unit            string `yaml:"unit"`
	RequestsPerUnit int    `yaml:"requests_per_unit"`
}

type descriptor struct {
	Key         string       `yaml:"key"`
	Value       string       `yaml:"value,omitempty"`
	RateLimit   *limit       `yaml:"rate_limit,omitempty"`
	Descriptors []descriptor `yaml:"descriptors,omitempty"`
}

// YAML is the service's file.
func YAML() ([]byte, error) {
	least := tiers.All()[0].Limits
	return yaml.Marshal(struct {
		Domain      string       `yaml:"domain"`
		Descriptors []descriptor `yaml:"descriptors"`
	}{edge.CountDomain, []descriptor{
		{Key: edge.CountTenant, Descriptors: []descriptor{
			{Key: edge.CountWindow, Value: edge.WindowSecond, RateLimit: &limit{"second", least.RequestsPerSecond}},
			{Key: edge.CountWindow, Value: edge.WindowDay, RateLimit: &limit{"day", least.RequestsPerDay}},
		}},
	}})
}

// Settings are what differs from one place to another.
type Settings struct {
	Folder   string // holds File, and nothing else
	Host     string // to listen on
	GRPC     int
	HTTP     int    // health: PathHealth
	Debug    int    // loopback alone
	Cache    string // host:port
	CacheTLS bool
	// CacheCA is a file of authorities; empty: the machine's.
	CacheCA string
}

// File is what the service finds YAML in.
const File = "edge.yaml"

// PathHealth is where the service says by HTTP that it works, whether the cache does or not.
const PathHealth = "/healthcheck"

// Environment is what the service reads, but for REDIS_AUTH: the cache's password, which is a secret. In a cluster a program beside it
// logs in instead.
// https://github.com/envoyproxy/ratelimit/blob/main/src/settings/settings.go
func (s Settings) Environment() map[string]string {
	environment := map[string]string{
		"RUNTIME_ROOT": filepath.Dir(s.Folder), "RUNTIME_APPDIRECTORY": filepath.Base(s.Folder), "RUNTIME_WATCH_ROOT": "false",
		"RUNTIME_IGNOREDOTFILES": "true", // by which the kubelet exchanges all files at once
		"HOST":                   s.Host, "PORT": strconv.Itoa(s.HTTP), "GRPC_HOST": s.Host, "GRPC_PORT": strconv.Itoa(s.GRPC),
		"DEBUG_HOST": "127.0.0.1", "DEBUG_PORT": strconv.Itoa(s.Debug),
		"BACKEND_TYPE": "redis", "REDIS_SOCKET_TYPE": "tcp", "REDIS_URL": s.Cache, "REDIS_TLS": strconv.FormatBool(s.CacheTLS), "REDIS_TLS_CACERT": s.CacheCA,
		// The proxy waits for half a second.
		"REDIS_TIMEOUT": "300ms",
		// Else what is refused in a second still counts for the day: a client that floods would use up its day in minutes.
		"STOP_CACHE_KEY_INCREMENT_WHEN_OVERLIMIT": "true",
		// A count is kept for longer than its second, by chance up to so long: a service whose clock is behind finds it. It bounds, too, how
		// many counts there are at once.
		"EXPIRATION_JITTER_MAX_SECONDS": "300",
		// Nobody takes its statistics: without these it writes each of them into its log, every few seconds.
		"USE_STATSD": "false", "DISABLE_STATS": "true",
		"LOG_LEVEL": "warn", "LOG_FORMAT": "json",
		// Proxies open connections again, and so find a service that has come since.
		"GRPC_MAX_CONNECTION_AGE": "5m", "GRPC_MAX_CONNECTION_AGE_GRACE": "10s",
	}
	return environment
}
