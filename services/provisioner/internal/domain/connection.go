package domain

import (
	"net/url"
	"strconv"

	"github.com/genericcorp/platform/internal/tenant/slug"
)

// Connection is what a tenant's secret holds. URL is in the form that Prisma takes; libpq, which refuses a schema there,
// takes LibpqURL, and finds the schema by the role's search path.
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
	PasswordVersion int    `json:"passwordVersion"`
}

const sslMode = "verify-full"

// NewConnection is a tenant's connection to a database.
func NewConnection(host string, port int, database, tenant, password string, version int) Connection {
	c := Connection{
		Host: host, Port: port, Database: database, Schema: slug.Schema(tenant),
		Username: slug.Role(tenant), Password: password, SSLMode: sslMode, PasswordVersion: version,
	}
	address := url.URL{
		Scheme: "postgresql", User: url.UserPassword(c.Username, c.Password),
		Host: c.Host + ":" + strconv.Itoa(c.Port), Path: "/" + c.Database, RawQuery: "sslmode=" + sslMode,
	}
	c.LibpqURL = address.String()
	// Prisma's own engines, which came before its driver adapters (version 7), know no verify-full: they go by sslaccept.
	address.RawQuery = "schema=" + url.QueryEscape(c.Schema) + "&sslmode=" + sslMode + "&sslaccept=strict"
	c.URL = address.String()
	return c
}

// Is tells whether the connection is the tenant's, with its password of that version.
func (c *Connection) Is(tenant string, version int) bool {
	return c != nil && c.Username == slug.Role(tenant) && c.Password != "" && c.PasswordVersion == version
}
