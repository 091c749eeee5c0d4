package stacks

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/pulumitest"
)

// Nothing is made where the settings do not belong.
func TestEnvironmentsStayInTheirPlace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, stack, account, want string }{
		{"dev's file in stack prod", "prod", "444455556666",
			"stack prod has the settings of environment dev, whose stack is dev: one of them is a copy"},
		{"prod's credentials for dev", "dev", "111122223333",
			"the AWS credentials are of account 111122223333, expected 444455556666, which platform:settings.account of stack dev says"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r, err := pulumitest.Record(Run, asStack(t, "dev"), pulumitest.WithStack(c.stack), pulumitest.WithAccount(c.account))
			require.ErrorContains(t, err, c.want)
			require.Empty(t, r.All())
		})
	}
}

// A letter means another zone in each account, and in some AWS makes no cluster.
func TestZonesWithoutClusters(t *testing.T) {
	t.Parallel()
	zones := map[string]string{"us-east-1a": "use1-az3", "us-east-1c": "use1-az1", "us-east-1d": "use1-az2"}
	for _, dryRun := range []bool{false, true} {
		r, err := pulumitest.Record(Run, asStack(t, "dev"), pulumitest.WithAccount("444455556666"), pulumitest.WithZones(zones),
			func(info *pulumi.RunInfo) { info.DryRun = dryRun })
		const expected = "expected a zone of this account in which EKS makes clusters, one of us-east-1c, us-east-1d: write another one into the stack file"
		require.ErrorContains(t, err, "platform:settings.network.zones[0]: got us-east-1a (in this account use1-az3), "+expected+
			"\nplatform:settings.network.zones[1]: got us-east-1b, "+expected)
		require.Empty(t, r.All(), "nothing is made before")
	}
	_, err := pulumitest.Record(Run, asStack(t, "dev"), pulumitest.WithAccount("123456789012"), pulumitest.WithZones(zones),
		func(info *pulumi.RunInfo) { info.DryRun = true })
	require.NoError(t, err, "another account's zones say nothing")
}

// A pull request's preview of dev may be made on a local cloud, whose account is another.
func TestPreviewsMayBeMadeElsewhere(t *testing.T) {
	t.Parallel()
	r := pulumitest.Run(t, Run, asStack(t, "dev"), pulumitest.WithAccount("123456789012"),
		func(info *pulumi.RunInfo) { info.DryRun = true })
	require.NotEmpty(t, r.OfType("aws:rds/instance:Instance"))
}
