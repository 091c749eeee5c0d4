// Package api is how a pod runs edgesidecar, the program beside those of the edge that are not our own: it logs in to the cache for the
// service that counts, and drains the proxy.
package api

// The roles, one of which is the program's only argument.
const (
	// RoleLogin passes connections on from CachePort of loopback to the cache, and logs in there: whoever is in the pod needs no password.
	RoleLogin = "login"
	// RoleDrain has the proxy finish what it has begun.
	RoleDrain = "drain"
)

const (
	// Port is where the program answers by HTTP.
	Port = 9090
	// PathReady says whether it works: RoleLogin only when it can log in to the cache.
	PathReady = "/readyz"
	// PathDrain of RoleDrain answers when nothing is left to finish, or time is up. The kubelet asks it before it stops the proxy, and can
	// only GET.
	PathDrain = "/drain"
	// CachePort is where RoleLogin listens, on loopback.
	CachePort = 6379
)

// The environment variables.
const (
	EnvCacheCAFile = "CACHE_CA_FILE" // authorities of the cache's certificate: the public ones when empty
	// EnvProxyAdmin is the proxy's administration: default DefaultProxyAdmin.
	EnvProxyAdmin = "PROXY_ADMIN"
)

const (
	// CacheFile holds host, port, token and tls of the cache.
	CacheFile = "cache.json"
	// SecretsFolder is where the program beside a workload keeps its secrets.
	SecretsFolder = "/var/run/secrets/platform" //nolint:gosec // a folder
	// DefaultProxyAdmin is on loopback.
	DefaultProxyAdmin = "127.0.0.1:9901"
)

// The time that a drain takes, in seconds.
const (
	// HearSeconds is how long the proxy goes on once it says that it is not ready: the load balancer hears it by two checks, 10 seconds
	// later, and its addresses some seconds after that.
	HearSeconds = 30
	// FinishSeconds is how long what was begun may then still take: the proxy lets a request take 30 seconds to arrive, and 30 more.
	FinishSeconds = 65
)
