package stacks

// CollectorSettings have what containers log and what nodes and pods use sent to CloudWatch (docs/nodes-and-logs.md).
type CollectorSettings struct {
	// Enabled makes the log groups and their alarms, and runs a collector on each node. It costs up to USD 36 a month in production and 13 in
	// development, with all the lines that the budget lets through.
	Enabled bool `settings:"enabled" default:"false" allowed:"true or false"`
	// Image is the platform's program collector.
	Image string `settings:"image" default:"" allowed:"an image, written as workloads.programs.image is, wherever the collector is enabled"`
	// LogRetentionDays is how long what containers log is kept.
	LogRetentionDays int `settings:"logRetentionDays" default:"30" allowed:"1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653"`
	// NodeKiBPerMinute is how much a node sends of what its containers log, on average; half an hour's may come at once. What is above it is
	// cut, which the log and an alarm say. A node that uses all of it costs USD 2.12 a month by default. Tenants' containers together have half.
	NodeKiBPerMinute int `settings:"nodeKiBPerMinute" default:"96" allowed:"1 to 10240"`
	// ContainerKiBPerMinute is how much of that one container may have.
	ContainerKiBPerMinute int `settings:"containerKiBPerMinute" default:"24" allowed:"1 to nodeKiBPerMinute"`
}
