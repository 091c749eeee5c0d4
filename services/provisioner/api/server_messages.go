package api

// ServerMessage is what PostgreSQL says to a tenant because of what the provisioner has set.
type ServerMessage struct {
	Code  string // SQLSTATE
	Text  string // as the server says it, with … for what differs
	Cause string
	Page  string // where it says what to do, from the folder runbooks/
}

const limitsPage = "../docs/application.md#limits"

// ServerMessages are those of a tenant that is at one of its limits, or that may not work. The tests of the provisioner see each of them.
var ServerMessages = []ServerMessage{
	{"25006", "cannot execute … in a read-only transaction", "the tenant stores more than its tier allows, or is limited", "tenant-over-limit.md"},
	{"25P03", "terminating connection due to idle-in-transaction timeout", "a transaction was left open for longer than the tier allows", limitsPage},
	{"28000", `role "…" is not permitted to log in`, "the tenant is suspended, or grew while it was read-only; `platform tenant show` says which", "tenant-suspension-and-resume.md"},
	{"28P01", `password authentication failed for user "…"`, "the password was rotated: the application must read its secret again", "credential-leak-and-rotation.md"},
	{"42501", "permission denied for …", "the tenant is read-only; or its session has left its role, or reaches for what is not its own", "tenant-over-limit.md"},
	{"53200", "out of shared memory", "a tenant fills the server's table of locks, until the next sweep ends its sessions", "tenant-suspension-and-resume.md"},
	{"53300", "remaining connection slots are reserved for …", "all connections of the server are taken, by tenants or by clients that never log in", "tenant-suspension-and-resume.md"},
	{"53300", `too many connections for role "…"`, "the tenant has all connections of its tier", limitsPage},
	{"53400", "temporary file size exceeds temp_file_limit (…kB)", "a query writes more temporary files than the tier allows", limitsPage},
	{"57014", "canceling statement due to statement timeout", "a statement runs for longer than the tier allows", limitsPage},
	{"57014", "canceling statement due to user request", "the same, of a session that had changed its timeout: the sweep cancelled it", limitsPage},
	{"57P05", "terminating connection due to idle-session timeout", "a session did nothing for an hour", limitsPage},
	{"57P03", "the database system is starting up", "the server has failed over or restarts: try again", "database-failover.md"},
	{"57P01", "terminating connection due to administrator command", "the sweep, a suspension or a change of its limits ended the session; `platform tenant show` says why. All tenants at once: [database-failover](database-failover.md)", "tenant-suspension-and-resume.md"},
}
