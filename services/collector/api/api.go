// Package api is what others know of the collector, which runs on each node: how it is configured, and what it publishes.
package api

// Where what it sends arrives.
const (
	MetricNamespace      = "GenericCorp/Cluster"
	DimensionEnvironment = "Environment"
	DimensionProgram     = "Program" // one of Settings.Programs, or OtherPrograms
)

// OtherPrograms stands for all pods that are neither a tenant's nor of a program that has a name of its own.
const OtherPrograms = "other"

// What each node says of itself each minute, by environment alone. The maximum is that of the fullest node.
const (
	MetricNodeCPU    = "NodeCPUPercent"
	MetricNodeMemory = "NodeMemoryPercent"
	MetricNodeDisk   = "NodeDiskPercent" // bytes or inodes, whichever is scarcer
)

// What each node says of programs, by environment, and by environment and program.
const (
	MetricProgramMemory   = "ProgramMemoryPercent" // of its limit, of the fullest container
	MetricProgramCPU      = "ProgramCPUPercent"    // of its limit; by program alone
	MetricProgramRestarts = "ProgramRestarts"      // in the last minute
)

// What each node says of the pods of all tenants. Which tenant it is, the lines say: a metric for each would cost more than the tenant.
const (
	MetricTenantPods   = "TenantPods"
	MetricTenantMemory = "TenantMemoryBytes"
	MetricTenantCPU    = "TenantCPUMillicores"
)

// What is missing of what containers log.
const (
	MetricLogBytesCut     = "LogBytesCut"     // above the budget
	MetricLogBytesDropped = "LogBytesDropped" // CloudWatch took them too late, or not at all
)

const (
	nodeMetrics    = 10 // by environment
	programMetrics = 3  // by program

	// MostPrograms is how many programs have metrics of their own.
	MostPrograms = 12
	// MostMetrics is how many metrics an environment has at most, whoever runs in it.
	MostMetrics = nodeMetrics + (MostPrograms+1)*programMetrics
)

// The variables of its environment.
const (
	EnvNode    = "NODE_NAME"
	EnvAddress = "NODE_ADDRESS" // where the node's kubelet serves
)

const (
	// ConfigFile is the name of the file that Config gives.
	ConfigFile = "collector.json"
	// StateFolder is where it keeps how far it has read. It is the only folder that it writes to.
	StateFolder = "/var/lib/collector"
	// LogsFolder has the logs of a node's pods.
	LogsFolder = "/var/log/pods"
	// HealthPort is where it says that it works, at PathHealth.
	HealthPort = 13133
	// PathHealth answers 200 while the pipelines run.
	PathHealth = "/healthz"
)

// LogsGroup is the log group of what containers log.
func LogsGroup(environment string) string { return "/platform/" + environment + "/containers" }

// StatsGroup is the log group of what nodes and pods use.
func StatsGroup(environment string) string { return "/platform/" + environment + "/nodes" }
