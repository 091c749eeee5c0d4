package stacks

import "github.com/genericcorp/platform/internal/environments"

// WorkloadsSettings are all choices of what runs in the cluster of one environment, written as EnvironmentSettings are. The stack's name
// must be {environment}-workloads.
type WorkloadsSettings struct {
	// Kind says what the stack deploys. The keys below belong to the kind workloads.
	Kind Kind `settings:"kind" allowed:"environment, workloads or tenant"`
	// Environment is the environment whose cluster it is. Its stack must be deployed.
	Environment string `settings:"environment" allowed:"local, or an environment of internal/environments"`

	// Workloads are what runs there, as the section of that name in the environment's file says it.
	Workloads InClusterSettings `settings:"workloads"`
}

// StackName is the name of the stack.
func (s *WorkloadsSettings) StackName() string { return environments.WorkloadsStack(s.Environment) }

// InClusterSettings are what runs in the cluster. They stand in the environment's file, and the workloads' stack takes them over.
type InClusterSettings struct {
	// Programs are the company's own programs, for all tenants.
	Programs []ProgramSettings `settings:"programs" default:"[]" allowed:"up to 40 programs, each with a name of its own"`
	// SecretFilesImage is the platform's program that keeps secrets as files beside those that have any.
	SecretFilesImage string               `settings:"secretFilesImage" default:"" allowed:"an image, written as workloads.programs.image is, wherever a program or the tenants' worker has secrets"`
	TenantWorker     TenantWorkerSettings `settings:"tenantWorker"`
	Temporal         TemporalSettings     `settings:"temporal"`
	Edge             EdgePodsSettings     `settings:"edge"`
	Collector        CollectorSettings    `settings:"collector"`
}

// ProgramSettings are one program: an API, which others call, or a worker, which nobody calls.
type ProgramSettings struct {
	// Name is the program's name in the cluster, and its host's.
	Name string `settings:"name" allowed:"1 to 40 lower-case letters, digits and single hyphens, beginning with a letter; not database, cache, aws or temporal"`
	// Image is one of the environment's repositories, and the digest in it. The local cloud also takes the name alone of one of the
	// platform's own images, which it builds from the sources.
	Image string `settings:"image" allowed:"the name of one of the environment's images and its digest: api@sha256:<64 hexadecimal digits>"`
	// Arguments are those of the program.
	Arguments []string `settings:"arguments" default:"[]" allowed:"up to 50 texts"`
	// Variables are those of its environment. They are seen by everybody who may look at the cluster.
	Variables map[string]string `settings:"variables" default:"{}" allowed:"names in upper-case letters, digits and underscores, with texts that are no secrets"`
	// Port is where others call it. 0 makes it a worker.
	Port int `settings:"port" default:"0" allowed:"1024 to 65535, or 0"`

	Health    HealthSettings    `settings:"health"`
	Resources ResourcesSettings `settings:"resources"`
	Scale     ScaleSettings     `settings:"scale"`

	// StopSeconds is how long it may take to finish what it has begun, once it is told to stop.
	StopSeconds int `settings:"stopSeconds" default:"30" allowed:"6 to 3600"`
	// RolloutSeconds is how long a new version may take until all of its pods work. A deployment that fails of it puts back the version before.
	RolloutSeconds int `settings:"rolloutSeconds" default:"300" allowed:"30 to 3600, more than health.startSeconds"`
	// Calls are whom it may call; everything else is closed. Whoever has secrets may call AWS without this.
	Calls []string `settings:"calls" default:"[]" allowed:"different names of programs that have a port, and database, cache, aws, or temporal where it is enabled"`
	// Secrets are files that it reads, which follow the secrets' rotation.
	Secrets []SecretSettings `settings:"secrets" default:"[]" allowed:"up to 20 secrets, each with a file of its own"`
	// TenantSecrets gives it a file tenant-<slug>.json for each tenant, with the tenant's connection to the database. Such a program
	// can do in each tenant's schema what the tenant can.
	TenantSecrets bool `settings:"tenantSecrets" default:"false" allowed:"true or false"`
}

// HealthSettings say where a program tells that it works, by HTTP.
type HealthSettings struct {
	// Port is where it tells. 0 is the program's own port, which a worker does not have.
	Port int `settings:"port" default:"0" allowed:"1024 to 65535, or 0"`
	// Ready is the path that says whether it may get requests now.
	Ready string `settings:"ready" default:"/readyz" allowed:"a path that begins with /"`
	// Live is the path that says whether it should not be started again.
	Live string `settings:"live" default:"/healthz" allowed:"a path that begins with /"`
	// StartSeconds is how long it may take to answer for the first time.
	StartSeconds int `settings:"startSeconds" default:"60" allowed:"1 to 1800"`
}

// ResourcesSettings are what each pod gets.
type ResourcesSettings struct {
	// CPUMillicores are set aside for each pod.
	CPUMillicores int `settings:"cpuMillicores" default:"50" allowed:"1 to 64000"`
	// CPULimitMillicores are the most that a pod gets. 0 is four times as many as are set aside.
	CPULimitMillicores int `settings:"cpuLimitMillicores" default:"0" allowed:"cpuMillicores or more, or 0"`
	// MemoryMiB are set aside for each pod, and the most that it gets.
	MemoryMiB int `settings:"memoryMiB" default:"64" allowed:"4 to 262144"`
}

// ScaleSettings say how many pods there are.
type ScaleSettings struct {
	// Min is the least number of pods, spread over the zones.
	Min int `settings:"min" default:"2" allowed:"1 to 100"`
	// Max is the most. 0 is the same as min: then their number does not change.
	Max int `settings:"max" default:"0" allowed:"min to 1000, or 0"`
	// CPUPercent is how much of the processor time that is set aside may be used before there are more pods.
	CPUPercent int `settings:"cpuPercent" default:"70" allowed:"10 to 100"`
}

// SecretSettings are one secret of a program.
type SecretSettings struct {
	// File is its name in the folder /var/run/secrets/platform.
	File string `settings:"file" allowed:"1 to 100 lower-case letters, digits, dots, underscores and hyphens, beginning with a letter or a digit"`
	// Source is the secret: the cache's, the public keys by which the edge's identities are verified, or one in AWS Secrets Manager that the
	// environment's key for secrets encrypts.
	Source string `settings:"source" allowed:"cache, identity where the edge is enabled, or the ARN of a secret of the environment's account"`
}

// TenantWorkerSettings are the program that does a tenant's own work, with the tenant's own role, within the tenant's limits. It finds
// the tenant's secret in the file tenant-<slug>.json, and the slug in the variable TENANT. A change reaches a tenant when the tenant's
// stack is next deployed.
type TenantWorkerSettings struct {
	// Image is written as that of a program. Without one no tenant has a worker.
	Image string `settings:"image" default:"" allowed:"the name of one of the environment's images and its digest: api@sha256:<64 hexadecimal digits>"`
	// Arguments are those of the program.
	Arguments []string `settings:"arguments" default:"[]" allowed:"up to 50 texts"`
	// Variables are those of its environment.
	Variables map[string]string `settings:"variables" default:"{}" allowed:"names in upper-case letters, digits and underscores, with texts that are no secrets; not TENANT"`

	Health    HealthSettings    `settings:"health"`
	Resources ResourcesSettings `settings:"resources"`

	// StopSeconds is how long it may take to finish what it has begun, once it is told to stop.
	StopSeconds int `settings:"stopSeconds" default:"30" allowed:"6 to 3600"`
}
