package domain

import (
	"net/url"
	"strconv"

	"github.com/genericcorp/platform/internal/tenant/slug"
)

// Connection is what a tenant's secret holds. URL is in the form that Prisma's own engines take; libpq, which refuses their
// parameters, and drivers such as node-postgres take LibpqURL, and find the schema by the role's search path.
type Connection struct {
	URL             string `json:"url"`
	LibpqURL        string `json:"libpqUrl"`
	Host            string `json:"host"`
	Port            int    `json:"port"`
	Database        string `json:"database"`
	Schema          string `json:"schema"`
	Username        string `json:"username"`
	Password        string `json:"password"`
	SSLMode         string `json:"sslmode"`
	ConnectionLimit int    `json:"connectionLimit"` // of a pool, if it is the application's only one
	PasswordVersion int    `json:"passwordVersion"`
}

const sslMode = "verify-full"

// NewConnection is the connection to a database of a tenant that may have so many connections.
func NewConnection(host string, port int, database, tenant, password string, version, connections int) Connection {
	c := Connection{
		Host: host, Port: port, Database: database, Schema: slug.Schema(tenant),
		Username: slug.Role(tenant), Password: password, SSLMode: sslMode, PasswordVersion: version,
		ConnectionLimit: poolSize(connections),
	}
	address := url.URL{
		Scheme: "postgresql", User: url.UserPassword(c.Username, c.Password),
		Host: c.Host + ":" + strconv.Itoa(c.Port), Path: "/" + c.Database, RawQuery: "sslmode=" + sslMode,
	}
	c.LibpqURL = address.String()
	// Prisma's own engines take a mode that they do not know, as verify-full, for "prefer", which is content without TLS;
	// with require they check name and authority by sslaccept=strict. Without a limit their pool has twice as many
	// connections as the machine has processors, and one more. Source: prisma-engines, quaint/src/connector/postgres/url.rs
	// and quaint/src/pooled.rs.
	address.RawQuery = "schema=" + url.QueryEscape(c.Schema) + "&sslmode=require&sslaccept=strict&connection_limit=" + strconv.Itoa(c.ConnectionLimit)
	c.URL = address.String()
	return c
}

// poolSize leaves one of a tenant's connections to a migration or a person, if there is more than one.
func poolSize(connections int) int { return max(1, connections-1) }

// Is tells whether the connection is the tenant's, with its password of that version.
func (c *Connection) Is(tenant string, version int) bool {
	return c != nil && c.Username == slug.Role(tenant) && c.Password != "" && c.PasswordVersion == version
}
