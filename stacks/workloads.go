package stacks

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/cluster"
	"github.com/genericcorp/platform/components/permissionsboundary"
	"github.com/genericcorp/platform/components/tagging"
	"github.com/genericcorp/platform/components/workload"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// deployWorkloads makes what is in the cluster of an environment, and exports its outputs. It is a stack of its own because it needs the
// cluster's API, which a private cluster shows to its own network alone: an environment is deployed from anywhere.
func deployWorkloads(ctx *pulumi.Context, settings *WorkloadsSettings) error {
	if err := verifyName(ctx, "the workloads of environment "+settings.Environment, settings.StackName()); err != nil {
		return err
	}
	reference, err := refer(ctx, settings.Environment, api.MainDatabase)
	if err != nil {
		return err
	}
	var environment siteOutputs
	if err := reference.read(&environment); err != nil {
		return err
	}
	if _, err := verifyAccount(ctx, environment.AccountID, "the output accountId of environment "+settings.Environment); err != nil {
		return err
	}
	err = tagging.Register(ctx, tagging.Stack{
		Environment: settings.Environment, Owner: environment.Owner, CostCentre: environment.CostCentre,
	})
	if err != nil {
		return fmt.Errorf("register tags: %w", err)
	}
	if err := permissionsboundary.Register(ctx, environment.AccountID); err != nil {
		return fmt.Errorf("register boundary of roles: %w", err)
	}
	provider, err := environment.kubernetes(ctx)
	if err != nil {
		return err
	}
	w := &workloads{ctx: ctx, InClusterSettings: settings.Workloads, options: []pulumi.ResourceOption{pulumi.Providers(provider)}}
	if w.site, err = environment.site(ctx, settings); err != nil {
		return err
	}
	for _, part := range []func() error{w.makeGround, w.makeCollector, w.makeTemporal, w.makeEdge, w.makePrograms, w.makeConnections, w.exportTenantWorker} {
		if err := part(); err != nil {
			return err
		}
	}
	ctx.Export("environment", pulumi.String(settings.Environment))
	return nil
}

// workloads carries what the parts of the stack share while they are put together.
type workloads struct {
	InClusterSettings

	ctx     *pulumi.Context
	site    site
	options []pulumi.ResourceOption // of all that is in the cluster
}

// makeGround makes what everything else stands on.
func (w *workloads) makeGround() error {
	ground, err := cluster.NewBaseline(w.ctx, "baseline", w.groundArgs(), w.options...)
	if err != nil {
		return err
	}
	w.ctx.Export("namespaces", ground.Namespaces)
	w.ctx.Export("storageClass", ground.StorageClass)
	w.options = append(w.options, pulumi.DependsOn(ground.Parts))
	return nil
}

// makePrograms makes the company's own programs. Each waits for its own rollout alone: one that fails keeps no other back.
func (w *workloads) makePrograms() error {
	hosts := pulumi.StringMap{}
	for _, program := range w.Programs {
		made, err := workload.NewWorkload(w.ctx, program.Name, program.args(w.site), w.options...)
		if err != nil {
			return err
		}
		if made.Host != "" {
			hosts[program.Name] = pulumi.String(made.Host)
		}
	}
	w.ctx.Export("hosts", hosts)
	return nil
}

func (w *workloads) makeConnections() error {
	list := w.connections(w.site)
	if len(list) == 0 {
		return nil
	}
	_, err := workload.NewConnections(w.ctx, "connections", &workload.ConnectionsArgs{Connections: list}, w.options...)
	return err
}

// exportTenantWorker tells the stacks of tenants what to run for each, as JSON.
func (w *workloads) exportTenantWorker() error {
	if !w.TenantWorker.given() {
		return nil
	}
	text, err := json.Marshal(w.TenantWorker.worker(w.site))
	if err != nil {
		return fmt.Errorf("export the tenants' worker: %w", err)
	}
	w.ctx.Export(outputTenantWorker, pulumi.String(text))
	return nil
}

// outputTenantWorker is the name of an output.
const outputTenantWorker = "tenantWorker"

// siteOutputs are those of an environment that its programs take.
type siteOutputs struct {
	accessOutputs `output:",squash"`

	AccountID               string            `output:"accountId"`
	Region                  string            `output:"region"`
	ImageRepositories       map[string]string `output:"imageRepositories"`
	SecretsKeyARN           string            `output:"secretsKeyArn"`
	CacheAuthSecretARN      string            `output:"cacheAuthSecretArn"`
	CachePort               int               `output:"cachePort"`
	DatabaseSubnetCIDRs     []string          `output:"databaseSubnetCidrs"`
	Database                databaseOutput    `output:"databases.*"`
	ProvisionerFunctionName string            `output:"provisionerFunctionName"`
	DeletionProtection      bool              `output:"deletionProtection"`
	Owner                   string            `output:"owner"`
	CostCentre              string            `output:"costCentre"`
}

// site is where the programs run. An image that the environment has no repository for is refused before anything is made.
func (o siteOutputs) site(ctx *pulumi.Context, settings *WorkloadsSettings) (site, error) {
	s := site{
		environment: settings.Environment, region: o.Region, account: o.AccountID, cluster: o.ClusterName,
		repositories: o.ImageRepositories, secretFiles: settings.Workloads.SecretFilesImage,
		secretsKey: pulumi.String(o.SecretsKeyARN), cacheSecret: pulumi.String(o.CacheAuthSecretARN),
		databaseCIDRs: o.DatabaseSubnetCIDRs, databasePort: o.Database.Port, cachePort: o.CachePort,
		databaseHost: o.Database.Address, provisioner: o.ProvisionerFunctionName, protected: o.DeletionProtection,
	}
	r := newReport()
	settings.Workloads.validate(r, known{
		environment: s.environment, region: s.region, account: s.account, images: slices.Sorted(maps.Keys(s.repositories)),
	})
	if err := r.err(); err != nil {
		return site{}, fmt.Errorf("settings of stack %s, for the environment that is deployed:\n%w", ctx.Stack(), err)
	}
	return s, nil
}

// kubernetes is the provider of what is in the cluster.
func (o accessOutputs) kubernetes(ctx *pulumi.Context) (*kubernetes.Provider, error) {
	config, err := cluster.Access{
		Name: o.ClusterName, Endpoint: o.ClusterEndpoint, CertificateAuthority: o.ClusterCertificateAuthority,
	}.Kubeconfig()
	if err != nil {
		return nil, fmt.Errorf("write the kubeconfig: %w", err)
	}
	provider, err := kubernetes.NewProvider(ctx, "cluster", &kubernetes.ProviderArgs{
		Kubeconfig: pulumi.String(config), EnableServerSideApply: pulumi.Bool(true),
	})
	if err != nil {
		return nil, fmt.Errorf("make the provider of the cluster: %w", err)
	}
	return provider, nil
}
