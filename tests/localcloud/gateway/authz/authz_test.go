package authz_test

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	cwltypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/costexplorer"
	cetypes "github.com/aws/aws-sdk-go-v2/service/costexplorer/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	sestypes "github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/localcloud/gateway/authz"
	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi/awsapitest"
	"github.com/genericcorp/platform/tests/localcloud/gateway/ses"
	"github.com/genericcorp/platform/tests/localcloud/gateway/sts"
)

const (
	secrets = "arn:aws:secretsmanager:us-east-1:123456789012:secret:platform/"
	// own is the policy of the role of pods.
	own = `{"Version": "2012-10-17", "Statement": [
		{"Sid": "Own", "Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "` + secrets + `*",
		 "Condition": {"StringEquals": {"aws:ResourceTag/kubernetes-namespace": "${aws:PrincipalTag/kubernetes-namespace}"}}},
		{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "arn:aws:kms:us-east-1:123456789012:key/1",
		 "Condition": {"StringEquals": {"kms:ViaService": "secretsmanager.us-east-1.amazonaws.com"}}},
		{"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::archives/mine/*"},
		{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::archives", "Condition": {"StringLike": {"s3:prefix": "mine/*"}}}]}`
	trust = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "pods.eks.amazonaws.com"}, "Action": ["sts:AssumeRole", "sts:TagSession"],
		"Condition": {"StringEquals": {"aws:RequestTag/kubernetes-namespace": "tenant-acme"}}}]}`
	toAccount = `{"Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "kms:*", "Resource": "*"}]}`
	withTLS   = `{"Statement": [{"Sid": "NotTheFirst", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::archives/mine/1"}]}`
)

// account is an emulator with a secret for each tenant, one key, one bucket and one role.
type account struct {
	policy, keyPolicy, boundary string
	secretPolicy, topicPolicy   string // none: there is none
	function                    string // for which the session is
}

func (a *account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	content, _ := io.ReadAll(r.Body)
	form, err := url.ParseQuery(string(content))
	if err != nil {
		form = nil // JSON
	}
	write := func(format string, values ...any) { _, _ = fmt.Fprintf(w, format, values...) }
	switch name := awsapi.JSONName(r); {
	case strings.Contains(string(content), "missing"):
		awsapi.WriteError(w, r, awsapi.BadRequest("ResourceNotFoundException", "Secrets Manager can't find the specified secret."))
	case name == "DescribeSecret":
		tenant := strings.Split(string(content), `"`)[3]
		write(`{"ARN": %q, "KmsKeyId": "1", "Tags": [{"Key": "kubernetes-namespace", "Value": "tenant-%s"}]}`, secrets+tenant, tenant)
	case name == "DescribeKey":
		write(`{"KeyMetadata": {"Arn": "arn:aws:kms:us-east-1:123456789012:key/1", "KeyId": "1", "Enabled": true}}`)
	case name == "ListAliases":
		write(`{"Aliases": [{"AliasName": "alias/secrets", "TargetKeyId": "1"}, {"AliasName": "alias/aws/s3"}]}`)
	case name == "GetKeyPolicy":
		write(`{"Policy": %q}`, a.keyPolicy)
	case name == "GetResourcePolicy" && a.secretPolicy != "":
		write(`{"ResourcePolicy": %q}`, a.secretPolicy)
	case name != "":
		write(`{"SecretString": "it"}`)
	case form.Get("Action") == "Publish":
		write(`<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>`)
	case form.Get("Action") == "GetTopicAttributes":
		write(`<R><Attributes><entry><key>Owner</key><value>1</value></entry><entry><key>Policy</key><value>%s</value></entry></Attributes></R>`, html.EscapeString(a.topicPolicy))
	case strings.HasPrefix(r.URL.Path, "/v2/email/"):
		write(`{}`)
	case form.Get("Action") == "AssumeRole":
		write(`<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAPOD</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>`+
			`<Expiration>%s</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`, "2036-01-01T00:00:00Z")
	case form.Get("Action") == "ListRolePolicies":
		write(`<R><PolicyNames><member>own</member></PolicyNames></R>`)
	case form.Get("Action") == "GetRolePolicy":
		write(`<R><PolicyDocument>%s</PolicyDocument></R>`, url.QueryEscape(a.policy))
	case form.Get("Action") == "GetRole":
		write(`<R><Role><Arn>arn:aws:iam::123456789012:role/bounded/pods</Arn></Role><AssumeRolePolicyDocument>%s</AssumeRolePolicyDocument><PermissionsBoundaryArn>arn:aws:iam::123456789012:policy/bounds</PermissionsBoundaryArn></R>`, url.QueryEscape(trust))
	case form.Get("Action") == "GetPolicy" && a.boundary == "":
		w.WriteHeader(http.StatusNotFound)
		write(`<R><Error><Code>NoSuchEntity</Code></Error></R>`)
	case form.Get("Action") == "GetPolicy":
		write(`<R><DefaultVersionId>v1</DefaultVersionId></R>`)
	case form.Get("Action") == "GetPolicyVersion":
		write(`<R><PolicyVersion><Document>%s</Document></PolicyVersion></R>`, url.QueryEscape(a.boundary))
	case r.URL.RawQuery == "policy":
		write(withTLS)
	case strings.Contains(r.URL.RawQuery, "list-type"):
		write(`<ListBucketResult></ListBucketResult>`)
	default:
		write(`<R/>`)
	}
}

// of is how the clients of a pod of a tenant reach the account.
func (a *account) of(t *testing.T) (aws.Config, *authz.Judge) {
	t.Helper()
	sessions := sts.New(awsapitest.Account, a)
	judge := authz.New(authz.Config{Account: awsapitest.Account, Emulator: a, Buckets: a, Sessions: sessions, Log: awsapitest.Log,
		Mail: ses.New(ses.Config{Account: awsapitest.Account, Dir: t.TempDir(), Log: awsapitest.Log}, a)})
	_, err := sessions.Assume(t.Context(), "pods.eks.amazonaws.com", sts.Session{
		Role: "arn:aws:iam::123456789012:role/bounded/pods", Name: "eks-tenant-acme-tenant", Tags: map[string]string{"kubernetes-namespace": "tenant-acme"},
		Function: a.function,
	})
	require.NoError(t, err)
	config := awsapitest.Config(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := judge.Check(r); err != nil {
			awsapi.WriteError(w, r, err)
			return
		}
		defer judge.Changed(r)
		a.ServeHTTP(w, r)
	}))
	config.Credentials = credentials.NewStaticCredentialsProvider("ASIAPOD", "s", "t")
	return config, judge
}

func read(t *testing.T, config aws.Config, secret string) error {
	t.Helper()
	_, err := secretsmanager.NewFromConfig(config).GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String(secret)})
	return err
}

// What a role may ask for, by AWS's own clients.
func TestRolesAreJudged(t *testing.T) {
	t.Parallel()
	config, judge := (&account{policy: own, keyPolicy: toAccount}).of(t)
	require.NoError(t, read(t, config, "acme"))
	for _, id := range []string{"globex", "missing"} {
		require.ErrorContains(t, read(t, config, id), "AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/pods/eks-tenant-acme-tenant is not authorized to perform: "+
			"secretsmanager:GetSecretValue on resource: ")
	}
	client := secretsmanager.NewFromConfig(config)
	_, err := client.PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{SecretId: aws.String("acme"), SecretString: aws.String("x")})
	require.ErrorContains(t, err, "because no identity-based policy allows the secretsmanager:PutSecretValue action")
	_, err = client.ListSecrets(t.Context(), &secretsmanager.ListSecretsInput{})
	require.ErrorContains(t, err, "because no identity-based policy allows the secretsmanager:ListSecrets action")
	_, err = sns.NewFromConfig(config).ListTopics(t.Context(), &sns.ListTopicsInput{})
	require.ErrorContains(t, err, "it is not known here what the request needs")

	_, err = kms.NewFromConfig(config).ListKeys(t.Context(), &kms.ListKeysInput{})
	require.ErrorContains(t, err, "it is not known here what the request needs")

	require.Equal(t, map[string]int{
		"kms:ListKeys unknown": 1, "secretsmanager:GetSecretValue allowed": 1, "kms:Decrypt allowed": 1, "secretsmanager:GetSecretValue denied": 2, "secretsmanager:PutSecretValue denied": 1,
		"secretsmanager:ListSecrets denied": 1, "sns:ListTopics unknown": 1,
	}, outcomes(t, judge))
}

// outcomes counts the calls of a judge's report, by action and outcome.
func outcomes(t *testing.T, judge *authz.Judge) map[string]int {
	t.Helper()
	counts := map[string]int{}
	for _, count := range reported(t, judge).Counts {
		counts[count.Action+" "+count.Outcome] += count.Calls
	}
	return counts
}

func reported(t *testing.T, judge *authz.Judge) (report authz.Report) {
	t.Helper()
	response := httptest.NewRecorder()
	judge.ServeReport(response, httptest.NewRequestWithContext(t.Context(), http.MethodGet, authz.Path, http.NoBody))
	require.NoError(t, json.Unmarshal(response.Body.Bytes(), &report), response.Body)
	return report
}

// A right is unused until a call needs that statement; one that is refused, or that another statement allows, does not.
func TestUnusedRights(t *testing.T) {
	t.Parallel()
	twice := strings.Replace(own, `"Statement": [`, `"Statement": [{"Sid": "All", "Effect": "Allow", "Action": ["secretsmanager:Get*", "sns:Publish"], "Resource": "`+secrets+`acme"},`, 1)
	config, judge := (&account{policy: twice, keyPolicy: toAccount}).of(t)
	require.Empty(t, reported(t, judge).Unused, "no role has a session yet")
	require.Empty(t, reported(t, judge).Rights)
	require.NoError(t, read(t, config, "acme"))
	require.Error(t, read(t, config, "globex"))
	var unused []string
	for _, right := range reported(t, judge).Unused {
		require.Contains(t, right.Role, ":role/")
		unused = append(unused, strings.Fields(right.By)[1]+" "+right.Action)
	}
	require.Equal(t, []string{"All sns:Publish", "Own secretsmanager:GetSecretValue", "4 s3:GetObject", "4 s3:PutObject", "5 s3:ListBucket"}, unused)
	require.Equal(t, []authz.Rights{{Role: "arn:aws:iam::123456789012:role/bounded/pods", Granted: 7, Used: 2}}, reported(t, judge).Rights)
}

// The policy of a secret lets in and keeps out, as that of a bucket does.
func TestPoliciesOfSecrets(t *testing.T) {
	t.Parallel()
	const pods = `"Principal": {"AWS": "arn:aws:iam::123456789012:role/bounded/pods"}, "Action": "secretsmanager:GetSecretValue", "Resource": "*"}]}`
	for name, c := range map[string]struct{ policy, secret, want string }{
		"lets in who has no right":   {`{"Statement": [{"Effect": "Allow", ` + pods, "globex", ""},
		"keeps out who has one":      {`{"Statement": [{"Sid": "NotThem", "Effect": "Deny", ` + pods, "acme", "with an explicit deny in a resource-based policy (statement NotThem of policy of secret platform/acme)"},
		"asks for what is not known": {`{"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "secretsmanager:*", "Resource": "*", "Condition": {"StringNotEquals": {"aws:SourceVpce": "x"}}}]}`, "acme", `got "aws:SourceVpce", of which it is not known`},
		"is none that can be read":   {`{"Statement": [{"Effect": "Maybe"}]}`, "acme", `the policy of secret platform/acme: policy: statement 0 (): effect: got "Maybe"`},
	} {
		config, _ := (&account{policy: own, keyPolicy: toAccount, secretPolicy: c.policy}).of(t)
		t.Run(name, func(t *testing.T) { refused(t, read(t, config, c.secret), c.want) })
	}
}

// So does that of a topic; the one that a topic has by itself lets in the account.
func TestPoliciesOfTopics(t *testing.T) {
	t.Parallel()
	const topic = "arn:aws:sns:us-east-1:123456789012:alerts"
	const publisher = `{"Statement": [{"Effect": "Allow", "Action": "sns:Publish", "Resource": "` + topic + `"}]}`
	for name, c := range map[string]struct{ own, policy, want string }{
		"none, and a right":     {publisher, "", ""},
		"none, and no right":    {own, "", "no identity-based policy allows the sns:Publish action"},
		"a topic's own":         {own, `{"Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "SNS:Publish", "Resource": "` + topic + `", "Condition": {"StringEquals": {"AWS:SourceOwner": "123456789012"}}}]}`, ""},
		"another account's":     {own, `{"Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "SNS:Publish", "Resource": "` + topic + `", "Condition": {"StringEquals": {"AWS:SourceOwner": "999999999999"}}}]}`, "no identity-based policy allows"},
		"one that keeps out":    {publisher, `{"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "sns:*", "Resource": "` + topic + `"}]}`, "(statement 1 of policy of topic alerts)"},
		"one for services only": {own, `{"Statement": [{"Effect": "Allow", "Principal": {"Service": "budgets.amazonaws.com"}, "Action": "sns:Publish", "Resource": "` + topic + `"}]}`, "no identity-based policy allows"},
	} {
		config, _ := (&account{policy: c.own, keyPolicy: toAccount, topicPolicy: c.policy}).of(t)
		_, err := sns.NewFromConfig(config).Publish(t.Context(), &sns.PublishInput{TopicArn: aws.String(topic), Message: aws.String("m")})
		t.Run(name, func(t *testing.T) { refused(t, err, c.want) })
	}
}

// What functions ask for is noted, and refused nobody.
func TestFunctionsAreNoted(t *testing.T) {
	t.Parallel()
	a := &account{policy: own, keyPolicy: toAccount, function: "arn:aws:lambda:us-east-1:123456789012:function:f"}
	config, judge := a.of(t)
	require.NoError(t, read(t, config, "globex"))
	require.Equal(t, map[string]int{"secretsmanager:GetSecretValue denied": 1}, outcomes(t, judge))
}

func TestObjects(t *testing.T) {
	t.Parallel()
	config, judge := (&account{policy: own, keyPolicy: toAccount}).of(t)
	client := s3.NewFromConfig(config, func(o *s3.Options) { o.UsePathStyle = true })
	bucket := aws.String("archives")
	get := func(key string) error {
		_, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: bucket, Key: aws.String(key)})
		return err
	}
	list := func(prefix string) error {
		_, err := client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: bucket, Prefix: aws.String(prefix)})
		return err
	}
	remove := func(key string) error {
		_, err := client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: bucket, Key: aws.String(key)})
		return err
	}
	put := func(key, kms string) error {
		in := &s3.PutObjectInput{Bucket: bucket, Key: aws.String(key), Body: strings.NewReader("x")}
		if kms != "" {
			in.ServerSideEncryption, in.SSEKMSKeyId = "aws:kms", aws.String(kms)
		}
		_, err := client.PutObject(t.Context(), in)
		return err
	}
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"its own":             {get("mine/2"), ""},
		"another's":           {get("yours/2"), "because no identity-based policy allows the s3:GetObject action"},
		"the bucket denies":   {get("mine/1"), "with an explicit deny in a resource-based policy (statement NotTheFirst of policy of bucket archives)"},
		"a list of its own":   {list("mine/"), ""},
		"a list of another's": {list("yours/"), "no identity-based policy allows the s3:ListBucket"},
		"a write":             {put("mine/2", ""), ""},
		"a removal":           {remove("mine/2"), "no identity-based policy allows the s3:DeleteObject"},
	} {
		if c.want == "" {
			assert.NoError(t, c.err, name)
		} else {
			assert.ErrorContains(t, c.err, c.want, name)
		}
	}
	require.NoError(t, put("mine/2", "1"))
	assert.Equal(t, 1, outcomes(t, judge)["kms:GenerateDataKey denied"], "a key that is for secrets alone")
}

// What the report's function asks for: another function, and mail in its own name alone, by its identity and configuration set. In the sandbox
// the right to send to whom it sends is asked for, too.
func TestFunctionsThatCallAndWrite(t *testing.T) {
	t.Parallel()
	const identity = "arn:aws:ses:us-east-1:123456789012:identity/"
	config, judge := (&account{policy: `{"Statement": [
		{"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:provisioner"},
		{"Effect": "Allow", "Action": "ses:SendEmail", "Condition": {"StringEquals": {"ses:FromAddress": "reports@example.com"}}, "Resource": [
			"` + identity + `reports@example.com", "` + identity + `eve@example.com", "arn:aws:ses:us-east-1:123456789012:configuration-set/set"]}]}`}).of(t)
	for name, want := range map[string]string{
		"provisioner": "", "arn:aws:lambda:us-east-1:123456789012:function:provisioner": "", "billing": "no identity-based policy allows the lambda:InvokeFunction",
	} {
		_, err := lambda.NewFromConfig(config).Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String(name)})
		refused(t, err, want)
	}
	for _, c := range []struct{ from, to, set, want string }{
		{from: "reports@example.com", to: "eve@example.com", set: "set"},
		{from: "reports@example.com", to: "ann@example.com", set: "set", want: "on resource: " + identity + "ann@example.com"},
		{from: "eve@example.com", to: "eve@example.com", set: "set", want: "on resource: " + identity + "eve@example.com"},
		{from: "reports@example.com", to: "eve@example.com", set: "other", want: "configuration-set/other"},
	} {
		content := &sestypes.EmailContent{Simple: &sestypes.Message{
			Subject: &sestypes.Content{Data: aws.String("s")}, Body: &sestypes.Body{Text: &sestypes.Content{Data: aws.String("t")}},
		}}
		_, err := sesv2.NewFromConfig(config).SendEmail(t.Context(), &sesv2.SendEmailInput{
			FromEmailAddress: &c.from, Destination: &sestypes.Destination{ToAddresses: []string{c.to}}, ConfigurationSetName: &c.set, Content: content,
		})
		refused(t, err, c.want)
	}
	assert.Equal(t, 2, outcomes(t, judge)["lambda:InvokeFunction allowed"])
}

// The report's function reads the account's bill, which is no resource, and no other of its costs.
func TestBill(t *testing.T) {
	t.Parallel()
	ask := func(policy string) error {
		config, _ := (&account{policy: policy}).of(t)
		_, err := costexplorer.NewFromConfig(config).GetCostAndUsage(t.Context(), &costexplorer.GetCostAndUsageInput{
			Granularity: cetypes.GranularityDaily, Metrics: []string{"UnblendedCost"}, TimePeriod: &cetypes.DateInterval{Start: aws.String("2026-11-01"), End: aws.String("2026-11-02")},
		})
		return err
	}
	const allow = `{"Statement": [{"Effect": "Allow", "Action": "ce:GetCostAndUsage", "Resource": "RESOURCE"}]}`
	refused(t, ask(strings.Replace(allow, "RESOURCE", "*", 1)), "")
	refused(t, ask(strings.Replace(allow, "RESOURCE", "arn:aws:ce:us-east-1:123456789012:/mine", 1)), "no identity-based policy allows the ce:GetCostAndUsage")
	config, _ := (&account{policy: strings.Replace(allow, "RESOURCE", "*", 1)}).of(t)
	_, err := costexplorer.NewFromConfig(config).GetCostForecast(t.Context(), &costexplorer.GetCostForecastInput{
		Granularity: cetypes.GranularityMonthly, Metric: cetypes.MetricUnblendedCost, TimePeriod: &cetypes.DateInterval{Start: aws.String("2026-11-01"), End: aws.String("2026-11-02")},
	})
	refused(t, err, "it is not known here what the request needs")
}

// Lines are written to streams of the groups that a role names, and to no others'.
func TestLines(t *testing.T) {
	t.Parallel()
	config, _ := (&account{policy: `{"Statement": [{"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
		"Resource": "arn:aws:logs:us-east-1:123456789012:log-group:/own:*"}]}`}).of(t)
	client := cloudwatchlogs.NewFromConfig(config)
	for group, want := range map[string]string{"/own": "", "/owned": "no identity-based policy allows the logs:"} {
		_, err := client.CreateLogStream(t.Context(), &cloudwatchlogs.CreateLogStreamInput{LogGroupName: aws.String(group), LogStreamName: aws.String("node-1")})
		refused(t, err, want)
		_, err = client.PutLogEvents(t.Context(), &cloudwatchlogs.PutLogEventsInput{
			LogGroupName: aws.String(group), LogStreamName: aws.String("node-1"), LogEvents: []cwltypes.InputLogEvent{{Message: aws.String("x"), Timestamp: aws.Int64(1)}},
		})
		refused(t, err, want)
	}
	_, err := client.DescribeLogGroups(t.Context(), &cloudwatchlogs.DescribeLogGroupsInput{})
	refused(t, err, "it is not known here what the request needs")
}

// The actions of APIs are methods, on paths; tags have actions of their own besides.
func TestAPIs(t *testing.T) {
	t.Parallel()
	ask := func(action, resource string, do func(context.Context, *apigatewayv2.Client) error) error {
		config, _ := (&account{policy: fmt.Sprintf(`{"Statement": [{"Effect": "Allow", "Action": [%s], "Resource": "arn:aws:apigateway:us-east-1::%s"}]}`, action, resource)}).of(t)
		return do(t.Context(), apigatewayv2.NewFromConfig(config))
	}
	remove := func(ctx context.Context, c *apigatewayv2.Client) error {
		_, err := c.DeleteStage(ctx, &apigatewayv2.DeleteStageInput{ApiId: aws.String("a1"), StageName: aws.String("$default")})
		return err
	}
	tag := func(ctx context.Context, c *apigatewayv2.Client) error {
		_, err := c.TagResource(ctx, &apigatewayv2.TagResourceInput{ResourceArn: aws.String("arn:aws:apigateway:us-east-1::/apis/a1"), Tags: map[string]string{"a": "b"}})
		return err
	}
	refused(t, ask(`"apigateway:DELETE"`, "/apis/a1/stages/$default", remove), "")
	refused(t, ask(`"apigateway:DELETE"`, "/apis/a2/*", remove), "no identity-based policy allows the apigateway:DELETE")
	refused(t, ask(`"apigateway:POST"`, "*", remove), "no identity-based policy allows the apigateway:DELETE")
	refused(t, ask(`"apigateway:POST", "apigateway:TagResource"`, "/tags/*", tag), "")
	refused(t, ask(`"apigateway:POST"`, "/tags/*", tag), "no identity-based policy allows the apigateway:TagResource")
}

// refused tells that a call failed for what is wanted, or for nothing.
func refused(t *testing.T, err error, want string) {
	t.Helper()
	if want == "" {
		assert.NoError(t, err)
		return
	}
	assert.ErrorContains(t, err, want)
}

// The boundary of the role decides, too.
func TestBoundaries(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		account *account
		want    string
	}{
		"a boundary": {&account{policy: own, keyPolicy: toAccount, boundary: `{"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}`},
			"because no permissions boundary allows the secretsmanager:GetSecretValue action"},
		"a condition of which nothing is known": {&account{policy: strings.Replace(own, `"aws:ResourceTag/kubernetes-namespace"`, `"aws:SourceVpce"`, 1), keyPolicy: toAccount},
			`got "aws:SourceVpce", of which it is not known here whether secretsmanager:GetSecretValue carries it`},
	} {
		config, _ := c.account.of(t)
		assert.ErrorContains(t, read(t, config, "acme"), c.want, name)
	}
}

// What is done with a secret's key is noted: the key's policy decides, and the role's own for the service.
func TestKeys(t *testing.T) {
	t.Parallel()
	for name, account := range map[string]*account{
		"a key that does not leave it to the account": {policy: own, keyPolicy: `{"Statement": []}`},
		"a key of another name":                       {policy: strings.Replace(own, `"StringEquals": {"kms:ViaService"`, `"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/logs"}, "StringEquals": {"kms:ViaService"`, 1), keyPolicy: toAccount},
		"a key through another service":               {policy: strings.Replace(own, "secretsmanager.us-east-1.amazonaws.com", "s3.us-east-1.amazonaws.com", 1), keyPolicy: toAccount},
	} {
		config, judge := account.of(t)
		require.NoError(t, read(t, config, "acme"), name)
		assert.Equal(t, map[string]int{"secretsmanager:GetSecretValue allowed": 1, "kms:Decrypt denied": 1}, outcomes(t, judge), name)
	}
}

// A key is known by its aliases.
func TestKeysByAlias(t *testing.T) {
	t.Parallel()
	named := strings.Replace(own, `"StringEquals": {"kms:ViaService"`, `"ForAnyValue:StringEquals": {"kms:ResourceAliases": ["alias/secrets", "alias/other"]}, "StringEquals": {"kms:ViaService"`, 1)
	config, judge := (&account{policy: named, keyPolicy: toAccount}).of(t)
	require.NoError(t, read(t, config, "acme"))
	assert.Equal(t, map[string]int{"secretsmanager:GetSecretValue allowed": 1, "kms:Decrypt allowed": 1}, outcomes(t, judge))
}

// A service takes a role that trusts it, with tags that the role trusts.
func TestTrust(t *testing.T) {
	t.Parallel()
	sessions := sts.New(awsapitest.Account, &account{})
	for service, namespace := range map[string]string{"pods.eks.amazonaws.com": "tenant-globex", "lambda.amazonaws.com": "tenant-acme"} {
		_, err := sessions.Assume(t.Context(), service, sts.Session{
			Role: "arn:aws:iam::123456789012:role/bounded/pods", Name: "n", Tags: map[string]string{"kubernetes-namespace": namespace},
		})
		require.ErrorContains(t, err, service+" is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role/bounded/pods", namespace)
	}
}

// What changes in IAM counts from the next call on.
func TestChangesInIAM(t *testing.T) {
	t.Parallel()
	a := &account{policy: own, keyPolicy: toAccount}
	config, judge := a.of(t)
	require.NoError(t, read(t, config, "acme"))
	a.policy = `{"Statement": []}`
	require.NoError(t, read(t, config, "acme"), "nothing was changed by the gateway")
	for _, action := range []string{"GetRole", "PutRolePolicy"} {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("Action="+action))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0")
		require.NoError(t, judge.Check(r))
		judge.Changed(r)
		if action == "GetRole" {
			require.NoError(t, read(t, config, "acme"))
		}
	}
	require.ErrorContains(t, read(t, config, "acme"), "AccessDeniedException")
}
