package stacks

// TemporalSettings are a server of Temporal in the cluster, which keeps the platform's workflows in the environment's database server
// (docs/temporal.md).
type TemporalSettings struct {
	// Enabled says whether there is one. Where deletionProtection is on, its databases stay when it is switched off.
	Enabled bool `settings:"enabled" default:"false" allowed:"true or false"`
	// ServerImage has Temporal's program temporal-server.
	ServerImage string `settings:"serverImage" default:"" allowed:"an image, written as workloads.programs.image is, wherever Temporal is enabled"`
	// AdminToolsImage has Temporal's program temporal-sql-tool, of the same release.
	AdminToolsImage string `settings:"adminToolsImage" default:"" allowed:"an image, written as workloads.programs.image is, wherever Temporal is enabled"`
	// NamespaceImage is the platform's program temporalnamespace.
	NamespaceImage string `settings:"namespaceImage" default:"" allowed:"an image, written as workloads.programs.image is, wherever Temporal is enabled"`
	// HistoryShards is how many parts all workflows are divided into. It cannot be changed once there are databases.
	HistoryShards int `settings:"historyShards" default:"512" allowed:"1 to 16384, the same for ever"`
	// Replicas is how many pods there are, each with all of Temporal's services.
	Replicas int `settings:"replicas" default:"2" allowed:"2 to 10"`
	// CPUMillicores are set aside for each pod, which gets up to four times as many.
	CPUMillicores int `settings:"cpuMillicores" default:"100" allowed:"10 to 16000"`
	// MemoryMiB are set aside for each pod, and the most that it gets.
	MemoryMiB int `settings:"memoryMiB" default:"512" allowed:"256 to 65536"`
	// Namespace is the namespace of Temporal that the platform's workflows are in.
	Namespace string `settings:"namespace" default:"platform" allowed:"2 to 40 lower-case letters, digits and single hyphens, beginning with a letter"`
	// RetentionDays is how long a workflow that has ended can be looked at.
	RetentionDays int `settings:"retentionDays" default:"7" allowed:"1 to 365"`
	// PasswordVersion counts the passwords of its role in the database. A higher one makes a new password, and new pods.
	PasswordVersion int `settings:"passwordVersion" default:"1" allowed:"1 to 1000000"`
}
