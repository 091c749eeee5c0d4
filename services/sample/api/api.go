// Package api is what the sample application understands and answers, and how it is run. The application keeps notes for tenants.
// It stands for the company's own: it shows that a tenant's requests and jobs find the tenant's schema and no other.
package api

import (
	"path"
	"time"

	"github.com/genericcorp/platform/internal/tenant/slug"
)

// The roles of the program, by its first argument.
const (
	RoleServe = "serve" // answers requests
	RoleWork  = "work"  // does the jobs that requests leave behind in the queue
	RoleTend  = "tend"  // does them without the queue, for the tenants that it has secrets of: a tenant's own worker
)

// The environment variables. None is a secret: secrets are files, which follow a rotation.
const (
	EnvAddress        = "ADDRESS"          // default DefaultAddress
	EnvSecretsFolder  = "SECRETS_FOLDER"   // default DefaultSecretsFolder
	EnvDatabaseCAFile = "DATABASE_CA_FILE" // default DatabaseCAFile
	EnvCacheCAFile    = "CACHE_CA_FILE"    // default: the public authorities, which sign ElastiCache's certificates
	// EnvIdentityKeysFile is a file with the public keys of the edge, and EnvIdentityDomain the domain of the tenants' names: with
	// them a request's tenant is the one of its signed identity (services/gate/api/identity), and HeaderTenant means nothing.
	EnvIdentityKeysFile = "IDENTITY_KEYS_FILE"
	EnvIdentityDomain   = "IDENTITY_DOMAIN"
	EnvDrain            = "DRAIN" // how long requests are still served once the program is told to stop: default 3s
)

// The defaults of variables, and the names of files.
const (
	DefaultAddress = ":8080"
	// DefaultSecretsFolder is where the program beside a workload keeps its secrets.
	DefaultSecretsFolder = "/var/run/secrets/platform" //nolint:gosec // a folder
	// DatabaseCAFile is in the image: the authorities of RDS.
	DatabaseCAFile = "/etc/platform/rds-ca.pem"
	// CacheFile is the file of the cache's secret, in the folder of secrets.
	CacheFile = "cache.json"
	// DefaultDrain is as long as it takes until all nodes know that a pod stops.
	DefaultDrain = 3 * time.Second
)

// TenantFile is the file of a tenant's secret, in the folder of secrets. A tenant without a file is unknown.
func TenantFile(tenant string) string { return slug.SecretFile(tenant) }

// Paths.
const (
	PathLive  = "/livez"  // should the program be started again
	PathReady = "/readyz" // may it get requests now
	PathNotes = "/notes"  // POST makes one, GET lists the newest; GET /notes/<id> is one
)

// NotePath is where one note is.
func NotePath(id string) string { return path.Join(PathNotes, id) }

// The headers of requests, and the bounds of what they hold.
const (
	// HeaderTenant names the tenant. Whoever stands before the application sets it from what it knows itself, and lets none in from
	// outside: the application believes it, unless it verifies identities (EnvIdentityKeysFile).
	HeaderTenant = "X-Tenant"
	// HeaderIdempotencyKey names an attempt: a request with the same key is the same note. 1 to MaxKey characters.
	HeaderIdempotencyKey = "Idempotency-Key"
	MaxKey               = 100
	// MaxText is how many bytes a note has at most.
	MaxText = 10_000
	// MaxListed is how many notes a list has at most.
	MaxListed = 100
)

// NewNote is what POST takes.
type NewNote struct {
	Text string `json:"text"`
}

// Note is one note. Words is counted by a worker, a moment after the note was made.
type Note struct {
	ID        string    `json:"id"`
	Text      string    `json:"text"`
	Words     *int      `json:"words"` // null: not yet counted
	CreatedAt time.Time `json:"createdAt"`
}

// Notes is what a list answers, the newest first.
type Notes struct {
	Notes []Note `json:"notes"`
}

// Code says what is wrong, for programs.
type Code string

// The codes, each with its status.
const (
	CodeInvalid       Code = "invalid"          // 400: the message says what
	CodeIdentity      Code = "identity-refused" // 403: the request has no identity that the edge has signed a moment ago
	CodeUnknownTenant Code = "unknown-tenant"   // 403
	CodeSuspended     Code = "tenant-suspended" // 403: the tenant may not log in
	CodeReadOnly      Code = "tenant-read-only" // 403: the tenant may read
	CodeNotFound      Code = "not-found"        // 404
	CodeTooMany       Code = "too-many"         // 429: the tenant has too much in flight; Retry-After says when
	CodeBusy          Code = "busy"             // 503: this program has; Retry-After says when
	CodeUnavailable   Code = "unavailable"      // 503: something it needs does not answer; try again with the same key
)

// Error is the body of every answer that is not 2xx.
type Error struct {
	Code    Code   `json:"code"`
	Message string `json:"message"`
}
