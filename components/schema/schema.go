// Package schema declares a tenant's home in the shared database by an invocation of the provisioner, which does the
// work. So no tenant's password ever is in the engine's state.
package schema

import (
	"cmp"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/secretsmanager"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/tagging"
	"github.com/genericcorp/platform/internal/awsvalue"
	"github.com/genericcorp/platform/internal/check"
	"github.com/genericcorp/platform/internal/tenant/slug"
	"github.com/genericcorp/platform/internal/tiers"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// SchemaArgs says what one tenant has in the database.
type SchemaArgs struct {
	Environment string
	Tenant      string // its slug
	Database    string // of the environment, by its name: api.MainDatabase when empty
	Tier        string // of the catalogue; its limits are enforced at once
	// State is whether the tenant may work: api.StateActive when empty.
	State api.State
	// PasswordVersion counts the tenant's passwords: 1 when zero. A higher one makes a new password.
	PasswordVersion int

	FunctionName  pulumi.StringInput // the environment's provisioner
	SecretsKeyARN pulumi.StringInput // encrypts the tenant's secret
	// DeletionProtection keeps a deleted secret recoverable for 30 days; without it, the secret is gone at once. True when nil.
	DeletionProtection *bool
}

// Schema is a tenant's schema, role and secret.
type Schema struct {
	pulumi.ResourceState

	SchemaName string
	RoleName   string
	// SecretARN is where the tenant's workloads read their connection. It is known once there is a value.
	SecretARN pulumi.StringOutput
	Made      pulumi.Resource // there is a home once this is there
}

// recoveryDays is how long a removed tenant's secret is recoverable.
const recoveryDays = 30

// NewSchema makes a tenant's schema and keeps it as args say. The tenant's data is guarded by the provisioner: it does
// not drop a schema that holds more than a verified archive does. All problems of args are reported at once.
func NewSchema(ctx *pulumi.Context, name string, args *SchemaArgs, opts ...pulumi.ResourceOption) (*Schema, error) {
	full := args.withDefaults()
	tier, err := full.validate(name)
	if err != nil {
		return nil, err
	}
	s := &Schema{SchemaName: slug.Schema(full.Tenant), RoleName: slug.Role(full.Tenant)}
	err = ctx.RegisterComponentResourceV2("genericcorp:schema:Schema", name, full.inputs(), s, append(opts, tagging.Component("schema"))...)
	if err != nil {
		return nil, fmt.Errorf("register schema %q: %w", name, err)
	}
	secret, err := full.makeSecret(ctx, name, s)
	if err != nil {
		return nil, fmt.Errorf("schema %q: %w", name, err)
	}
	made, err := lambda.NewInvocation(ctx, name, &lambda.InvocationArgs{
		FunctionName:   full.FunctionName,
		LifecycleScope: pulumi.String("CRUD"), // create, update and delete call it, and tell it which
		Input:          full.request(tier, secret.Arn),
	}, pulumi.Parent(s))
	if err != nil {
		return nil, fmt.Errorf("schema %q: call the provisioner: %w", name, err)
	}
	s.Made = made
	s.SecretARN = pulumi.All(secret.Arn, made.Result).ApplyT(func(both []any) string {
		arn, _ := both[0].(string)
		return arn
	}).(pulumi.StringOutput)
	return s, ctx.RegisterResourceOutputs(s, pulumi.Map{
		"schemaName": pulumi.String(s.SchemaName), "roleName": pulumi.String(s.RoleName), "secretArn": s.SecretARN,
	})
}

// makeSecret makes the tenant's secret without a value: the provisioner writes it, so that no password is in the state.
// Its name begins as the provisioner's permissions say, and ends at random, because the name of a removed secret stays taken
// as long as that is recoverable.
func (a *SchemaArgs) makeSecret(ctx *pulumi.Context, name string, parent *Schema) (*secretsmanager.Secret, error) {
	days := recoveryDays
	if !*a.DeletionProtection {
		days = 0
	}
	tags := tagging.RotatedOnDemand()
	tags[tagging.KeyNamespace] = pulumi.String(slug.Namespace(a.Tenant))
	secret, err := secretsmanager.NewSecret(ctx, name, &secretsmanager.SecretArgs{
		NamePrefix:           pulumi.String(slug.SecretName(a.Environment, a.Tenant) + "-"),
		Description:          pulumi.String("The connection of tenant " + a.Tenant + " to the database"),
		KmsKeyId:             a.SecretsKeyARN.ToStringOutput().ToStringPtrOutput(),
		RecoveryWindowInDays: pulumi.Int(days),
		Tags:                 tags,
	}, pulumi.Parent(parent))
	if err != nil {
		return nil, fmt.Errorf("create secret: %w", err)
	}
	return secret, nil
}

// request is what the provisioner is asked for.
func (a *SchemaArgs) request(tier tiers.Tier, secret pulumi.StringOutput) pulumi.StringOutput {
	request := api.Request{
		Tenant: a.Tenant, Database: a.Database, Tier: tier.Name, State: a.State, Limits: api.LimitsOf(tier), PasswordVersion: a.PasswordVersion,
	}
	return pulumi.JSONMarshal(secret.ApplyT(func(arn string) api.Request {
		request.SecretARN = arn
		return request
	}))
}

func (a *SchemaArgs) withDefaults() SchemaArgs {
	if a == nil {
		a = &SchemaArgs{}
	}
	full := *a
	full.Database = cmp.Or(full.Database, api.MainDatabase)
	full.DeletionProtection = cmp.Or(full.DeletionProtection, new(true))
	if full.State == "" {
		full.State = api.StateActive
	}
	if full.PasswordVersion == 0 {
		full.PasswordVersion = 1
	}
	return full
}

// validate gives the tier, and all problems at once.
func (a *SchemaArgs) validate(name string) (tiers.Tier, error) {
	p := check.Under(fmt.Sprintf("schema %q: ", name))
	tier := a.Check(p)
	return tier, p.Err()
}

// Check records all problems and gives the tier.
func (a *SchemaArgs) Check(p *check.Problems) tiers.Tier {
	awsvalue.EnvironmentName.Check(p, "environment", a.Environment)
	p.Add(slug.Check(a.Tenant))
	p.Require(a.Database == api.MainDatabase, "database", a.Database, api.DatabaseExpected)
	tier, err := tiers.Find(a.Tier)
	p.Add(err)
	p.Require(a.State.Valid(), "state", string(a.State), "active, limited or suspended")
	p.Between("passwordVersion", a.PasswordVersion, 1, api.MaxPasswordVersion)
	p.Require(a.FunctionName != nil, "functionName", nil, "the name of the environment's provisioner")
	p.Require(a.SecretsKeyARN != nil, "secretsKeyArn", nil, "the ARN of a KMS key")
	return tier
}

// inputs are what the engine and policies see of the arguments.
func (a *SchemaArgs) inputs() pulumi.Map {
	return pulumi.Map{
		"environment":        pulumi.String(a.Environment),
		"tenant":             pulumi.String(a.Tenant),
		"database":           pulumi.String(a.Database),
		"tier":               pulumi.String(a.Tier),
		"state":              pulumi.String(a.State),
		"passwordVersion":    pulumi.Int(a.PasswordVersion),
		"functionName":       a.FunctionName,
		"secretsKeyArn":      a.SecretsKeyARN,
		"deletionProtection": pulumi.Bool(*a.DeletionProtection),
	}
}
