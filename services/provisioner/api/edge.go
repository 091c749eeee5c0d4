package api

// What the edge may know of tenants. The provisioner makes it in the environment's database and keeps it there: a view, in a schema of
// its own, with the columns slug, tier and state (see State), and a role that may read that view and nothing else.
const (
	EdgeSchema = "platform_edge"
	EdgeView   = "tenant"
	// EdgeRole logs in with the password that apply-service gives it, as one of Services; without one nobody logs in as it.
	EdgeRole = "platform_gate"
	// EdgeChannel is notified, without a text, when a tenant's row has changed. Tenants can notify it, too, and keep its queue so full
	// that the provisioner leaves it: it only says that it is worth while to look now.
	EdgeChannel = "platform_edge_tenant"
	// EdgeConnections is how many connections the role may have: two for each of two gates, and as many more while they are replaced.
	EdgeConnections = 8
)
