package stacks

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/tagging"
	"github.com/genericcorp/platform/components/tenant"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// shared is what a tenant's stack takes from its environment's outputs.
type shared struct {
	account, owner, costCentre, protection string
	provisioner, secretsKey, costTopic     string
	domain                                 *tenant.Domain
}

// deployTenant makes what one tenant owns, and exports its outputs.
func deployTenant(ctx *pulumi.Context, settings *TenantSettings) error {
	if want := settings.StackName(); ctx.Stack() != want {
		return fmt.Errorf("stack %s has the settings of tenant %s of environment %s, whose stack is %s: one of them is a copy",
			ctx.Stack(), settings.Tenant, settings.Environment, want)
	}
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
	made, err := tenant.NewTenant(ctx, settings.Tenant, &tenant.TenantArgs{
		Slug:            settings.Tenant,
		Database:        settings.Database,
		Tier:            settings.Tier,
		State:           api.State(settings.State),
		PasswordVersion: settings.PasswordVersion,
		Environment:     settings.Environment,
		AccountID:       environment.account,
		FunctionName:    pulumi.String(environment.provisioner),
		SecretsKeyARN:   pulumi.String(environment.secretsKey),
		CostTopicARN:    pulumi.String(environment.costTopic),
		Domain:          environment.domain,
		Disposable:      environment.protection == "none",
	})
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
	return outputs
}

// readEnvironment reads the outputs of the environment's stack, which is of the same project and backend. The environment
// must have the database.
func readEnvironment(ctx *pulumi.Context, environment, database string) (shared, error) {
	reference, err := pulumi.NewStackReference(ctx, "environment", &pulumi.StackReferenceArgs{
		Name: pulumi.Sprintf("%s/%s/%s", ctx.Organization(), ctx.Project(), environment),
	})
	if err != nil {
		return shared{}, fmt.Errorf("read the outputs of environment %s: %w", environment, err)
	}
	var s shared
	var missing []string
	for _, output := range []struct {
		name   string
		target *string
	}{
		{"accountId", &s.account}, {"owner", &s.owner}, {"costCentre", &s.costCentre}, {"protection", &s.protection},
		{"provisionerFunctionName", &s.provisioner}, {"secretsKeyArn", &s.secretsKey}, {"budgetTopicArn", &s.costTopic},
	} {
		if *output.target, err = readOutput(reference, output.name); err != nil {
			return shared{}, fmt.Errorf("environment %s: %w", environment, err)
		}
		if *output.target == "" {
			missing = append(missing, output.name)
		}
	}
	databases, err := reference.GetOutputDetails("databases")
	if err != nil {
		return shared{}, fmt.Errorf("environment %s: read output databases: %w", environment, err)
	}
	if byName, _ := databases.Value.(map[string]any); byName[database] == nil {
		missing = append(missing, "databases."+database)
	}
	if len(missing) > 0 {
		return shared{}, fmt.Errorf("environment %s has no output %s, and no tenant can be made without: deploy the environment first",
			environment, strings.Join(missing, ", "))
	}
	domain, zone := "", ""
	if domain, err = readOutput(reference, "domainName"); err == nil {
		zone, err = readOutput(reference, "domainZoneId")
	}
	if domain != "" {
		s.domain = &tenant.Domain{Name: domain, ZoneID: zone}
	}
	return s, err
}

// readOutput gives an output that is text; empty when there is none.
func readOutput(reference *pulumi.StackReference, name string) (string, error) {
	output, err := reference.GetOutputDetails(name)
	if err != nil {
		return "", fmt.Errorf("read output %s: %w", name, err)
	}
	text, _ := output.Value.(string)
	return text, nil
}
