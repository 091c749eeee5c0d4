package edgepods

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/workload"
	"github.com/genericcorp/platform/internal/awsvalue"
	"github.com/genericcorp/platform/internal/check"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// EdgePodsArgs says what the edge stands before. What is left out takes the value named beside it.
type EdgePodsArgs struct {
	Environment string // its name
	Cluster     string // the name of the cluster in AWS
	Region      string
	Namespace   string // of Kubernetes, where its pods are

	Images      Images
	Application Application
	Database    Database
	// CacheSecretARN has the cache's host, port, token and tls.
	CacheSecretARN pulumi.StringInput
	// CacheAuthorities is a file of gate's and the sidecar's images with the authorities of the cache's certificate. Empty: the public ones.
	CacheAuthorities string
	FunctionName     pulumi.StringInput // the environment's provisioner, which makes gate's password
	SecretsKeyARN    pulumi.StringInput // of the KMS key that encrypts secrets

	Domain     string // tenants' host names are <slug>.<Domain>
	PublicPort int    // of the URLs that clients use: 443
	Contact    string // whom a tenant asks that is suspended or limited: a URL or a mail address

	// PasswordVersion counts the passwords of gate's role: 1. A higher one makes a new password, which gate takes without a restart.
	PasswordVersion int
	// DeletionProtection keeps secrets recoverable for 30 days when the edge is switched off. True when nil.
	DeletionProtection *bool
	// SigningKeys are the names of the keys of identities, whose public halves the applications have: ["1"]. The first one signs.
	SigningKeys []string

	Scale     workload.Scale     // of the proxy: 2 to 6 pods
	Resources workload.Resources // of each of the proxy's pods: 250 millicores and 512 MiB
}

// Images are the programs, by digest.
type Images struct {
	Proxy       string // Envoy's own: the program envoy
	Counting    string // envoyproxy/ratelimit's own: the program ratelimit
	Gate        string // the platform's
	Sidecar     string // the platform's: edgesidecar
	SecretFiles string // the platform's: keeps secrets as files
}

// Application is the program that gets the requests.
type Application struct {
	Namespace, Name string
	Port            int
}

// host is where the proxy calls it.
func (a Application) host() string { return a.Name + "." + a.Namespace + ".svc.cluster.local" }

// Database is the server of PostgreSQL with the tenants.
type Database struct {
	Host string
	Port int
	Name string // api.DefaultDatabaseName
}

const (
	defaultPublicPort = 443
	defaultMin        = 2
	defaultMax        = 6
	defaultCPU        = 250
	defaultMemory     = 512
	defaultKey        = "1"
	// leastMemory is what the proxy and its connections take.
	leastMemory = 128
	maxKeys     = 5
)

func (a *EdgePodsArgs) withDefaults() EdgePodsArgs {
	if a == nil {
		a = &EdgePodsArgs{}
	}
	full := *a
	full.Database.Name = cmp.Or(full.Database.Name, api.DefaultDatabaseName)
	full.PublicPort = cmp.Or(full.PublicPort, defaultPublicPort)
	full.PasswordVersion = cmp.Or(full.PasswordVersion, 1)
	full.DeletionProtection = cmp.Or(full.DeletionProtection, new(true))
	if len(full.SigningKeys) == 0 {
		full.SigningKeys = []string{defaultKey}
	}
	full.Scale.Min = cmp.Or(full.Scale.Min, defaultMin)
	full.Scale.Max = cmp.Or(full.Scale.Max, max(defaultMax, full.Scale.Min))
	full.Resources.CPUMillicores = cmp.Or(full.Resources.CPUMillicores, defaultCPU)
	full.Resources.MemoryMiB = cmp.Or(full.Resources.MemoryMiB, defaultMemory)
	return full
}

// keyName is what a token names its key by.
var keyName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)

// Check records what is wrong with the choices that nothing else decides, by the inputs' names.
func (a *EdgePodsArgs) Check(p *check.Problems) {
	awsvalue.DomainName.Check(p, "domain", a.Domain)
	p.Between("publicPort", a.PublicPort, 1, 65535)
	p.Require(a.Contact != "", "contact", a.Contact, "a URL or a mail address, which a suspended tenant is told")
	p.Between("passwordVersion", a.PasswordVersion, 1, api.MaxPasswordVersion)
	p.List("signingKeys", a.SigningKeys, 1, maxKeys, fmt.Sprintf("1 to %d names", maxKeys), "1 to 32 lower-case letters, digits and hyphens, each once",
		func(name string) bool { return keyName.MatchString(name) })
	for i, name := range a.SigningKeys {
		p.Require(!slices.Contains(a.SigningKeys[:i], name), check.Item("signingKeys", i), name, "a name that no other key has")
	}
	p.Between("scale.min", a.Scale.Min, defaultMin, 100)
	p.Between("resources.memoryMiB", a.Resources.MemoryMiB, leastMemory, 65536)
	p.Between("resources.cpuMillicores", a.Resources.CPUMillicores, 10, 64000)
	p.Require(a.Scale.Max >= a.Scale.Min && a.Scale.Max <= 1000, "scale.max", a.Scale.Max, "scale.min to 1000")
}

func (a *EdgePodsArgs) validate(name string) error {
	p := check.Under(fmt.Sprintf("edge pods %q: ", name))
	awsvalue.EnvironmentName.Check(p, "environment", a.Environment)
	awsvalue.Region.Check(p, "region", a.Region)
	p.Require(a.Cluster != "", "cluster", a.Cluster, "the name of the cluster in AWS")
	awsvalue.Name(1, 63).Check(p, "namespace", a.Namespace)
	for input, image := range map[string]string{
		"images.proxy": a.Images.Proxy, "images.counting": a.Images.Counting, "images.gate": a.Images.Gate, "images.sidecar": a.Images.Sidecar,
		"images.secretFiles": a.Images.SecretFiles,
	} {
		awsvalue.ImageDigest.Check(p, input, image)
	}
	p.Require(a.Database.Host != "", "database.host", a.Database.Host, "the database's address")
	p.Between("database.port", a.Database.Port, 1, 65535)
	awsvalue.Name(1, 63).Check(p, "application.namespace", a.Application.Namespace)
	awsvalue.Name(1, 40).Check(p, "application.name", a.Application.Name)
	p.Between("application.port", a.Application.Port, 1, 65535)
	p.Require(a.CacheSecretARN != nil, "cacheSecretArn", nil, "the ARN of the cache's secret")
	p.Require(a.FunctionName != nil, "functionName", nil, "the environment's provisioner")
	p.Require(a.SecretsKeyARN != nil, "secretsKeyArn", nil, "the ARN of a KMS key")
	a.Check(p)
	return p.Err()
}

// inputs are the choices that the engine and policies see.
func (a *EdgePodsArgs) inputs() pulumi.Map {
	return pulumi.Map{
		"environment": pulumi.String(a.Environment), "namespace": pulumi.String(a.Namespace), "domain": pulumi.String(a.Domain),
		"proxyImage": pulumi.String(a.Images.Proxy), "countingImage": pulumi.String(a.Images.Counting), "gateImage": pulumi.String(a.Images.Gate),
		"application": pulumi.String(a.Application.Namespace + "/" + a.Application.Name), "passwordVersion": pulumi.Int(a.PasswordVersion),
		"signingKeys": pulumi.ToStringArray(a.SigningKeys), "min": pulumi.Int(a.Scale.Min), "max": pulumi.Int(a.Scale.Max),
	}
}
