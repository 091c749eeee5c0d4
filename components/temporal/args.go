package temporal

import (
	"cmp"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/internal/awsvalue"
	"github.com/genericcorp/platform/internal/check"
)

// TemporalArgs says what Temporal's server runs on. What is left out takes the value named beside it.
type TemporalArgs struct {
	Environment string // its name
	Cluster     string // the name of the cluster in AWS
	Region      string
	Namespace   string // of Kubernetes, where its pods are

	Images Images

	Database Database
	// FunctionName is the environment's provisioner, which makes the databases and their role: it alone has the administrator's password,
	// which so never gets into the cluster.
	FunctionName  pulumi.StringInput
	SecretsKeyARN pulumi.StringInput // of the KMS key that encrypts the password
	// PasswordVersion counts the role's passwords: 1. A higher one makes a new password, and new pods, which read it when they start.
	PasswordVersion int
	// DeletionProtection keeps the databases when Temporal is switched off, and the password recoverable. True when nil.
	DeletionProtection *bool

	// HistoryShards is how many parts all workflows are divided into. It can never be changed: the server refuses to start with another
	// number than the one that the databases were filled with. 512 are enough for hundreds of workflows begun a second.
	HistoryShards int
	// Replicas is how many pods there are, each with all four of Temporal's services: 2, the fewest with which the loss of one is no
	// outage.
	Replicas int
	// CPUMillicores are set aside for each pod, which gets up to four times as many: 100. MemoryMiB is all that it gets: 512.
	CPUMillicores, MemoryMiB int

	// WorkflowNamespace is the namespace of Temporal that the platform's workflows are in: "platform".
	WorkflowNamespace string
	// RetentionDays is how long a workflow that has ended can be looked at: 7.
	RetentionDays int
}

// Images are the programs, by digest.
type Images struct {
	Server      string // Temporal's own: the program temporal-server
	AdminTools  string // Temporal's own: the program temporal-sql-tool
	Namespace   string // the platform's: makes WorkflowNamespace
	SecretFiles string // the platform's: keeps the password as a file
}

// Database is the server of PostgreSQL, which tenants share.
type Database struct {
	Host  string
	Port  int
	CIDRs []string // where it is, in the network
	// Authorities may have signed its certificate, in PEM. Empty: the images have them, as those of the local cloud do.
	Authorities string
}

const (
	defaultShards    = 512
	defaultReplicas  = 2
	defaultCPU       = 100
	defaultMemory    = 512
	defaultNamespace = "platform"
	defaultRetention = 7
)

func (a *TemporalArgs) withDefaults() TemporalArgs {
	if a == nil {
		a = &TemporalArgs{}
	}
	full := *a
	full.PasswordVersion = cmp.Or(full.PasswordVersion, 1)
	full.DeletionProtection = cmp.Or(full.DeletionProtection, new(true))
	full.HistoryShards = cmp.Or(full.HistoryShards, defaultShards)
	full.Replicas = cmp.Or(full.Replicas, defaultReplicas)
	full.CPUMillicores = cmp.Or(full.CPUMillicores, defaultCPU)
	full.MemoryMiB = cmp.Or(full.MemoryMiB, defaultMemory)
	full.WorkflowNamespace = cmp.Or(full.WorkflowNamespace, defaultNamespace)
	full.RetentionDays = cmp.Or(full.RetentionDays, defaultRetention)
	return full
}

// Check records what is wrong with the choices that nothing else decides, by the inputs' names.
func (a *TemporalArgs) Check(p *check.Problems) {
	p.Between("passwordVersion", a.PasswordVersion, 1, maxPasswordVersion)
	p.Between("historyShards", a.HistoryShards, 1, maxShards)
	p.Between("replicas", a.Replicas, 2, maxReplicas)
	p.Between("cpuMillicores", a.CPUMillicores, 10, 16000)
	p.Between("memoryMiB", a.MemoryMiB, leastMemory, 65536)
	p.Between("retentionDays", a.RetentionDays, 1, 365)
	awsvalue.Name(2, 40).Check(p, "namespace", a.WorkflowNamespace)
}

const (
	maxPasswordVersion = 1_000_000
	maxShards          = 16384 // Temporal's own advice for the largest servers
	maxReplicas        = 10
	leastMemory        = 256 // 174 MiB are in use when nothing happens
)

func (a *TemporalArgs) validate(name string) error {
	p := check.Under(fmt.Sprintf("temporal %q: ", name))
	awsvalue.EnvironmentName.Check(p, "environment", a.Environment)
	awsvalue.Region.Check(p, "region", a.Region)
	p.Require(a.Cluster != "", "cluster", a.Cluster, "the name of the cluster in AWS")
	awsvalue.Name(1, 63).Check(p, "kubernetesNamespace", a.Namespace)
	for input, image := range map[string]string{
		"images.server": a.Images.Server, "images.adminTools": a.Images.AdminTools, "images.namespace": a.Images.Namespace, "images.secretFiles": a.Images.SecretFiles,
	} {
		awsvalue.ImageDigest.Check(p, input, image)
	}
	p.Require(a.Database.Host != "", "database.host", a.Database.Host, "the database's address")
	p.Between("database.port", a.Database.Port, 1, 65535)
	awsvalue.AddressRange.CheckList(p, "database.cidrs", a.Database.CIDRs, 1, 10, "1 to 10 ranges")
	p.Require(a.FunctionName != nil, "functionName", nil, "the environment's provisioner")
	p.Require(a.SecretsKeyARN != nil, "secretsKeyArn", nil, "the ARN of a KMS key")
	a.Check(p)
	return p.Err()
}

// inputs are the choices that the engine and policies see.
func (a *TemporalArgs) inputs() pulumi.Map {
	return pulumi.Map{
		"environment": pulumi.String(a.Environment), "kubernetesNamespace": pulumi.String(a.Namespace),
		"serverImage": pulumi.String(a.Images.Server), "adminToolsImage": pulumi.String(a.Images.AdminTools),
		"historyShards": pulumi.Int(a.HistoryShards), "replicas": pulumi.Int(a.Replicas), "passwordVersion": pulumi.Int(a.PasswordVersion),
		"namespace": pulumi.String(a.WorkflowNamespace), "retentionDays": pulumi.Int(a.RetentionDays),
		"deletionProtection": pulumi.Bool(*a.DeletionProtection),
	}
}
