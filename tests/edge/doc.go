// Package edge runs the whole edge on loopback, of real programs: the proxy (Envoy), gate, the service that counts (ratelimit) on a cache,
// the provisioner's own tables in PostgreSQL, and the reference application behind all of them. What a request passes here is what it
// will pass in a cluster; only the load balancer before it is missing. docs/edge.md says what each part refuses.
package edge
