package apigateway

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
	"github.com/stretchr/testify/require"
)

const (
	waits = 10 * time.Second
	poll  = 5 * time.Millisecond
)

// What AWS refuses is refused, and so is what is not served here.
func TestRules(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	a := f.make(t, nil)
	target := aws.String("integrations/" + a.integration)
	stage := func(change func(*apigatewayv2.UpdateStageInput)) error {
		in := &apigatewayv2.UpdateStageInput{ApiId: &a.id, StageName: aws.String("$default")}
		change(in)
		_, err := f.client.UpdateStage(ctx, in)
		return err
	}
	logging := func(group, format string) func(*apigatewayv2.UpdateStageInput) {
		return func(in *apigatewayv2.UpdateStageInput) {
			in.AccessLogSettings = &types.AccessLogSettings{DestinationArn: &group, Format: &format}
		}
	}
	integrate := func(change func(*apigatewayv2.CreateIntegrationInput)) error {
		in := &apigatewayv2.CreateIntegrationInput{ApiId: &a.id, IntegrationType: types.IntegrationTypeAwsProxy, IntegrationUri: aws.String(function), PayloadFormatVersion: aws.String("2.0")}
		change(in)
		_, err := f.client.CreateIntegration(ctx, in)
		return err
	}
	route := func(key string, target *string) error {
		_, err := f.client.CreateRoute(ctx, &apigatewayv2.CreateRouteInput{ApiId: &a.id, RouteKey: &key, Target: target})
		return err
	}
	_, webSocket := f.client.CreateApi(ctx, &apigatewayv2.CreateApiInput{Name: aws.String("x"), ProtocolType: types.ProtocolTypeWebsocket})
	_, authorizer := f.client.CreateAuthorizer(ctx, &apigatewayv2.CreateAuthorizerInput{ApiId: &a.id, Name: aws.String("x"), AuthorizerType: types.AuthorizerTypeJwt, IdentitySource: []string{"x"}})
	_, twice := f.client.CreateStage(ctx, &apigatewayv2.CreateStageInput{ApiId: &a.id, StageName: aws.String("$default"), AutoDeploy: aws.Bool(true)})
	_, other := f.client.CreateStage(ctx, &apigatewayv2.CreateStageInput{ApiId: &a.id, StageName: aws.String("v1"), AutoDeploy: aws.Bool(true)})
	for want, err := range map[string]error{
		"none of protocol":                                     webSocket,
		"no authorizers":                                       authorizer,
		"ConflictException: Stage already exists":              twice,
		`serves the stage $default, with autoDeploy: got "v1"`: other,
		"PayloadFormatVersion is a required parameter":         integrate(func(in *apigatewayv2.CreateIntegrationInput) { in.PayloadFormatVersion = nil }),
		"payload format 2.0":                                   integrate(func(in *apigatewayv2.CreateIntegrationInput) { in.PayloadFormatVersion = aws.String("1.0") }),
		"between 50 ms and 30000 ms":                           integrate(func(in *apigatewayv2.CreateIntegrationInput) { in.TimeoutInMillis = aws.Int32(30001) }),
		"Invalid function ARN":                                 integrate(func(in *apigatewayv2.CreateIntegrationInput) { in.IntegrationUri = aws.String("https://x.example") }),
		"knows no requestParameters of integrations":           integrate(func(in *apigatewayv2.CreateIntegrationInput) { in.RequestParameters = map[string]string{"a": "b"} }),
		"Route with key POST /webhook already exists":          route("POST /webhook", target),
		"not formatted properly":                               route("SEND /x", target),
		"no parameters in the paths":                           route("GET /x/{y}", target),
		"Target must be the integration of a route":            route("GET /x", aws.String("integrations/none")),
		"Insufficient permissions to enable logging":           stage(logging(logs+"-other", format)),
		"must be single line":                                  stage(logging(logs, "$context.requestId\n$context.status")),
		"must contain $context.requestId":                      stage(logging(logs, "$context.status")),
		"at most 3072 bytes":                                   stage(logging(logs, "$context.requestId"+strings.Repeat(" ", mostFormat))),
		"serves the stage $default, with autoDeploy: got \"$":  stage(func(in *apigatewayv2.UpdateStageInput) { in.AutoDeploy = aws.Bool(false) }),
	} {
		require.ErrorContains(t, err, want)
	}
	got, err := f.client.GetStage(ctx, &apigatewayv2.GetStageInput{ApiId: &a.id, StageName: aws.String("$default")})
	require.NoError(t, err)
	require.Equal(t, format, aws.ToString(got.AccessLogSettings.Format), "nothing that was refused was kept")
}

// Tags are those of APIs and stages, and what is deleted is gone, with its address.
func TestLife(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	a := f.make(t, nil)
	arn := "arn:aws:apigateway:us-east-1::/apis/" + a.id
	for _, tagged := range []string{arn, arn + "/stages/$default"} {
		_, err := f.client.TagResource(ctx, &apigatewayv2.TagResourceInput{ResourceArn: &tagged, Tags: map[string]string{"owner": "else", "gone": "soon"}})
		require.NoError(t, err)
		_, err = f.client.UntagResource(ctx, &apigatewayv2.UntagResourceInput{ResourceArn: &tagged, TagKeys: []string{"gone"}})
		require.NoError(t, err)
		tags, err := f.client.GetTags(ctx, &apigatewayv2.GetTagsInput{ResourceArn: &tagged})
		require.NoError(t, err)
		require.Equal(t, map[string]string{"owner": "else"}, tags.Tags)
	}
	_, err := f.client.UpdateApi(ctx, &apigatewayv2.UpdateApiInput{ApiId: &a.id, DisableExecuteApiEndpoint: aws.Bool(true)})
	require.NoError(t, err)
	said, _ := post(t, a.url+"/webhook", isJSON, "{}", nil)
	require.Equal(t, `404 {"message":"Not Found"}`, said, "it has no address of its own")
	apis, err := f.client.GetApis(ctx, &apigatewayv2.GetApisInput{})
	require.NoError(t, err)
	require.Len(t, apis.Items, 1)

	_, err = f.client.DeleteRoute(ctx, &apigatewayv2.DeleteRouteInput{ApiId: &a.id, RouteId: &a.route})
	require.NoError(t, err)
	_, err = f.client.GetRoute(ctx, &apigatewayv2.GetRouteInput{ApiId: &a.id, RouteId: &a.route})
	require.ErrorAs(t, err, new(*types.NotFoundException))
	_, err = f.client.DeleteApi(ctx, &apigatewayv2.DeleteApiInput{ApiId: &a.id})
	require.NoError(t, err)
	_, err = f.client.GetApi(ctx, &apigatewayv2.GetApiInput{ApiId: &a.id})
	require.ErrorAs(t, err, new(*types.NotFoundException))
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, a.url+"/webhook", http.NoBody)
	require.NoError(t, err)
	_, err = http.DefaultClient.Do(r) //nolint:bodyclose // there is none
	require.ErrorContains(t, err, "refused")
}
