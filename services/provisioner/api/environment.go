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
)

const (
	// CAFile is the name, in the function's artifact, of the authorities that sign the database's certificate.
	CAFile = "rds-ca.pem"
	// DefaultSchemaCeiling is how many tenants share a database: beyond, each session's catalogue caches cost more
	// memory than a second database.
	DefaultSchemaCeiling = 500
)
