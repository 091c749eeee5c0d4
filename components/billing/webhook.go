package billing

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/apigatewayv2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/alarm"
	"github.com/genericcorp/platform/components/function"
	"github.com/genericcorp/platform/components/loggroup"
	"github.com/genericcorp/platform/services/billing/api"
)

// What is taken of requests, whoever sends them: 13 million a month at most, for USD 13. What is above is turned away free of charge, and Stripe
// comes back with its own for three days.
// Source: API Gateway Developer Guide, "API Gateway pricing", and https://aws.amazon.com/api-gateway/pricing/, 2026-11.
const (
	rate  = 5 // a second
	burst = 20
)

// accessLog is what is written of each request: neither its body nor its headers, which hold the signature. The status is a number, so that people
// find what was refused by { $.status >= 400 }.
// Source: API Gateway Developer Guide, "Customize HTTP API access logs", 2026-11.
const accessLog = `{"time":"$context.requestTime","id":"$context.requestId","ip":"$context.identity.sourceIp","route":"$context.routeKey",` +
	`"status":$context.status,"bytes":"$context.responseLength","milliseconds":"$context.responseLatency","error":"$context.integrationErrorMessage"}`

// makeWebhook gives Stripe one address. Stripe cannot sign for AWS, so anybody may call, and the function checks Stripe's own signature. API
// Gateway stands before the function, and no URL of its own, as it alone turns requests away before they are paid for and before they take the
// function's place from its hourly run.
func (b *builder) makeWebhook() error {
	parent := pulumi.Parent(b.parent)
	gateway, err := apigatewayv2.NewApi(b.ctx, b.name, &apigatewayv2.ApiArgs{
		Description: pulumi.String("Takes Stripe's events"), ProtocolType: pulumi.String("HTTP"),
	}, parent)
	if err != nil {
		return fmt.Errorf("create API: %w", err)
	}
	id := gateway.ID().ToStringOutput()
	integration, err := apigatewayv2.NewIntegration(b.ctx, b.name, &apigatewayv2.IntegrationArgs{
		ApiId: id, IntegrationType: pulumi.String("AWS_PROXY"), IntegrationUri: b.function.Arn, PayloadFormatVersion: pulumi.String("2.0"),
	}, parent)
	if err != nil {
		return fmt.Errorf("create integration: %w", err)
	}
	route, err := apigatewayv2.NewRoute(b.ctx, b.name, &apigatewayv2.RouteArgs{
		ApiId: id, RouteKey: pulumi.String("POST " + api.WebhookPath), Target: pulumi.Sprintf("integrations/%s", integration.ID()),
	}, parent)
	if err != nil {
		return fmt.Errorf("create route: %w", err)
	}
	_, err = lambda.NewPermission(b.ctx, b.name+"-webhook", &lambda.PermissionArgs{
		Action: pulumi.String("lambda:InvokeFunction"), Function: b.function.Name, Principal: pulumi.String("apigateway.amazonaws.com"),
		SourceArn: pulumi.Sprintf("%s/*/POST%s", gateway.ExecutionArn, api.WebhookPath),
	}, parent)
	if err != nil {
		return fmt.Errorf("let the API call the function: %w", err)
	}
	stage, err := b.makeStage(id, route)
	if err != nil {
		return err
	}
	b.parent.WebhookURL = pulumi.Sprintf("%s%s", gateway.ApiEndpoint, api.WebhookPath)
	return b.watch(id, stage)
}

// makeStage opens the API, within its rate and with its access log. AWS keeps a policy of the account for each log group that a service writes to,
// and it has room for few of them, except below /aws/vendedlogs/.
// Source: Amazon CloudWatch Logs User Guide, "Log group resource policy size limit considerations", 2026-11.
func (b *builder) makeStage(gateway pulumi.StringOutput, route *apigatewayv2.Route) (*apigatewayv2.Stage, error) {
	group, err := loggroup.New(b.ctx, b.name+"-webhook", &loggroup.Args{
		Name:          "/aws/vendedlogs/" + function.Name(b.args.Environment, b.args.Region, api.Service),
		RetentionDays: b.args.LogRetentionDays, KeyARN: b.args.LogKeyARN,
	}, pulumi.Parent(b.parent))
	if err != nil {
		return nil, fmt.Errorf("create access log: %w", err)
	}
	stage, err := apigatewayv2.NewStage(b.ctx, b.name, &apigatewayv2.StageArgs{
		ApiId: gateway, Name: pulumi.String("$default"), AutoDeploy: pulumi.Bool(true),
		DefaultRouteSettings: &apigatewayv2.StageDefaultRouteSettingsArgs{ThrottlingRateLimit: pulumi.Float64(rate), ThrottlingBurstLimit: pulumi.Int(burst)},
		AccessLogSettings:    &apigatewayv2.StageAccessLogSettingsArgs{DestinationArn: group.Arn, Format: pulumi.String(accessLog)},
	}, pulumi.Parent(b.parent), pulumi.DependsOn([]pulumi.Resource{route}))
	if err != nil {
		return nil, fmt.Errorf("create stage: %w", err)
	}
	return stage, nil
}

// watch calls for help when events are answered with errors of ours.
func (b *builder) watch(gateway pulumi.StringOutput, stage *apigatewayv2.Stage) error {
	_, err := alarm.New(b.ctx, b.name+"-webhook", &alarm.Args{
		Description: "Stripe's events fail: until they are taken, only the hourly run lets go who has paid. Look into the log group of billing's function first.",
		Page:        page,
		Metric: alarm.Metric{
			Kind: alarm.Events, Namespace: "AWS/ApiGateway", Name: "5xx", Statistic: "Sum",
			Dimensions: pulumi.StringMap{"ApiId": gateway, "Stage": stage.Name},
		},
		Bound: alarm.Above, Threshold: 0, Minutes: 5, TopicARN: b.args.AlarmTopicARN,
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("create alarm of events: %w", err)
	}
	return nil
}
