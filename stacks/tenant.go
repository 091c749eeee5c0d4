package stacks

import (
	"encoding/json"
	"fmt"
	"slices"

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
	account, owner, costCentre         string
	deletionProtection                 bool
	provisioner, secretsKey, costTopic string
	domain                             *tenant.Domain
	cluster                            *tenant.Cluster
	options                            []pulumi.ResourceOption // of the tenant
}

// deployTenant makes what one tenant owns, and exports its outputs.
func deployTenant(ctx *pulumi.Context, settings *TenantSettings) error {
	if err := verifyName(ctx, fmt.Sprintf("tenant %s of environment %s", settings.Tenant, settings.Environment), settings.StackName()); err != nil {
		return err
	}
	// The AWS provider, which takes seconds to start, starts for the first question that it is asked: while the environment's outputs are
	// read, not after that. This one it answers by itself.
	aws.GetRegionOutput(ctx, aws.GetRegionOutputArgs{})
	environment, err := readEnvironment(ctx, settings.Environment, settings.Database)
	if err != nil {
		return err
	}
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
		AccountID:          environment.account,
		FunctionName:       pulumi.String(environment.provisioner),
		SecretsKeyARN:      pulumi.String(environment.secretsKey),
		CostTopicARN:       pulumi.String(environment.costTopic),
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
		"budgetName":      made.BudgetName,
	}
	if made.HostName != "" {
		outputs["hostName"] = pulumi.String(made.HostName)
	}
	if made.Namespace != "" {
		outputs["namespace"] = pulumi.String(made.Namespace)
	}
	return outputs
}

// readEnvironment reads what a tenant takes from its environment, which must have the database.
func readEnvironment(ctx *pulumi.Context, environment, database string) (shared, error) {
	outputs, err := readOutputs(ctx, environment, slices.Concat(needed, []string{"databases." + database}), "domainName", "domainZoneId", "tenantNamespaces")
	if err != nil {
		return shared{}, err
	}
	s := shared{
		account: outputs.text("accountId"), owner: outputs.text("owner"), costCentre: outputs.text("costCentre"),
		deletionProtection: outputs.protected(), provisioner: outputs.text("provisionerFunctionName"), secretsKey: outputs.text("secretsKeyArn"),
		costTopic: outputs.text("budgetTopicArn"),
	}
	if domain := outputs.text("domainName"); domain != "" {
		s.domain = &tenant.Domain{Name: domain, ZoneID: outputs.text("domainZoneId")}
	}
	if namespaces, _ := outputs.values["tenantNamespaces"].(bool); namespaces {
		err = s.readCluster(ctx, outputs.reference, environment, database)
	}
	return s, err
}

// readCluster reads where the tenant's place in the cluster is.
func (s *shared) readCluster(ctx *pulumi.Context, reference *pulumi.StackReference, environment, database string) error {
	needed := slices.Concat(clusterAccess, []string{"region", "databaseSubnetCidrs", "tenantPodsRoleArn", "databases." + database})
	outputs, err := readFrom(ctx, reference, environment, needed)
	if err != nil {
		return err
	}
	provider, err := outputs.kubernetes(ctx)
	if err != nil {
		return err
	}
	s.options = append(s.options, pulumi.Providers(provider))
	s.cluster = &tenant.Cluster{
		Name: outputs.text("clusterName"), Region: outputs.text("region"),
		DatabaseCIDRs: outputs.texts("databaseSubnetCidrs"), DatabasePort: outputs.databasePort(database),
		PodsRoleARN: outputs.text("tenantPodsRoleArn"),
	}
	s.cluster.Worker, err = readWorker(ctx, environment)
	return err
}

// needed are the outputs of an environment that no tenant can do without, beside its database's.
var needed = []string{
	"accountId", "owner", "costCentre", "deletionProtection", "provisionerFunctionName", "secretsKeyArn", "budgetTopicArn",
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
	text, given := output.Value.(string)
	if !given {
		return nil, nil //nolint:nilnil // there is none
	}
	worker := &tenant.Worker{}
	if err := json.Unmarshal([]byte(text), worker); err != nil {
		return nil, fmt.Errorf("read the output %s of stack %s: %w", outputTenantWorker, stack, err)
	}
	return worker, nil
}
