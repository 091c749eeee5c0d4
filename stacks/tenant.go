package stacks

import (
	"encoding/json"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/permissionsboundary"
	"github.com/genericcorp/platform/components/tagging"
	"github.com/genericcorp/platform/components/tenant"
	"github.com/genericcorp/platform/internal/environments"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// shared is what a tenant's stack takes from its environment's outputs.
type shared struct {
	account, owner, costCentre string
	deletionProtection         bool
	provisioner, secretsKey    string
	domain                     *tenant.Domain
	cluster                    *tenant.Cluster
	options                    []pulumi.ResourceOption // of the tenant
}

// deployTenant makes what one tenant owns, and exports its outputs.
func deployTenant(ctx *pulumi.Context, settings *TenantSettings) error {
	if err := verifyName(ctx, fmt.Sprintf("tenant %s of environment %s", settings.Tenant, settings.Environment), settings.StackName()); err != nil {
		return err
	}
	environment, err := readEnvironment(ctx, settings.Environment, settings.Database)
	if err != nil {
		return err
	}
	// The AWS provider, which takes seconds to start, starts for the first question that it is asked. This one it answers by itself. The
	// engine starts one provider after the other, so the cluster's, which is quick, and then fetches its token, comes first.
	aws.GetRegionOutput(ctx, aws.GetRegionOutputArgs{})
	err = tagging.Register(ctx, tagging.Stack{
		Environment: settings.Environment, Owner: environment.owner, CostCentre: environment.costCentre, Tenant: settings.Tenant,
	})
	if err != nil {
		return fmt.Errorf("register tags: %w", err)
	}
	if err := permissionsboundary.Register(ctx, environment.account); err != nil {
		return fmt.Errorf("register boundary of roles: %w", err)
	}
	made, err := tenant.NewTenant(ctx, settings.Tenant, &tenant.TenantArgs{
		Slug:               settings.Tenant,
		Database:           settings.Database,
		Tier:               settings.Tier,
		State:              api.State(settings.State),
		PasswordVersion:    settings.PasswordVersion,
		Environment:        settings.Environment,
		FunctionName:       pulumi.String(environment.provisioner),
		SecretsKeyARN:      pulumi.String(environment.secretsKey),
		Domain:             environment.domain,
		Cluster:            environment.cluster,
		DeletionProtection: &environment.deletionProtection,
	}, environment.options...)
	if err != nil {
		return err
	}
	for name, value := range tenantOutputs(settings, made) {
		ctx.Export(name, value)
	}
	return nil
}

// tenantOutputs are what people and workloads need of a tenant. The connection is in the secret, nowhere else.
func tenantOutputs(settings *TenantSettings, made *tenant.Tenant) pulumi.Map {
	outputs := pulumi.Map{
		"environment":     pulumi.String(settings.Environment),
		"tenant":          pulumi.String(settings.Tenant),
		"database":        pulumi.String(settings.Database),
		"tier":            pulumi.String(settings.Tier),
		"state":           pulumi.String(settings.State),
		"passwordVersion": pulumi.Int(settings.PasswordVersion),
		"schemaName":      pulumi.String(made.SchemaName),
		"roleName":        pulumi.String(made.RoleName),
		"secretArn":       made.SecretARN,
	}
	if made.HostName != "" {
		outputs["hostName"] = pulumi.String(made.HostName)
	}
	if made.Namespace != "" {
		outputs["namespace"] = pulumi.String(made.Namespace)
	}
	return outputs
}

// tenantEnvironment are the outputs of an environment that a tenant takes.
type tenantEnvironment struct {
	AccountID               string         `output:"accountId"`
	Owner                   string         `output:"owner"`
	CostCentre              string         `output:"costCentre"`
	DeletionProtection      bool           `output:"deletionProtection"`
	ProvisionerFunctionName string         `output:"provisionerFunctionName"`
	SecretsKeyARN           string         `output:"secretsKeyArn"`
	Database                databaseOutput `output:"databases.*"`
	DomainName              string         `output:"domainName" optional:"yes"`
	DomainZoneID            string         `output:"domainZoneId" optional:"yes"`
	EdgeDNSName             string         `output:"edgeDnsName" optional:"yes"` // where it is, names of tenants lead to it by a wildcard
	TenantNamespaces        bool           `output:"tenantNamespaces" optional:"yes"`
}

// tenantCluster are those that it takes besides where it has a place in the cluster.
type tenantCluster struct {
	accessOutputs `output:",squash"`

	Region              string         `output:"region"`
	DatabaseSubnetCIDRs []string       `output:"databaseSubnetCidrs"`
	TenantPodsRoleARN   string         `output:"tenantPodsRoleArn"`
	Database            databaseOutput `output:"databases.*"`
}

// readEnvironment reads what a tenant takes from its environment, which must have the database.
func readEnvironment(ctx *pulumi.Context, environment, database string) (shared, error) {
	reference, err := refer(ctx, environment, database)
	if err != nil {
		return shared{}, err
	}
	var outputs tenantEnvironment
	if err := reference.read(&outputs); err != nil {
		return shared{}, err
	}
	s := shared{
		account: outputs.AccountID, owner: outputs.Owner, costCentre: outputs.CostCentre,
		deletionProtection: outputs.DeletionProtection, provisioner: outputs.ProvisionerFunctionName, secretsKey: outputs.SecretsKeyARN,
	}
	if outputs.DomainName != "" {
		s.domain = &tenant.Domain{Name: outputs.DomainName, ZoneID: outputs.DomainZoneID, Wildcard: outputs.EdgeDNSName != ""}
	}
	if outputs.TenantNamespaces {
		err = s.readCluster(reference)
	}
	return s, err
}

// readCluster reads where the tenant's place in the cluster is.
func (s *shared) readCluster(reference referenced) error {
	var outputs tenantCluster
	if err := reference.read(&outputs); err != nil {
		return err
	}
	provider, err := outputs.kubernetes(reference.ctx)
	if err != nil {
		return err
	}
	s.options = append(s.options, pulumi.Providers(provider))
	s.cluster = &tenant.Cluster{
		Name: outputs.ClusterName, Region: outputs.Region,
		DatabaseCIDRs: outputs.DatabaseSubnetCIDRs, DatabasePort: outputs.Database.Port,
		PodsRoleARN: outputs.TenantPodsRoleARN,
	}
	s.cluster.Worker, err = readWorker(reference.ctx, reference.environment)
	return err
}

// readWorker reads what the environment's tenants run, which its workloads' stack tells; nil is nothing.
func readWorker(ctx *pulumi.Context, environment string) (*tenant.Worker, error) {
	stack := environments.WorkloadsStack(environment)
	reference, err := pulumi.NewStackReference(ctx, "workloads", &pulumi.StackReferenceArgs{
		Name: pulumi.Sprintf("%s/%s/%s", ctx.Organization(), ctx.Project(), stack),
	})
	if err != nil {
		return nil, fmt.Errorf("read the outputs of stack %s, which must be deployed before tenants that have a namespace: %w", stack, err)
	}
	output, err := reference.GetOutputDetails(outputTenantWorker)
	if err != nil {
		return nil, fmt.Errorf("read the output %s of stack %s: %w", outputTenantWorker, stack, err)
	}
	if output.Value == nil {
		return nil, nil //nolint:nilnil // there is none
	}
	text, isText := output.Value.(string)
	if !isText {
		return nil, fmt.Errorf("the output %s of stack %s is a %T, expected a text of JSON: deploy that stack again", outputTenantWorker, stack, output.Value)
	}
	worker := &tenant.Worker{}
	if err := json.Unmarshal([]byte(text), worker); err != nil {
		return nil, fmt.Errorf("read the output %s of stack %s: %w", outputTenantWorker, stack, err)
	}
	return worker, nil
}
