package permissionsboundary_test

import (
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/components/permissionsboundary"
	"github.com/genericcorp/platform/internal/pulumitest"
)

func TestRolesAreBounded(t *testing.T) {
	t.Parallel()
	r := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		if err := permissionsboundary.Register(ctx, pulumitest.Account); err != nil {
			return err
		}
		parent := &pulumi.ResourceState{}
		if err := ctx.RegisterComponentResource("genericcorp:test:Part", "part", parent); err != nil {
			return err
		}
		role, err := iam.NewRole(ctx, "deep", &iam.RoleArgs{AssumeRolePolicy: pulumi.String("{}")}, pulumi.Parent(parent))
		if err != nil {
			return err
		}
		_, err = iam.NewRolePolicy(ctx, "deep", &iam.RolePolicyArgs{Role: role.Name, Policy: pulumi.String("{}")}, pulumi.Parent(parent))
		return err
	})
	require.Equal(t, "arn:aws:iam::123456789012:policy/platform-boundary",
		r.One(t, "aws:iam/role:Role", "deep").Value(t, "permissionsBoundary"))
	require.Equal(t, "/bounded/", r.One(t, "aws:iam/role:Role", "deep").Value(t, "path"))
	require.False(t, r.One(t, "aws:iam/rolePolicy:RolePolicy", "deep").Has("permissionsBoundary"))
}
