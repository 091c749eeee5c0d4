package billing_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/components/billing"
	"github.com/genericcorp/platform/components/function"
	"github.com/genericcorp/platform/internal/check"
	"github.com/genericcorp/platform/internal/pulumitest"
)

const (
	physical = "platform-prod-us-east-1-billing"
	alarm    = "aws:cloudwatch/metricAlarm:MetricAlarm"
)

func args(change func(*billing.BillingArgs)) *billing.BillingArgs {
	a := &billing.BillingArgs{
		Settings: function.Settings{
			Environment: "prod", Region: pulumitest.Region, AccountID: pulumitest.Account, PrivateSubnetIDs: pulumi.ToStringArray([]string{"subnet-a"}),
			LogKeyARN: pulumi.String("arn:log-key"), AlarmTopicARN: pulumi.String("arn:topic"),
		},
		VpcID: pulumi.String("vpc-1"), ProvisionerName: pulumi.String("provisioner"), ProvisionerARN: pulumi.String("arn:provisioner"), SecretsKeyARN: pulumi.String("arn:secrets-key"),
	}
	if change != nil {
		change(a)
	}
	return a
}

func deploy(t *testing.T, change func(*billing.BillingArgs)) *pulumitest.Recorder {
	t.Helper()
	return pulumitest.Run(t, func(ctx *pulumi.Context) error {
		_, err := billing.NewBilling(ctx, "billing", args(change))
		return err
	})
}

// It runs each hour, in test mode unless told otherwise, and may ask the provisioner and read its own secret, and nothing else.
func TestFunction(t *testing.T) {
	t.Parallel()
	r := deploy(t, nil)
	secret := r.One(t, "aws:secretsmanager/secret:Secret", "billing-secret")
	made := r.One(t, "aws:lambda/function:Function", "billing")
	for path, want := range map[string]any{
		"name": physical, "timeout": 900.0, "reservedConcurrentExecutions": 5.0,
		"environment.variables.ENVIRONMENT": "prod", "environment.variables.PROVISIONER_FUNCTION": "provisioner", "environment.variables.STRIPE_LIVE": "false",
		"environment.variables.DAYS_TO_PAY": "14", "environment.variables.LIMITED_AFTER_DAYS": "7", "environment.variables.SUSPENDED_AFTER_DAYS": "21",
	} {
		require.Equal(t, want, made.Value(t, path), path)
	}
	arn := fmt.Sprint(made.Value(t, "environment.variables.STRIPE_SECRET_ARN"))
	require.Contains(t, arn, "billing-secret")

	require.Equal(t, "rate(1 hour)", r.One(t, "aws:cloudwatch/eventRule:EventRule", "billing-run").Value(t, "scheduleExpression"))
	require.Equal(t, `{"action":"run"}`, r.One(t, "aws:cloudwatch/eventTarget:EventTarget", "billing-run").Value(t, "input"))
	policy := fmt.Sprint(r.One(t, "aws:iam/rolePolicy:RolePolicy", "billing").Value(t, "policy"))
	for _, want := range []string{
		`{"Action":["lambda:InvokeFunction"],"Effect":"Allow","Resource":["arn:provisioner"],"Sid":"AskProvisioner"}`,
		`{"Action":["secretsmanager:GetSecretValue"],"Effect":"Allow","Resource":["` + arn + `"],"Sid":"ReadStripesKeys"}`,
		`"kms:ViaService":["secretsmanager.us-east-1.amazonaws.com"]`,
	} {
		require.Contains(t, policy, want)
	}
	require.Equal(t, 1, strings.Count(policy, "secretsmanager:"+"GetSecretValue"))

	require.Equal(t, "arn:secrets-key", secret.Value(t, "kmsKeyId"))
	require.InDelta(t, 30, secret.Value(t, "recoveryWindowInDays"), 0)
	require.Equal(t, "on-demand", secret.Value(t, "tags.rotation"))
	require.Empty(t, r.OfType("aws:secretsmanager/secretVersion:SecretVersion"), "a person writes the value, and no state has it")

	const egress = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
	require.Len(t, r.OfType(egress), 1, "nothing in the VPC")
	require.InDelta(t, 443, r.One(t, egress, "billing-to-internet").Value(t, "toPort"), 0)
	require.Empty(t, r.OfType("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"))
}

// Choices reach the function.
func TestChoices(t *testing.T) {
	t.Parallel()
	r := deploy(t, func(a *billing.BillingArgs) {
		a.Live, a.DaysToPay, a.LimitedAfterDays, a.SuspendedAfterDays, a.DeletionProtection = true, 30, 3, 4, new(false)
		a.ReservedConcurrency = function.Unreserved
	})
	made := r.One(t, "aws:lambda/function:Function", "billing")
	for path, want := range map[string]any{
		"reservedConcurrentExecutions": -1.0, "environment.variables.STRIPE_LIVE": "true", "environment.variables.DAYS_TO_PAY": "30",
		"environment.variables.LIMITED_AFTER_DAYS": "3", "environment.variables.SUSPENDED_AFTER_DAYS": "4",
	} {
		require.Equal(t, want, made.Value(t, path), path)
	}
	require.InDelta(t, 0, r.One(t, "aws:secretsmanager/secret:Secret", "billing-secret").Value(t, "recoveryWindowInDays"), 0)

	const variable = "environment.variables.STRIPE_STAND_IN"
	require.False(t, made.Has(variable))
	made = deploy(t, func(a *billing.BillingArgs) { a.StandIn = true }).One(t, "aws:lambda/function:Function", "billing")
	require.Equal(t, "true", made.Value(t, variable))
}

// Stripe has one address, whose requests are limited and noted without what they carry, and which alone may call the function.
func TestWebhook(t *testing.T) {
	t.Parallel()
	r := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		made, err := billing.NewBilling(ctx, "billing", args(nil))
		if err != nil {
			return err
		}
		require.Contains(t, pulumitest.Outputs(t, ctx, made)["WebhookURL"].Value, "/webhook")
		return nil
	})
	require.Equal(t, "HTTP", r.One(t, "aws:apigatewayv2/api:Api", "billing").Value(t, "protocolType"))
	require.Len(t, r.OfType("aws:apigatewayv2/route:Route"), 1)
	require.Equal(t, "POST /webhook", r.One(t, "aws:apigatewayv2/route:Route", "billing").Value(t, "routeKey"))
	integration := r.One(t, "aws:apigatewayv2/integration:Integration", "billing")
	require.Equal(t, "AWS_PROXY", integration.Value(t, "integrationType"))
	require.Equal(t, "2.0", integration.Value(t, "payloadFormatVersion"))
	permission := r.One(t, "aws:lambda/permission:Permission", "billing-webhook")
	require.Equal(t, "apigateway.amazonaws.com", permission.Value(t, "principal"))
	require.Contains(t, permission.Value(t, "sourceArn"), "/*/POST/webhook")

	stage := r.One(t, "aws:apigatewayv2/stage:Stage", "billing")
	require.Equal(t, "$default", stage.Value(t, "name"))
	require.InDelta(t, 5, stage.Value(t, "defaultRouteSettings.throttlingRateLimit"), 0)
	require.InDelta(t, 20, stage.Value(t, "defaultRouteSettings.throttlingBurstLimit"), 0)
	format := fmt.Sprint(stage.Value(t, "accessLogSettings.format"))
	require.Contains(t, format, `"status":$context.status,`, "a number, which filters compare")
	require.NotContains(t, strings.ToLower(format), "body")
	require.NotContains(t, strings.ToLower(format), "header")
	group := r.One(t, "aws:cloudwatch/logGroup:LogGroup", "billing-webhook")
	require.Equal(t, "/aws/vendedlogs/"+physical, group.Value(t, "name"))
	require.Equal(t, "arn:log-key", group.Value(t, "kmsKeyId"))

	for _, name := range []string{"billing-run", "billing-throttles", "billing-webhook"} {
		require.Contains(t, r.One(t, alarm, name).Value(t, "alarmDescription"), "Runbook: runbooks/billing-trouble.md")
	}
	require.Equal(t, "$default", r.One(t, alarm, "billing-webhook").Value(t, "dimensions.Stage"))
}

// Every mistake is named, at once.
func TestMistakes(t *testing.T) {
	t.Parallel()
	p := check.Under("billing.")
	(&billing.BillingArgs{Live: true, StandIn: true, DaysToPay: 91, LimitedAfterDays: 7, SuspendedAfterDays: 7}).Check(p)
	require.EqualError(t, p.Err(), "billing.standIn: got true, expected false, because real money is Stripe's alone\nbilling.daysToPay: got 91, expected 1 to 90\nbilling.suspendedAfterDays: got 7, expected more than limitedAfterDays, and at most 90")

	_, err := pulumitest.Record(func(ctx *pulumi.Context) error {
		_, err := billing.NewBilling(ctx, "billing", nil)
		return err
	})
	for _, want := range []string{"environment", "vpcId", "provisionerName", "provisionerArn", "secretsKeyArn"} {
		require.ErrorContains(t, err, `billing "billing": `+want)
	}
}
