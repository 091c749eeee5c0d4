// Package edge has what the parts of the edge call one another: the proxy (Envoy), the program that it asks about each request
// (services/gate), and the service that counts. docs/edge.md says what each does.
package edge

const (
	// HeaderIdentity is the one header by which a workload learns whose request it has: a signed token, which services/gate/api/identity
	// verifies.
	HeaderIdentity = "X-Tenant-Identity"
	// ReservedPrefix begins the names of the headers, in lower case, that only the edge sets. A request that comes with one is refused.
	ReservedPrefix = "x-tenant"
	// HeaderRequest is the request's ID, in lower case: the proxy's own, whatever the client sent. Gate names the request's lease by it.
	HeaderRequest = "x-request-id"
)

// Where the load balancer reaches the proxy: on each node that a pod of the proxy is on, at ports that are the same on all nodes. Their
// Service must be of the type NodePort with externalTrafficPolicy Local. Then the proxy sees the client's address, and a node without the
// proxy refuses the health check. kube-proxy's own health check (healthCheckNodePort) is for Services of the type LoadBalancer alone.
// https://kubernetes.io/docs/tasks/access-application-cluster/create-external-load-balancer/#preserving-the-client-source-ip
const (
	// NodePort is that of requests: HTTP/1.1 and HTTP/2 in plain text, since the load balancer has ended TLS, and without a PROXY header.
	NodePort = 30443
	// HealthNodePort leads to the proxy's health listener, which answers at PathReady.
	HealthNodePort = 30444
	// PathReady says whether the proxy takes connections. It says no while the proxy drains.
	PathReady = "/readyz"
)

// Label is the name under the domain that all tenants' host names are below: <slug>.app.<domain>.
const Label = "app"

// What gate tells the proxy of a request that it lets pass, as dynamic metadata of the filter that asks. The proxy takes from it what
// it counts by, and how much the tenant may: so a tier's numbers stand in one place, and a change of tier keeps what was counted.
const (
	MetadataNamespace = "envoy.filters.http.ext_authz"
	MetadataTenant    = "tenant"
	MetadataTier      = "tier"
	MetadataSecond    = "second" // a limit: see LimitAmount and LimitUnit
	MetadataDay       = "day"
	MetadataLease     = "lease" // of the request, for as long as it is under way: the proxy tells it with the request's end
	// The fields of a limit, and its units, are Envoy's own.
	// https://www.envoyproxy.io/docs/envoy/v1.37.0/configuration/http/http_filters/rate_limit_filter#rate-limit-override
	LimitAmount = "requests_per_unit"
	LimitUnit   = "unit"
	UnitSecond  = "SECOND"
	UnitDay     = "DAY" // of UTC, as the service counts by the time since 1970
)

// What requests are counted by, in the counting service.
const (
	CountDomain  = "edge"
	CountTenant  = "tenant"
	CountWindow  = "window"
	WindowSecond = "second"
	WindowDay    = "day"
)

// What a client is told that has sent too many requests, by the proxy or by gate: for programs, and for people.
const (
	CodeTooMany = "too-many-requests"
	//page:wrong-429
	MessageTooMany = "this account has sent more requests than it may: Retry-After says when to go on"
	//page:wrong-429
	MessageTooManyAddress = "this address has sent more requests than it may: Retry-After says when to go on"
	// Gate alone tells that there are too many at once.
	CodeTooManyAtOnce = "too-many-at-once"
	//page:wrong-429
	MessageTooManyAtOnce = "this account has too many requests at once: Retry-After says when to go on"
)

// MethodOverrides are the headers, in lower case, by which some frameworks let a POST, or a GET, stand for another method.
func MethodOverrides() []string {
	return []string{"x-http-method", "x-http-method-override", "x-method-override"}
}
