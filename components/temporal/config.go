package temporal

import (
	_ "embed"
	"strings"
	"text/template"

	"github.com/genericcorp/platform/components/workload"
	"github.com/genericcorp/platform/internal/rdsca"
	secretfiles "github.com/genericcorp/platform/services/secretfiles/api"
)

//go:embed config.yaml.tmpl
var configText string

// config is the server's configuration. The delimiters are not those of Temporal's own templates, which are left in it.
var config = template.Must(template.New("config.yaml").Delims("[[", "]]").Parse(configText))

// The files that Temporal's programs read, by name.
const (
	passwordFile    = "temporal.pgpass" // the secret
	configFile      = "config.yaml"
	dynamicFile     = "dynamic.yaml"
	authoritiesFile = "database-ca.pem"
)

const (
	addressVariable = "POD_ADDRESS"
	// Each of the four services in a pod has a pool of its own for each database.
	defaultConnections    = 4
	visibilityConnections = 2
	services              = 4
	// jobConnections are those of a schema's upgrade, beside pods that run.
	jobConnections = 4
)

// DatabaseConnections is how many connections the role may have, with so many pods: those of all of them, of the one more that there is
// while a new version replaces the old one, and of the upgrade before it.
func DatabaseConnections(replicas int) int {
	return (replicas+1)*services*(defaultConnections+visibilityConnections) + jobConnections
}

// ports are where the services listen. They are Temporal's own defaults.
// Source: https://github.com/temporalio/temporal/blob/v1.32.1/common/config/config_template_embedded.yaml
type ports struct {
	Frontend, FrontendMembership, Health int
	History, HistoryMembership           int
	Matching, MatchingMembership         int
	Worker, WorkerMembership             int
}

var listening = ports{
	Frontend: Port, FrontendMembership: 6933, Health: 7243,
	History: 7234, HistoryMembership: 6934,
	Matching: 7235, MatchingMembership: 6935,
	Worker: 7239, WorkerMembership: 6939,
}

// between are the ports that the server's pods call each other on.
func (p ports) between() []int {
	return []int{p.Frontend, p.History, p.Matching, p.Worker, p.FrontendMembership, p.HistoryMembership, p.MatchingMembership, p.WorkerMembership}
}

// databases are those of the role. The first one's name is the role's too.
type databases struct{ Default, Visibility string }

var owned = databases{Default: role, Visibility: role + "_visibility"}

// files are what the server and the schema's upgrade read.
func (a *TemporalArgs) files() (map[string]string, error) {
	var text strings.Builder
	err := config.Execute(&text, map[string]any{
		"HistoryShards": a.HistoryShards, "Databases": owned, "Host": a.Database.Host, "Port": a.Database.Port, "Role": role,
		"PasswordFile": secretfiles.Folder + "/" + passwordFile, "AuthoritiesFile": a.Database.authoritiesPath(),
		"DynamicFile": workload.FilesFolder + "/" + dynamicFile, "DefaultConnections": defaultConnections,
		"VisibilityConnections": visibilityConnections, "AddressVariable": addressVariable, "Ports": listening,
	})
	files := a.Database.files()
	files[configFile], files[dynamicFile] = text.String(), "{}\n"
	return files, err
}

// files are what every program needs that calls the database.
func (d Database) files() map[string]string {
	if d.Authorities == "" {
		return map[string]string{}
	}
	return map[string]string{authoritiesFile: d.Authorities}
}

func (d Database) authoritiesPath() string {
	if d.Authorities == "" {
		return rdsca.ImagePath
	}
	return workload.FilesFolder + "/" + authoritiesFile
}
