package loggroup_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/components/loggroup"
	"github.com/genericcorp/platform/internal/awsvalue"
	"github.com/genericcorp/platform/internal/check"
	"github.com/genericcorp/platform/internal/pulumitest"
)

// The default is one of what CloudWatch Logs takes.
func TestDefaultRetention(t *testing.T) {
	t.Parallel()
	p := check.Under("")
	awsvalue.CheckLogRetention(p, "days", loggroup.DefaultRetentionDays)
	require.NoError(t, p.Err())
}

func TestGroupIsEncryptedAndEnds(t *testing.T) {
	t.Parallel()
	r := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		key := pulumi.String("key")
		if _, err := loggroup.New(ctx, "generated", &loggroup.Args{RetentionDays: 30, KeyARN: key}); err != nil {
			return err
		}
		_, err := loggroup.New(ctx, "fixed", &loggroup.Args{Name: "/aws/rds/x", RetentionDays: 30, KeyARN: key})
		return err
	})
	const groupType = "aws:cloudwatch/logGroup:LogGroup"
	for _, group := range r.OfType(groupType) {
		require.Equal(t, "key", group.Value(t, "kmsKeyId"))
		require.Equal(t, 30.0, group.Value(t, "retentionInDays"))
	}
	require.False(t, r.One(t, groupType, "generated").Has("name"))
	require.Equal(t, "/aws/rds/x", r.One(t, groupType, "fixed").Value(t, "name"))
}
