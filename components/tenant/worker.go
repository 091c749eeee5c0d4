package tenant

import (
	"maps"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/workload"
	"github.com/genericcorp/platform/internal/check"
	"github.com/genericcorp/platform/internal/tenant/slug"
	"github.com/genericcorp/platform/internal/tiers"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// Worker is the program that does a tenant's own work. It is the same for all tenants of an environment; its fields are those of a
// workload. One stack tells another of it, as JSON.
type Worker struct {
	Image        string             `json:"image"`
	SecretsImage string             `json:"secretsImage"`
	Arguments    []string           `json:"arguments"`
	Variables    map[string]string  `json:"variables"`
	Health       workload.Health    `json:"health"`
	Resources    workload.Resources `json:"resources"`
	StopSeconds  int                `json:"stopSeconds"`
}

const (
	// workerName is its name in the tenant's namespace.
	workerName = "worker"
	// variableTenant tells it whose worker it is.
	variableTenant = "TENANT"
)

// Check records what is wrong with a worker, by the names of its inputs.
func (w Worker) Check(p *check.Problems) {
	_, taken := w.Variables[variableTenant]
	p.Require(!taken, "variables", variableTenant, "another name: this one tells the tenant's slug")
	w.args("acme", pulumi.String("arn:secret"), pulumi.String("arn:key"), false).Check(p, workerName)
	for _, tier := range tiers.All() {
		if !tier.Worker {
			continue
		}
		// A new version comes up beside the old one.
		limits, cpu := tier.Limits, workload.WithSecretFilesMillicores(w.Resources)
		p.Require(2*cpu <= limits.CPUMillicores, "resources.cpuLimitMillicores", cpu,
			"so little that two pods, with the program that keeps their secret, fit into the tier "+tier.Name+", which has "+string(millicores(limits.CPUMillicores)))
		memory := workload.WithSecretFilesMiB(w.Resources)
		p.Require(2*memory <= limits.MemoryMiB, "resources.memoryMiB", memory,
			"so little that two pods, with the program that keeps their secret, fit into the tier "+tier.Name+", which has "+string(mebibytes(limits.MemoryMiB)))
		return // the tiers above have more
	}
}

func (w Worker) args(tenant string, secret, key pulumi.StringInput, stopped bool) *workload.WorkloadArgs {
	variables := map[string]string{variableTenant: tenant}
	maps.Copy(variables, w.Variables)
	return &workload.WorkloadArgs{
		Namespace: slug.Namespace(tenant), Image: w.Image, Arguments: w.Arguments, Variables: variables, Health: w.Health, Resources: w.Resources,
		Scale: workload.Scale{Min: 1, Stopped: stopped}, StopSeconds: w.StopSeconds, ServiceAccount: ServiceAccount,
		Secrets: []workload.Secret{{File: slug.SecretFile(tenant), ARN: secret, KeyARN: key}}, SecretsImage: w.SecretsImage,
		// Whoever suspends a tenant must not wait for a worker that does not start.
		NoWait: true,
	}
}

// makeWorker runs the tenant's worker, where its tier has one. Its name has not the tenant's before it, which may be as long as a
// workload's name may be. Nothing runs while the tenant is suspended.
func (p *place) makeWorker() error {
	worker := p.args.Cluster.Worker
	if worker == nil || !p.tier.Worker {
		return nil
	}
	args := worker.args(p.args.Slug, p.parent.SecretARN, p.args.SecretsKeyARN, p.args.State == api.StateSuspended)
	_, err := workload.NewWorkload(p.ctx, workerName, args, pulumi.Parent(p.parent), pulumi.DependsOn(p.beforePods))
	return err
}
