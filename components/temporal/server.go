package temporal

import (
	"strconv"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/cluster"
	"github.com/genericcorp/platform/components/workload"
	secretfiles "github.com/genericcorp/platform/services/secretfiles/api"
)

// temporalUser is who the project's own images run their programs as.
const temporalUser = 1000

func (b *builder) secrets() []workload.Secret {
	return []workload.Secret{{File: passwordFile, ARN: b.secret, KeyARN: b.args.SecretsKeyARN}}
}

// upgradeSchema brings each database's schema to the version that the server's release has: from nothing, or from an earlier release. It
// is made anew when the image changes, and its steps can be repeated. The server that runs meanwhile goes on: a release works with the
// schema of the next one (https://docs.temporal.io/self-hosted-guide/upgrade-server).
func (b *builder) upgradeSchema() error {
	tool := func(database string, command ...string) []string {
		return append([]string{
			"temporal-sql-tool", "--plugin", "postgres12_pgx", "--endpoint", b.args.Database.Host, "--port", strconv.Itoa(b.args.Database.Port),
			"--user", role, "--database", database, "--connect-attributes", "passfile=" + secretfiles.Folder + "/" + passwordFile,
			"--tls", "--tls-ca-file", b.args.Database.authoritiesPath(), "--tls-server-name", b.args.Database.Host,
		}, command...)
	}
	steps := [][]string{
		tool(owned.Default, "setup-schema", "--version", "0.0"), tool(owned.Default, "update-schema", "--schema-name", "postgresql/v12/temporal"),
		tool(owned.Visibility, "setup-schema", "--version", "0.0"), tool(owned.Visibility, "update-schema", "--schema-name", "postgresql/v12/visibility"),
	}
	made, err := workload.NewJob(b.ctx, schemaJob, &workload.JobArgs{
		Namespace: b.args.Namespace, Image: b.args.Images.AdminTools, Steps: steps, Files: b.args.Database.files(),
		UserID: temporalUser, Resources: workload.Resources{CPUMillicores: 50, MemoryMiB: 128}, PriorityClass: cluster.PriorityCritical,
		ServiceAccount: Name, Secrets: b.secrets(), SecretsImage: b.args.Images.SecretFiles, After: b.before,
	}, pulumi.Parent(b.parent))
	if err != nil {
		return err
	}
	b.before = append(b.before, made.Made)
	return nil
}

// makeServer runs all four services in each pod. Four deployments would be eight pods for the same guarantee, that the loss of one pod is
// no outage, and eight times the 170 MiB that a pod needs when nothing happens; what they gain, to be scaled one by one, comes long after
// this database is too small.
func (b *builder) makeServer() error {
	made, err := workload.NewWorkload(b.ctx, Name, &workload.WorkloadArgs{
		Namespace: b.args.Namespace, Image: b.args.Images.Server,
		// The image's own entry point is a script, which looks for the address that the pod's environment has already.
		Command: []string{"temporal-server", "--config-file", workload.FilesFolder + "/" + configFile, "--allow-no-auth", "start"},
		Variables: map[string]string{
			// The password is read when a pod starts: another one makes other pods.
			"PASSWORD_VERSION": strconv.Itoa(b.args.PasswordVersion),
			// The server asks who runs it, and does not start without an answer. An image without /etc/passwd, as the local cloud's is,
			// has no other.
			"USER": Name,
		},
		AddressVariable: addressVariable, Files: b.files,
		Port: listening.Frontend,
		// By HTTP the frontend answers this without the database: a failover of the database must not have all pods killed.
		Health:    workload.Health{Port: listening.Health, Ready: "/system-info", Live: "/system-info", StartSeconds: 180},
		Resources: workload.Resources{CPUMillicores: b.args.CPUMillicores, MemoryMiB: b.args.MemoryMiB}, Scale: workload.Scale{Min: b.args.Replicas}, PriorityClass: cluster.PriorityCritical, UserID: temporalUser,
		StopSeconds: 60, RolloutSeconds: 600,
		ServiceAccount: Name, Secrets: b.secrets(), SecretsImage: b.args.Images.SecretFiles, After: b.before,
	}, pulumi.Parent(b.parent))
	if err != nil {
		return err
	}
	b.parent.Host = made.Host
	b.before = made.Parts
	return nil
}

// makeNamespace makes the namespace of Temporal that the platform's workflows are in, or changes how long it keeps them.
func (b *builder) makeNamespace() error {
	made, err := workload.NewJob(b.ctx, namespaceJob, &workload.JobArgs{
		Namespace: b.args.Namespace, Image: b.args.Images.Namespace,
		Steps: [][]string{{
			"temporalnamespace", "--address", b.parent.Host, "--namespace", b.args.WorkflowNamespace, "--retention-days", strconv.Itoa(b.args.RetentionDays),
		}},
		Resources: workload.Resources{CPUMillicores: 10, MemoryMiB: 32}, PriorityClass: cluster.PriorityCritical, After: b.before,
	}, pulumi.Parent(b.parent))
	if err != nil {
		return err
	}
	b.parent.Namespace = made.Done.ApplyT(func(string) string { return b.args.WorkflowNamespace }).(pulumi.StringOutput)
	return nil
}
