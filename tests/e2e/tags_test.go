package e2e

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/elasticache"
	cachetypes "github.com/aws/aws-sdk-go-v2/service/elasticache/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	secrettypes "github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/e2e/observe"
	"github.com/genericcorp/platform/tests/testcloud"
)

// assertTags compares what a thing has with what all of a component have.
func assertTags(t *testing.T, component string, have map[string]string) {
	t.Helper()
	for key, want := range map[string]string{"environment": "local", "owner": "platform", "cost-centre": "platform", "component": component} {
		assert.Equal(t, want, have[key], "tag %s of a thing of component %s", key, component)
	}
}

// tagsOf reads tags as most services tell them: as pairs.
func tagsOf[T any](tags []T, pair func(T) (key, value *string)) map[string]string {
	have := map[string]string{}
	for _, tag := range tags {
		key, value := pair(tag)
		have[aws.ToString(key)] = aws.ToString(value)
	}
	return have
}

// tagged are the types whose things are asked for their tags, by the name that their list gives.
var tagged = map[string]func(t *testing.T, config aws.Config, name string) map[string]string{
	"aws:ec2/vpc:Vpc":               tagsOfEC2,
	"aws:ec2/subnet:Subnet":         tagsOfEC2,
	"aws:ec2/natGateway:NatGateway": tagsOfEC2,
	"aws:iam/role:Role": func(t *testing.T, config aws.Config, name string) map[string]string {
		out, err := iam.NewFromConfig(config).ListRoleTags(t.Context(), &iam.ListRoleTagsInput{RoleName: aws.String(name)})
		require.NoError(t, err)
		return tagsOf(out.Tags, func(g iamtypes.Tag) (*string, *string) { return g.Key, g.Value })
	},
	"aws:kms/key:Key": func(t *testing.T, config aws.Config, name string) map[string]string {
		out, err := kms.NewFromConfig(config).ListResourceTags(t.Context(), &kms.ListResourceTagsInput{KeyId: aws.String(name)})
		require.NoError(t, err)
		return tagsOf(out.Tags, func(g kmstypes.Tag) (*string, *string) { return g.TagKey, g.TagValue })
	},
	"aws:sns/topic:Topic": func(t *testing.T, config aws.Config, name string) map[string]string {
		out, err := sns.NewFromConfig(config).ListTagsForResource(t.Context(), &sns.ListTagsForResourceInput{ResourceArn: aws.String(name)})
		require.NoError(t, err)
		return tagsOf(out.Tags, func(g snstypes.Tag) (*string, *string) { return g.Key, g.Value })
	},
	"aws:s3/bucketV2:BucketV2": func(t *testing.T, config aws.Config, name string) map[string]string {
		out, err := s3.NewFromConfig(config, func(o *s3.Options) { o.UsePathStyle = true }).GetBucketTagging(t.Context(), &s3.GetBucketTaggingInput{Bucket: aws.String(name)})
		require.NoError(t, err)
		return tagsOf(out.TagSet, func(g s3types.Tag) (*string, *string) { return g.Key, g.Value })
	},
	"aws:secretsmanager/secret:Secret": func(t *testing.T, config aws.Config, name string) map[string]string {
		out, err := secretsmanager.NewFromConfig(config).DescribeSecret(t.Context(), &secretsmanager.DescribeSecretInput{SecretId: aws.String(name)})
		require.NoError(t, err)
		return tagsOf(out.Tags, func(g secrettypes.Tag) (*string, *string) { return g.Key, g.Value })
	},
	"aws:cloudwatch/logGroup:LogGroup": func(t *testing.T, config aws.Config, name string) map[string]string {
		out, err := cloudwatchlogs.NewFromConfig(config).ListTagsLogGroup(t.Context(), &cloudwatchlogs.ListTagsLogGroupInput{LogGroupName: aws.String(name)}) //nolint:staticcheck // by name
		require.NoError(t, err)
		return out.Tags
	},
	"aws:lambda/function:Function": func(t *testing.T, config aws.Config, name string) map[string]string {
		out, err := lambda.NewFromConfig(config).GetFunction(t.Context(), &lambda.GetFunctionInput{FunctionName: aws.String(name)})
		require.NoError(t, err)
		return out.Tags
	},
	"aws:eks/cluster:Cluster": func(t *testing.T, config aws.Config, name string) map[string]string {
		out, err := eks.NewFromConfig(config).DescribeCluster(t.Context(), &eks.DescribeClusterInput{Name: aws.String(name)})
		require.NoError(t, err)
		return out.Cluster.Tags
	},
	"aws:elasticache/replicationGroup:ReplicationGroup": func(t *testing.T, config aws.Config, name string) map[string]string {
		client := elasticache.NewFromConfig(config)
		group, err := client.DescribeReplicationGroups(t.Context(), &elasticache.DescribeReplicationGroupsInput{ReplicationGroupId: aws.String(name)})
		require.NoError(t, err)
		out, err := client.ListTagsForResource(t.Context(), &elasticache.ListTagsForResourceInput{ResourceName: group.ReplicationGroups[0].ARN})
		require.NoError(t, err)
		return tagsOf(out.TagList, func(g cachetypes.Tag) (*string, *string) { return g.Key, g.Value })
	},
}

func tagsOfEC2(t *testing.T, config aws.Config, name string) map[string]string {
	out, err := ec2.NewFromConfig(config).DescribeTags(t.Context(),
		&ec2.DescribeTagsInput{Filters: []ec2types.Filter{{Name: aws.String("resource-id"), Values: []string{name}}}})
	require.NoError(t, err)
	return tagsOf(out.Tags, func(g ec2types.TagDescription) (*string, *string) { return g.Key, g.Value })
}

// TestTags asks each service for the tags of all that it keeps: by them, cost is told apart.
func TestTags(t *testing.T) {
	c := testcloud.Shared(t)
	components := map[string]bool{}
	for kind, read := range tagged {
		for _, name := range observe.List(t, c, kind) {
			if strings.Contains(name, ":secret:rds!") {
				continue // made by RDS, which gives it no tags of ours
			}
			have := read(t, c.AWS(), name)
			assert.NotEmpty(t, have["component"], "tag component of %s %s", kind, name)
			assertTags(t, have["component"], have)
			components[have["component"]] = true
		}
	}
	instance := observe.Database(t, c)
	assertTags(t, "database", tagsOf(instance.TagList, func(g rdstypes.Tag) (*string, *string) { return g.Key, g.Value }))
	for _, component := range []string{"network", "keys", "cluster", "database", "cache", "schema", "report", "budget", "monitoring"} {
		assert.True(t, components[component], "something of component %s has tags", component)
	}
}
