package api

import "time"

// What the edge may know of tenants. The provisioner makes it in the environment's database and keeps it there: a view, in a schema of
// its own, with the columns slug, tier and state (see State), and a role that may read that view and nothing else but EdgeToday.
const (
	EdgeSchema = "platform_edge"
	EdgeView   = "tenant"
	// EdgeRole logs in with the password that apply-service gives it, as one of Services; without one nobody logs in as it.
	EdgeRole = "platform_gate"
	// EdgeChannel is notified, without a text, when a tenant's row has changed. Tenants can notify it, too, and keep its queue so full
	// that the provisioner leaves it: it only says that it is worth while to look now.
	EdgeChannel = "platform_edge_tenant"
	// EdgeConnections is how many connections the role may have: three for each of two gates, and as many more while they are replaced.
	EdgeConnections = 12
)

// The ledger: what tenants used of the edge, by hours of UTC. Its tables are in the administrator's schema, of which the edge's role sees
// nothing: it hands batches to a function, and reads sums of today.
const (
	// EdgeRecord is a function of EdgeSchema that takes a batch: its source (text), its sequence (bigint), how many requests there was no
	// room for (bigint) and its rows (jsonb, a list of UsageRow). It tells whether the batch was new: one that the ledger has already, or an
	// earlier one of the same source, changes nothing.
	EdgeRecord = "record_usage"
	// EdgeToday is a view with the columns slug, admitted (requests since midnight of UTC) and ends (the next midnight).
	EdgeToday = "used_today"
	// MaxUsageRows is how many rows a batch may have.
	MaxUsageRows = 20_000
	// LatestUsage is how late a row may come and still count into its own hour: a later one counts into the hour of so long ago.
	LatestUsage = 2 * time.Hour
)

// UsageRow is what a tenant used in an hour, as far as one batch knows. All numbers are 0 or more.
type UsageRow struct {
	Tenant       string    `json:"tenant"` // its slug; empty: of none
	Hour         time.Time `json:"hour"`   // any time in it. One to come counts as now
	Served       int64     `json:"served"` // requests that the application answered
	Refused      int64     `json:"refused"`
	Admitted     int64     `json:"admitted"` // requests that the limits let pass: those use up the tenant's day
	BytesIn      int64     `json:"bytes_in"`
	BytesOut     int64     `json:"bytes_out"`
	Milliseconds int64     `json:"milliseconds"`
	Valid        int64     `json:"valid"`  // requests that count for what is promised: those that were served, or should have been
	Failed       int64     `json:"failed"` // of these: answered with an error that is no fault of the client, or not to the end
	Slow         int64     `json:"slow"`   // of these: served, and the answer began later than the tier's objective
}
