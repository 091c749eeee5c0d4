package api

// The environment variables of the function. Those without a default must be set.
const (
	EnvDatabaseHost    = "DATABASE_HOST"
	EnvDatabasePort    = "DATABASE_PORT"
	EnvDatabaseName    = "DATABASE_NAME"
	EnvDatabaseCAFile  = "DATABASE_CA_FILE"  // default CAFile, beside the program
	EnvMasterSecretARN = "MASTER_SECRET_ARN" // the variable's name
	EnvArchiveBucket   = "ARCHIVE_BUCKET"
	EnvArchiveKeyARN   = "ARCHIVE_KEY_ARN"
	EnvSchemaCeiling   = "SCHEMA_CEILING" // default DefaultSchemaCeiling
	EnvEnvironment     = "ENVIRONMENT"
	EnvAlarmTopicARN   = "ALARM_TOPIC_ARN" // default none: nobody is told what the breaker does
	// EnvOwnConnections is what the platform's programs need of the database's connections: default ConnectionsPerCall.
	EnvOwnConnections = "OWN_CONNECTIONS"
	// EnvOvercommitPercent is by how much all tenants' limits together may be above what is left: default 0.
	EnvOvercommitPercent = "CONNECTION_OVERCOMMIT_PERCENT"
	// EnvPublishServed has the sweep publish how tiers are served, as metrics (MetricNamespace): true or false, the default.
	EnvPublishServed = "PUBLISH_SERVED"
	// EnvBilled says whether the environment has billing, which holds who has not paid: true, the default, or false, and then a sweep lets go whom
	// it held.
	EnvBilled = "BILLED"
)

const (
	// DefaultDatabaseName is what the tenants' database is called, where nothing else is said.
	DefaultDatabaseName = "platform"
	// CAFile is the name, in the function's artifact, of the authorities that sign the database's certificate.
	CAFile = "rds-ca.pem"
	// DefaultSchemaCeiling is how many tenants share a database: beyond, each session's catalogue caches cost more
	// memory than a second database.
	DefaultSchemaCeiling = 500
	// ConnectionsPerCall is the most connections that one running copy of the function has to the database: its pool, and the
	// session in reserve.
	ConnectionsPerCall = 9
	// accountConcurrency is what a new AWS account runs at once, of all functions: what a function is counted with for which
	// nothing is set aside.
	// Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
	accountConcurrency = 10
)

// Connections is how many connections the provisioner may have when so many of its calls run at once. Below 1 nothing is set
// aside for it.
func Connections(concurrency int) int {
	if concurrency < 1 {
		concurrency = accountConcurrency
	}
	return concurrency * ConnectionsPerCall
}
