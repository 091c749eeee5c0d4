package stacks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/tagging"
	"github.com/genericcorp/platform/components/tenant"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// shared is what a tenant's stack takes from its environment's outputs.
type shared struct {
	account, owner, costCentre         string
	deletionProtection                 bool
	provisioner, secretsKey, costTopic string
	domain                             *tenant.Domain
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
		DeletionProtection: &environment.deletionProtection,
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
	outputs := map[string]any{}
	for _, name := range slices.Concat(needed, []string{"databases", "domainName", "domainZoneId"}) {
		output, err := reference.GetOutputDetails(name)
		if err != nil {
			return shared{}, fmt.Errorf("environment %s: read output %s: %w", environment, name, err)
		}
		outputs[name] = output.Value
	}
	missing := slices.DeleteFunc(slices.Clone(needed), func(name string) bool { return outputs[name] != nil && outputs[name] != "" })
	if byName, _ := outputs["databases"].(map[string]any); byName[database] == nil {
		missing = append(missing, "databases."+database)
	}
	if len(missing) > 0 {
		return shared{}, fmt.Errorf("environment %s has no output %s, and no tenant can be made without: deploy the environment first",
			environment, strings.Join(missing, ", "))
	}
	text := func(name string) string {
		value, _ := outputs[name].(string)
		return value
	}
	protected, isBool := outputs["deletionProtection"].(bool)
	s := shared{
		account: text("accountId"), owner: text("owner"), costCentre: text("costCentre"), deletionProtection: protected || !isBool, // in doubt it is on
		provisioner: text("provisionerFunctionName"), secretsKey: text("secretsKeyArn"), costTopic: text("budgetTopicArn"),
	}
	if domain := text("domainName"); domain != "" {
		s.domain = &tenant.Domain{Name: domain, ZoneID: text("domainZoneId")}
	}
	return s, nil
}

// needed are the outputs of an environment that no tenant can do without, beside its database's.
var needed = []string{
	"accountId", "owner", "costCentre", "deletionProtection", "provisionerFunctionName", "secretsKeyArn", "budgetTopicArn",
}
