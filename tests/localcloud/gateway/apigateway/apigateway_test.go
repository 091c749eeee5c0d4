package apigateway

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi/awsapitest"
)

var (
	function = awsapitest.Account.ARN("lambda", "function:billing")
	logs     = awsapitest.Account.ARN("logs", "log-group:/aws/vendedlogs/billing")
)

const format = `{"id":"$context.requestId","route":"$context.routeKey","status":$context.status,"bytes":"$context.responseLength","error":"$context.integrationErrorMessage","who":"$context.authorizer.claims"}`

// fixture is the service with a function, which answers what the test says, and an emulator that keeps logs and metrics.
type fixture struct {
	*Service
	client *apigatewayv2.Client

	mu       sync.Mutex
	source   string // for which the function's policy lets APIs call it; empty: it has none
	answers  func(events.APIGatewayV2HTTPRequest) string
	failed   bool
	calls    []events.APIGatewayV2HTTPRequest
	raw      string
	streams  int
	lines    []string
	measured []string
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{source: "arn:aws:execute-api:us-east-1:123456789012:*/*/POST/webhook", answers: func(events.APIGatewayV2HTTPRequest) string { return `{"statusCode": 200, "body": "done"}` }}
	f.Service = New(Config{Account: awsapitest.Account, Functions: http.HandlerFunc(f.functions), Log: awsapitest.Log}, http.HandlerFunc(f.emulate))
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	f.client = apigatewayv2.NewFromConfig(awsapitest.Config(t, f.Service))
	return f
}

func (f *fixture) functions(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	f.mu.Lock()
	defer f.mu.Unlock()
	if strings.HasSuffix(r.URL.Path, "/policy") {
		if f.source == "" {
			awsapi.WriteError(w, r, awsapi.NotFound("ResourceNotFoundException", "no policy"))
			return
		}
		policy := fmt.Sprintf(`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "apigateway.amazonaws.com"}, "Action": "lambda:InvokeFunction",
			"Resource": %q, "Condition": {"ArnLike": {"AWS:SourceArn": %q}}}]}`, function, f.source)
		_ = json.NewEncoder(w).Encode(map[string]string{"Policy": policy})
		return
	}
	var event events.APIGatewayV2HTTPRequest
	_ = json.Unmarshal(body, &event)
	f.calls, f.raw = append(f.calls, event), string(body)
	if f.failed {
		w.Header().Set("X-Amz-Function-Error", "Unhandled")
	}
	answers := f.answers
	f.mu.Unlock()
	text := answers(event)
	f.mu.Lock()
	_, _ = io.WriteString(w, text)
}

func (f *fixture) emulate(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	in := object{}
	switch awsapi.JSONName(r) {
	case "DescribeLogGroups":
		_, _ = io.WriteString(w, `{"logGroups": [{"logGroupName": "/aws/vendedlogs/billing"}]}`)
	case "CreateLogStream":
		if f.streams++; f.streams == 1 {
			return // with no body
		}
		awsapi.WriteError(w, r, awsapi.BadRequest("ResourceAlreadyExistsException", "it is there"))
	case "PutLogEvents":
		_ = json.NewDecoder(r.Body).Decode(&in)
		entries, _ := in["logEvents"].([]any)
		entry, _ := entries[0].(object)
		f.lines = append(f.lines, awsapi.Text(entry, "message"))
		_, _ = io.WriteString(w, `{}`)
	default:
		form, _ := awsapi.Form(r)
		for _, at := range awsapi.Numbered(form, "MetricData.member") {
			if form.Get(at+".Value") == "1" && form.Get(at+".Dimensions.member.2.Name") == "Stage" {
				f.measured = append(f.measured, form.Get(at+".MetricName"))
			}
		}
	}
}

// made is an API like billing's, and its address.
type made struct{ id, url, integration, route string }

func (f *fixture) make(t *testing.T, stage func(*apigatewayv2.CreateStageInput)) made {
	t.Helper()
	ctx := t.Context()
	api, err := f.client.CreateApi(ctx, &apigatewayv2.CreateApiInput{Name: aws.String("billing"), ProtocolType: types.ProtocolTypeHttp, Tags: map[string]string{"owner": "platform"}})
	require.NoError(t, err)
	integration, err := f.client.CreateIntegration(ctx, &apigatewayv2.CreateIntegrationInput{
		ApiId: api.ApiId, IntegrationType: types.IntegrationTypeAwsProxy, IntegrationUri: aws.String(function), PayloadFormatVersion: aws.String("2.0"),
	})
	require.NoError(t, err)
	route, err := f.client.CreateRoute(ctx, &apigatewayv2.CreateRouteInput{
		ApiId: api.ApiId, RouteKey: aws.String("POST /webhook"), Target: aws.String("integrations/" + aws.ToString(integration.IntegrationId)),
	})
	require.NoError(t, err)
	in := &apigatewayv2.CreateStageInput{
		ApiId: api.ApiId, StageName: aws.String("$default"), AutoDeploy: aws.Bool(true), AccessLogSettings: &types.AccessLogSettings{DestinationArn: aws.String(logs + ":*"), Format: aws.String(format)},
	}
	if stage != nil {
		stage(in)
	}
	_, err = f.client.CreateStage(ctx, in)
	require.NoError(t, err)
	return made{aws.ToString(api.ApiId), aws.ToString(api.ApiEndpoint), aws.ToString(integration.IntegrationId), aws.ToString(route.RouteId)}
}

// post sends a request with a body, and gives the answer as "status body".
func post(t *testing.T, url, kind, body string, change func(*http.Request)) (string, http.Header) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Content-Type", kind)
	if change != nil {
		change(r)
	}
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return fmt.Sprintf("%d %s", response.StatusCode, text), response.Header
}

const isJSON = "application/json; charset=utf-8"

// A request reaches the function as AWS hands it on, and its answer the client.
func TestRequest(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	a := f.make(t, nil)
	f.answers = func(events.APIGatewayV2HTTPRequest) string {
		return `{"statusCode": 418, "headers": {"retry-after": "10"}, "cookies": ["a=1", "b=2"], "body": "dGVh", "isBase64Encoded": true}`
	}
	said, header := post(t, a.url+"/webhook?x=1&x=2", isJSON, `{"id": "evt_1"}`, func(r *http.Request) {
		r.Header.Set("Stripe-Signature", "t=1,v1=abc")
		r.Header["X-Twice"] = []string{"1", "2"}
		r.Header.Set("Cookie", "c=3; d=4")
	})
	require.Equal(t, "418 tea", said)
	assert.Equal(t, []string{"a=1", "b=2"}, header.Values("Set-Cookie"))
	assert.Equal(t, "10", header.Get("Retry-After"))
	require.Len(t, f.calls, 1)
	event := f.calls[0]
	assert.Equal(t, []string{"2.0", "POST /webhook", "/webhook", "x=1&x=2", "1,2", `{"id": "evt_1"}`, "POST", "127.0.0.1", "$default", a.id},
		[]string{event.Version, event.RouteKey, event.RawPath, event.RawQueryString, event.QueryStringParameters["x"], event.Body, event.RequestContext.HTTP.Method,
			event.RequestContext.HTTP.SourceIP, event.RequestContext.Stage, event.RequestContext.APIID})
	assert.Equal(t, []string{"t=1,v1=abc", "1,2", ""}, []string{event.Headers["stripe-signature"], event.Headers["x-twice"], event.Headers["cookie"]}, "in lower case, once")
	assert.Equal(t, []string{"c=3", "d=4"}, event.Cookies)
	assert.False(t, event.IsBase64Encoded)
	assert.Contains(t, f.raw, `"stripe-signature"`)
}

// What is no text is handed on in base64, as is what nobody says the kind of.
func TestBase64(t *testing.T) {
	t.Parallel()
	for kind, encoded := range map[string]bool{isJSON: false, "text/plain": false, "application/xml": false, "": true, "application/x-www-form-urlencoded": true, "application/octet-stream": true} {
		require.Equal(t, !encoded, isText(kind), kind)
	}
	f := newFixture(t)
	a := f.make(t, nil)
	post(t, a.url+"/webhook", "application/octet-stream", "tea", nil)
	require.Equal(t, []any{"dGVh", true}, []any{f.calls[0].Body, f.calls[0].IsBase64Encoded})
}

// What a function returns without a status code is a body.
func TestAnswersWithoutStatus(t *testing.T) {
	t.Parallel()
	for returned, want := range map[string]string{`"tea"`: "tea", `{"a": 1}`: `{"a": 1}`, `null`: ""} {
		got, err := read([]byte(returned))
		require.NoError(t, err)
		require.Equal(t, want, string(got.body), returned)
		require.Equal(t, http.StatusOK, got.status)
	}
	for _, returned := range []string{`{"statusCode": 7}`, `{"statusCode": "x"}`, `{"statusCode": 200, "isBase64Encoded": true, "body": "?"}`} {
		_, err := read([]byte(returned))
		require.ErrorIs(t, err, errResponse, returned)
	}
}

// What is refused before the function is asked, and what it fails at, are answered as AWS does; the access log and the metrics have each.
func TestRefusals(t *testing.T) {
	t.Parallel()
	const internal = `500 {"message":"Internal Server Error"}`
	release := make(chan struct{})
	for name, c := range map[string]struct {
		path, body string
		change     func(*fixture)
		header     string
		want, log  string
		metrics    []string
		called     bool
	}{
		"another path":     {path: "/other", want: `404 {"message":"Not Found"}`, log: `"route":"-","status":404`, metrics: []string{"Count", "4xx"}},
		"a large body":     {body: strings.Repeat("x", mostBody+1), want: `413 {"message":"Request Entity Too Large"}`, log: `"status":413`, metrics: []string{"Count", "4xx"}},
		"large headers":    {header: strings.Repeat("x", mostHeaders), want: `431 {"message":"Request Header Fields Too Large"}`, log: `"status":431`, metrics: []string{"Count", "4xx"}},
		"no leave":         {change: func(f *fixture) { f.source = "" }, want: internal, log: "doesn't have permissions to call the integration", metrics: []string{"Count", "5xx"}},
		"of another route": {change: func(f *fixture) { f.source = "arn:aws:execute-api:us-east-1:123456789012:*/*/GET/webhook" }, want: internal, metrics: []string{"Count", "5xx"}},
		"a failure":        {change: func(f *fixture) { f.failed = true }, want: internal, log: "its log says why", metrics: []string{"Count", "5xx"}, called: true},
		"no response": {change: func(f *fixture) {
			f.answers = func(events.APIGatewayV2HTTPRequest) string { return `{"statusCode": 1}` }
		}, want: internal,
			log: "doesn't match the format", metrics: []string{"Count", "5xx"}, called: true},
		"too late": {change: func(f *fixture) {
			f.answers = func(events.APIGatewayV2HTTPRequest) string { <-release; return `{}` }
		}, want: `503 {"message":"Service Unavailable"}`, log: "Endpoint request timed out", metrics: []string{"Count", "5xx"}, called: true},
	} {
		f := newFixture(t)
		a := f.make(t, nil)
		_, err := f.client.UpdateIntegration(t.Context(), &apigatewayv2.UpdateIntegrationInput{ApiId: &a.id, IntegrationId: &a.integration, TimeoutInMillis: aws.Int32(map[bool]int32{true: 50, false: 30000}[name == "too late"])})
		require.NoError(t, err)
		if c.change != nil {
			c.change(f)
		}
		path := c.path
		if path == "" {
			path = "/webhook"
		}
		said, _ := post(t, a.url+path, isJSON, c.body, func(r *http.Request) {
			if c.header != "" {
				r.Header.Set("X-Large", c.header)
			}
		})
		assert.Equal(t, c.want, said, name)
		f.mu.Lock()
		assert.Equal(t, c.called, len(f.calls) == 1, name)
		f.mu.Unlock()
		f.noted(t, name, c.log, c.metrics)
	}
	close(release)
}

// noted waits for what is noted of one request, after its answer.
func (f *fixture) noted(t *testing.T, name, log string, metrics []string) {
	t.Helper()
	require.Eventually(t, func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		return len(f.lines) == 1
	}, waits, poll, name)
	f.mu.Lock()
	defer f.mu.Unlock()
	assert.Contains(t, f.lines[0], log, name)
	assert.Contains(t, f.lines[0], `"who":"-"`)
	assert.Equal(t, metrics, f.measured, name)
}

// A stage takes what its burst has room for.
func TestThrottling(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	settings := func(rate float64, burst int32) *types.RouteSettings {
		return &types.RouteSettings{ThrottlingRateLimit: aws.Float64(rate), ThrottlingBurstLimit: aws.Int32(burst)}
	}
	a := f.make(t, func(in *apigatewayv2.CreateStageInput) { in.DefaultRouteSettings = settings(1e-6, 2) })
	for _, want := range []string{"200 done", "200 done", `429 {"message":"Too Many Requests"}`} {
		said, _ := post(t, a.url+"/webhook", isJSON, "{}", nil)
		require.Equal(t, want, said)
	}
	require.Len(t, f.calls, 2)
	require.Eventually(t, func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		return len(f.lines) == 3
	}, waits, poll, "each is in the access log")
	_, err := f.client.UpdateStage(t.Context(), &apigatewayv2.UpdateStageInput{ApiId: &a.id, StageName: aws.String("$default"), DefaultRouteSettings: settings(1, 5)})
	require.NoError(t, err)
	said, _ := post(t, a.url+"/webhook", isJSON, "{}", nil)
	require.Equal(t, "200 done", said, "the limits are others now")
}
