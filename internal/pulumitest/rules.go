package pulumitest

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/internals"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What every component keeps to is checked here, over everything that a program registered.

// RequireBelow checks that every resource but the components of that type is somewhere below one of them.
func (r *Recorder) RequireBelow(t testing.TB, componentType string) {
	t.Helper()
	for _, res := range r.All() {
		if res.Type != componentType && res.Type != "pulumi:pulumi:Stack" {
			assert.Contains(t, res.Parent, componentType, "parent of %s %s", res.Type, res.Name)
		}
	}
}

// RequireProtected checks that exactly the resources of these types are protected.
func (r *Recorder) RequireProtected(t testing.TB, types ...string) {
	t.Helper()
	for _, res := range r.All() {
		assert.Equal(t, slices.Contains(types, res.Type), res.Protect, "protect of %s %s", res.Type, res.Name)
	}
}

// Untaggable are the types of AWS that take no tags. A new type stands here or carries all tags.
var Untaggable = []string{
	"aws:acm/certificateValidation:CertificateValidation",
	"aws:apigatewayv2/integration:Integration",
	"aws:apigatewayv2/route:Route",
	"aws:autoscaling/attachment:Attachment",
	"aws:cloudwatch/dashboard:Dashboard",
	"aws:cloudwatch/eventTarget:EventTarget",
	"aws:codebuild/webhook:Webhook",
	"aws:ec2/routeTableAssociation:RouteTableAssociation",
	"aws:ecr/lifecyclePolicy:LifecyclePolicy",
	"aws:ecr/repositoryPolicy:RepositoryPolicy",
	"aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
	"aws:iam/rolePolicy:RolePolicy",
	"aws:iam/rolePolicyAttachment:RolePolicyAttachment",
	"aws:kms/alias:Alias",
	"aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig",
	"aws:lambda/permission:Permission",
	"aws:route53/record:Record",
	"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2",
	"aws:s3/bucketOwnershipControls:BucketOwnershipControls",
	"aws:s3/bucketPolicy:BucketPolicy",
	"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
	"aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2",
	"aws:s3/bucketVersioningV2:BucketVersioningV2",
	"aws:secretsmanager/secretVersion:SecretVersion",
	"aws:sesv2/configurationSetEventDestination:ConfigurationSetEventDestination",
	"aws:sns/topicPolicy:TopicPolicy",
	"aws:sns/topicSubscription:TopicSubscription",
}

// RequireTags checks that every AWS resource that can carry tags carries these.
func (r *Recorder) RequireTags(t testing.TB, tags map[string]string) {
	t.Helper()
	for _, res := range r.All() {
		if !res.Custom || !strings.HasPrefix(res.Type, "aws:") || slices.Contains(Untaggable, res.Type) {
			continue
		}
		for key, value := range tags {
			assert.Equal(t, value, res.tag(key), "tag %s of %s %s", key, res.Type, res.Name)
		}
	}
}

func (res Resource) tag(key string) any {
	tags := res.Inputs["tags"]
	if !tags.IsObject() {
		return nil
	}
	return plain(tags.ObjectValue()[resource.PropertyKey(key)])
}

// generatedSuffix is what the engine appends to a logical name to make a physical one: a hyphen and seven digits.
const generatedSuffix = 8

// nameLimits are the longest physical names, and the input that sets one by hand. Source: the AWS API reference.
var nameLimits = map[string]struct {
	input string
	limit int
}{
	"aws:cloudwatch/logGroup:LogGroup":                  {"name", 512},
	"aws:cloudwatch/metricAlarm:MetricAlarm":            {"name", 255},
	"aws:ec2/securityGroup:SecurityGroup":               {"name", 255},
	"aws:elasticache/parameterGroup:ParameterGroup":     {"name", 255},
	"aws:elasticache/replicationGroup:ReplicationGroup": {"replicationGroupId", 40},
	"aws:elasticache/subnetGroup:SubnetGroup":           {"name", 255},
	"aws:iam/role:Role":                                 {"name", 64},
	"aws:iam/rolePolicy:RolePolicy":                     {"name", 128},
	"aws:kms/alias:Alias":                               {"name", 256},
	"aws:lambda/function:Function":                      {"name", 64},
	"aws:codebuild/project:Project":                     {"name", 150},
	"aws:lb/loadBalancer:LoadBalancer":                  {"name", 32},
	"aws:lb/targetGroup:TargetGroup":                    {"name", 32},
	"aws:rds/instance:Instance":                         {"identifier", 63},
	"aws:rds/parameterGroup:ParameterGroup":             {"name", 255},
	"aws:rds/subnetGroup:SubnetGroup":                   {"name", 255},
	"aws:secretsmanager/secret:Secret":                  {"name", 512},
	"aws:sns/topic:Topic":                               {"name", 256},
	"aws:s3/bucketV2:BucketV2":                          {"bucket", 63},
}

// RequireNamesFit checks that AWS takes every physical name, set by hand or generated.
func (r *Recorder) RequireNamesFit(t testing.TB) {
	t.Helper()
	for _, res := range r.All() {
		rule, ok := nameLimits[res.Type]
		if !ok {
			continue
		}
		length := len(res.Name) + generatedSuffix
		if res.Has(rule.input) {
			name, _ := res.Value(t, rule.input).(string)
			length = len(name)
		}
		assert.LessOrEqual(t, length, rule.limit, "length of the name of %s %s", res.Type, res.Name)
	}
}

// RequireHidden checks that no input of any registration shows the text outside of a secret.
func (r *Recorder) RequireHidden(t testing.TB, text string) {
	t.Helper()
	for _, res := range r.All() {
		assert.False(t, shows(resource.NewObjectProperty(res.Inputs), text), "%s %s shows a secret", res.Type, res.Name)
	}
}

// shows says whether the text can be read in the value without opening a secret.
func shows(value resource.PropertyValue, text string) bool {
	switch {
	case value.IsString():
		return strings.Contains(value.StringValue(), text)
	case value.IsArray():
		return slices.ContainsFunc(value.ArrayValue(), func(v resource.PropertyValue) bool { return shows(v, text) })
	case value.IsObject():
		for _, v := range value.ObjectValue() {
			if shows(v, text) {
				return true
			}
		}
	case value.IsOutput():
		return !value.OutputValue().Secret && shows(value.OutputValue().Element, text)
	}
	return false
}

// Output is what an output came to.
type Output struct {
	Value  any
	Known  bool
	Secret bool
}

// Outputs waits for every output of a component and gives them by their field's name. Call it in the program.
func Outputs(t testing.TB, ctx *pulumi.Context, component any) map[string]Output {
	t.Helper()
	outputs := map[string]Output{}
	value := reflect.ValueOf(component).Elem()
	for i := range value.NumField() {
		field := value.Type().Field(i)
		if !field.IsExported() || field.Anonymous {
			continue
		}
		if output, ok := value.Field(i).Interface().(pulumi.Output); ok {
			result, err := internals.UnsafeAwaitOutput(ctx.Context(), output)
			require.NoError(t, err, field.Name)
			outputs[field.Name] = Output{Value: result.Value, Known: result.Known, Secret: result.Secret}
		}
	}
	return outputs
}
