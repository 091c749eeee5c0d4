// Package api is how gate is run and what it says to a client that it does not let in. Gate decides for the proxy at the edge whose a
// request is, and whether it may pass.
package api

import "github.com/genericcorp/platform/internal/edge"

// The environment variables. None is a secret: secrets are files, which follow a rotation.
const (
	EnvDomain         = "DOMAIN"         // tenants are <slug>.<domain>
	EnvPublicPort     = "PUBLIC_PORT"    // of the URLs that clients use: default 443
	EnvContact        = "CONTACT"        // whom a tenant asks that is suspended or limited: a URL or a mail address
	EnvGRPCAddress    = "GRPC_ADDRESS"   // default DefaultGRPCAddress
	EnvHTTPAddress    = "HTTP_ADDRESS"   // default DefaultHTTPAddress
	EnvSecretsFolder  = "SECRETS_FOLDER" // default DefaultSecretsFolder
	EnvDatabaseHost   = "DATABASE_HOST"
	EnvDatabasePort   = "DATABASE_PORT"
	EnvDatabaseName   = "DATABASE_NAME"    // of the tenants' database
	EnvDatabaseCAFile = "DATABASE_CA_FILE" // default DatabaseCAFile
	EnvCacheCAFile    = "CACHE_CA_FILE"    // authorities of the cache's certificate: the public ones when empty
)

// The defaults of variables, and the names of files.
const (
	DefaultGRPCAddress = ":9000" // what the proxy asks
	DefaultHTTPAddress = ":9001" // what the cluster asks about its health
	DefaultPublicPort  = 443
	// DefaultSecretsFolder is where the program beside a workload keeps its secrets.
	DefaultSecretsFolder = "/var/run/secrets/platform" //nolint:gosec // a folder
	// DatabaseCAFile is in the image: the authorities of RDS.
	DatabaseCAFile = "/etc/platform/rds-ca.pem"
	// PasswordFile holds the password of the role that sees the tenants' names, tiers and states, as a password file of PostgreSQL: so the
	// provisioner writes it.
	PasswordFile = "gate.pgpass"
	// CacheFile holds host, port, token and tls of the cache.
	CacheFile = "cache.json"
	// SigningKeysFile holds the private keys (JWKS) of identities. The first signs.
	SigningKeysFile = "gate-signing-keys.json"
)

// Paths of the health server.
const (
	PathLive  = "/livez"  // should the program be started again
	PathReady = "/readyz" // does it know the tenants well enough to let anybody in
)

// Code says why a request did not pass, for programs.
type Code string

// The codes, each with its status.
const (
	CodeMalformed   Code = "malformed-request" // 400: a host, path or method that no client of ours sends
	CodeReserved    Code = "reserved-header"   // 400: a header that only the edge sets
	CodeLimited     Code = "tenant-limited"    // 402: the tenant may read, and not write
	CodeSuspended   Code = "tenant-suspended"  // 403
	CodeUnknown     Code = "not-found"         // 404: no such tenant, or none that may be known
	CodeMethod      Code = "method-not-allowed"
	CodeMisdirected Code = "misdirected-request"  // 421: the connection was opened for another name
	CodeTooMany     Code = edge.CodeTooMany       // 429: of the day, by the ledger; Retry-After says when it ends
	CodeAtOnce      Code = edge.CodeTooManyAtOnce // 429: as many requests are under way as the tier allows
	CodeUnavailable Code = "unavailable"          // 503: gate does not know; Retry-After says when to ask again
)

// Error is the body of every answer of gate's own, as JSON; browsers get a page.
type Error struct {
	Code    Code   `json:"code"`
	Message string `json:"message"`
	Contact string `json:"contact,omitempty"` // whom to ask
}
