package loggroup_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/components/loggroup"
	"github.com/genericcorp/platform/internal/pulumitest"
)

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

func TestRetentionExpectedNamesExactlyTheValidOnes(t *testing.T) {
	t.Parallel()
	named := strings.NewReplacer(",", " ", ":", " ").Replace(loggroup.RetentionExpected)
	for days := -1; days <= 4000; days++ {
		require.Equal(t, strings.Contains(" "+named+" ", fmt.Sprintf(" %d ", days)), loggroup.ValidRetention(days), days)
	}
	require.True(t, loggroup.ValidRetention(loggroup.DefaultRetentionDays))
}
