package allocation

// Group is a kind of cost that is shared by one key.
type Group int

// The groups, in the order of a table's columns. Keys says what each has and by what it is shared.
const (
	Own Group = iota
	Database
	Storage
	Compute
	Cache
	Edge
	Traffic
	Platform

	groups = int(Platform) + 1
)

// String is the group's name, as tables and documents have it.
func (g Group) String() string { return keys[g].Name }

// Usage is what a tenant used in a span of time, by the ledger.
type Usage struct {
	Requests         int64 // served and refused
	Bytes            int64 // in and out
	Milliseconds     int64 // that its requests took, all together
	StoredKiBMinutes int64
	ActiveSeconds    int64 // that its sessions on the database were at work
}

// Key says by what a group's cost is shared.
type Key struct {
	Name     string // of the group
	What     string // what the group has
	By       string // what is counted of each tenant
	Capacity string // what could be used, in the same unit; the rest of it is idle. Empty: not known
	of       func(Usage) int64
}

// keys are those of the groups, by group. One without a function is not shared.
var keys = [groups]Key{
	Own: {
		Name: "own", What: "the tenant's own resources: its secret",
		By: "whose they are",
	},
	Database: {
		Name: "database", What: "instance hours, monitoring and whatever else a database instance costs besides storage",
		By: "active seconds", Capacity: "vCPUs × seconds",
		of: func(u Usage) int64 { return u.ActiveSeconds },
	},
	Storage: {
		Name: "storage", What: "the database's storage, its provisioned speed, and backups",
		By: "stored KiB-minutes", Capacity: "allocated KiB × minutes",
		of: func(u Usage) int64 { return u.StoredKiBMinutes },
	},
	Compute: {
		Name: "compute", What: "nodes with their volumes",
		By: "milliseconds that requests took", Capacity: "vCPUs × milliseconds",
		of: func(u Usage) int64 { return u.Milliseconds },
	},
	Cache: {
		Name: "cache", What: "cache nodes and their snapshots",
		By: "requests",
		of: func(u Usage) int64 { return u.Requests },
	},
	Edge: {
		Name: "edge", What: "the load balancer, its addresses and its access log",
		By: "requests",
		of: func(u Usage) int64 { return u.Requests },
	},
	Traffic: {
		Name: "traffic", What: "NAT gateways with their addresses, VPC endpoints, data to the internet and between zones",
		By: "bytes in and out",
		of: func(u Usage) int64 { return u.Bytes },
	},
	Platform: {
		Name: "platform", What: "all else: the cluster's control plane, keys, logs, alarms, audit, images, the provisioner, support and tax",
		By: "not shared",
	},
}

// Keys are those of all groups, in the order of a table's columns.
func Keys() []Key { return append([]Key{}, keys[:]...) }
