package temporal

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/databaserole"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// role is the name of the service, as the provisioner knows it, and of its role in the database.
const role = "temporal"

// makeDatabases has the provisioner make the role and its databases.
func (b *builder) makeDatabases() error {
	made, err := databaserole.New(b.ctx, b.name, databaserole.Args{
		Environment: b.args.Environment, Description: "The password of Temporal's role in the database, as a password file of PostgreSQL",
		Service: api.Service{
			Name: role, Databases: []string{owned.Default, owned.Visibility}, Connections: DatabaseConnections(b.args.Replicas), Keep: *b.args.DeletionProtection,
		},
		PasswordVersion: b.args.PasswordVersion, FunctionName: b.args.FunctionName, SecretsKeyARN: b.args.SecretsKeyARN,
	}, pulumi.Parent(b.parent))
	if err != nil {
		return err
	}
	b.secret, b.before = made.SecretARN, append(b.before, made.Made)
	return nil
}
