package stacks

import (
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/cluster"
	"github.com/genericcorp/platform/components/temporal"
	"github.com/genericcorp/platform/components/tenant"
	"github.com/genericcorp/platform/components/workload"
	"github.com/genericcorp/platform/internal/tenant/slug"
)

// Whom a program may call beside other programs.
const (
	calledDatabase = "database"
	calledCache    = "cache"
	calledAWS      = "aws"
	calledTemporal = "temporal"
)

// The secrets that programs may name.
const (
	sourceCache    = "cache"    // how to log in to the environment's cache
	sourceIdentity = "identity" // the public keys of the edge's identities
)

// site is what programs take from the environment that they run in.
type site struct {
	environment, region, account string
	cluster                      string
	repositories                 map[string]string // address by image; of another image it is made up, as the settings were checked
	secretFiles                  string            // the image, as the settings name it
	secretsKey, cacheSecret      pulumi.String     // ARNs
	databaseCIDRs                []string
	databasePort, cachePort      int
	databaseHost, provisioner    string
	identityKeys                 pulumi.StringInput // ARN of the edge's public keys, where there is an edge
	protected                    bool               // from deletion
}

// anywhere stands for the environment while settings are checked, which does not depend on it.
var anywhere = site{
	environment: "local", region: "us-east-1", account: "000000000000", cluster: "cluster", secretFiles: "secretfiles",
	secretsKey: "arn:key", cacheSecret: "arn:cache", databaseCIDRs: []string{"10.0.0.0/24"}, databasePort: 1, cachePort: 1,
	databaseHost: "database", provisioner: "provisioner", identityKeys: pulumi.String("arn:identity"),
}

// reference is an image as pods name it.
func (s site) reference(image string) string {
	name, digest, hasDigest := strings.Cut(image, "@")
	if !hasDigest {
		digest = "sha256:" + strings.Repeat("0", 64) // only while settings are checked
	}
	address, exists := s.repositories[name]
	if !exists {
		address = "registry.invalid/image"
	}
	return address + "@" + digest
}

func (p ProgramSettings) hasSecrets() bool { return len(p.Secrets) > 0 || p.TenantSecrets }

func (p ProgramSettings) args(s site) *workload.WorkloadArgs {
	args := &workload.WorkloadArgs{
		Namespace: cluster.TenantsNamespace, Image: s.reference(p.Image), Arguments: p.Arguments, Variables: p.Variables,
		Port: p.Port, Health: workload.Health(p.Health), Resources: workload.Resources(p.Resources),
		Scale:       workload.Scale{Min: p.Scale.Min, Max: p.Scale.Max, CPUPercent: p.Scale.CPUPercent},
		StopSeconds: p.StopSeconds, RolloutSeconds: p.RolloutSeconds,
	}
	if !p.hasSecrets() {
		return args
	}
	args.Identity, args.SecretsImage = &workload.Identity{Cluster: s.cluster, Region: s.region}, s.reference(s.secretFiles)
	for _, secret := range p.Secrets {
		args.Secrets = append(args.Secrets, workload.Secret{File: secret.File, ARN: s.secret(secret.Source), KeyARN: s.secretsKey})
	}
	if p.TenantSecrets {
		args.Families = []workload.SecretFamily{{
			File: slug.SecretFile("*"), Prefix: slug.SecretName(s.environment, ""), AccountID: s.account, KeyARN: s.secretsKey,
		}}
	}
	return args
}

// secret is the ARN of what a program names.
func (s site) secret(source string) pulumi.StringInput {
	switch source {
	case sourceCache:
		return s.cacheSecret
	case sourceIdentity:
		return s.identityKeys
	default:
		return pulumi.String(source)
	}
}

// connections lists whom the programs call.
func (s InClusterSettings) connections(at site) []workload.Connection {
	outside := map[string]workload.Connection{
		calledDatabase: {To: workload.Peer{CIDRs: at.databaseCIDRs}, Port: at.databasePort},
		calledCache:    {To: workload.Peer{CIDRs: at.databaseCIDRs}, Port: at.cachePort}, // the cache is in the same subnets
		calledAWS:      {To: workload.AWS, Port: workload.AWSPort},
		calledTemporal: {To: workload.Peer{Namespace: cluster.SystemNamespace, Workload: temporal.Name}, Port: temporal.Port},
	}
	var list []workload.Connection
	if s.Temporal.Enabled {
		list = temporal.Connections(cluster.SystemNamespace, at.database())
	}
	list = append(list, s.edgeConnections(outside[calledDatabase], outside[calledCache])...)
	for _, program := range s.Programs {
		for _, called := range program.Calls {
			connection, isOutside := outside[called]
			for _, other := range s.Programs {
				if !isOutside && other.Name == called {
					connection = workload.Connection{To: workload.Peer{Namespace: cluster.TenantsNamespace, Workload: called}, Port: other.Port}
				}
			}
			connection.From = workload.Peer{Namespace: cluster.TenantsNamespace, Workload: program.Name}
			list = append(list, connection)
		}
	}
	return list
}

// given says whether tenants are to have a worker.
func (w TenantWorkerSettings) given() bool { return w.Image != "" }

func (w TenantWorkerSettings) worker(s site) tenant.Worker {
	return tenant.Worker{
		Image: s.reference(w.Image), SecretsImage: s.reference(s.secretFiles), Arguments: w.Arguments, Variables: w.Variables,
		Health: workload.Health(w.Health), Resources: workload.Resources(w.Resources), StopSeconds: w.StopSeconds,
	}
}
