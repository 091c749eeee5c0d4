package api

import (
	"fmt"
	"slices"
	"strings"

	"github.com/genericcorp/platform/internal/check"
)

// Service is what a program of the platform's own has on the server of the tenants: databases that no tenant can connect to, and one
// role that owns them and can connect to nothing else. EdgeRole has no databases: it reads its view in that of the tenants.
type Service struct {
	// Name is one of Services, and the name of the role.
	Name string `json:"name"`
	// Databases are called as the service is, or begin with its name and an underscore.
	Databases []string `json:"databases,omitempty"`
	// Connections is the most that the role can have at once. Tenants are promised that much less.
	Connections int `json:"connections"`
	// Keep has delete-service leave the databases as they are, for who makes the service again.
	Keep bool `json:"keep,omitempty"`
}

// Services are the programs that have a role of their own. The list is closed, so that no request can take over the role of a tenant or
// of the server.
var Services = []string{"temporal", EdgeRole}

// ServiceSecretName is the name of the secret with a service's password, but for an ending at random.
func ServiceSecretName(environment, service string) string {
	return "platform/" + environment + "/services/" + service
}

// maxServiceConnections is far beyond what a service needs of a server that tenants share.
const maxServiceConnections = 500

func (r Request) checkService(p *check.Problems) {
	if r.Service == nil {
		p.Require(false, "service", nil, "the service, with its name, databases and connections")
		return
	}
	s := r.Service
	p.Require(slices.Contains(Services, s.Name), "service.name", s.Name, strings.Join(Services, ", "))
	if s.Name == EdgeRole {
		p.Require(len(s.Databases) == 0, "service.databases", s.Databases, "none: "+EdgeRole+" reads the tenants' own")
		p.Require(s.Connections == EdgeConnections, "service.connections", s.Connections, fmt.Sprint(EdgeConnections))
	} else {
		p.Require(len(s.Databases) > 0, "service.databases", s.Databases, "one or more")
	}
	for i, database := range s.Databases {
		own := database == s.Name || strings.HasPrefix(database, s.Name+"_")
		p.Require(own && len(database) < maxIdentifier && !slices.Contains(s.Databases[:i], database), check.Item("service.databases", i), database,
			s.Name+", or a name that begins with "+s.Name+"_, each once")
	}
	p.Between("service.connections", s.Connections, 1, maxServiceConnections)
	p.Between("passwordVersion", r.PasswordVersion, 1, MaxPasswordVersion)
	p.Require(strings.HasPrefix(r.SecretARN, "arn:"), "secretArn", r.SecretARN, "the ARN of the service's secret")
}

// maxIdentifier is where PostgreSQL cuts a name.
const maxIdentifier = 63
