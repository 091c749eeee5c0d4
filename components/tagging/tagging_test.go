package tagging_test

import (
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/components/tagging"
	"github.com/genericcorp/platform/internal/pulumitest"
)

var company = tagging.Stack{Environment: "test", Owner: "platform", CostCentre: "4711"}

// component registers a component that tags what is below it with its name.
func component(t *testing.T, ctx *pulumi.Context, name string, opts ...pulumi.ResourceOption) pulumi.ResourceOption {
	t.Helper()
	c := &struct{ pulumi.ResourceState }{}
	require.NoError(t, ctx.RegisterComponentResource("test:tagging:Part", name, c, append(opts, tagging.Component(name))...))
	return pulumi.Parent(c)
}

func TestStackMap(t *testing.T) {
	t.Parallel()
	require.Equal(t, map[string]string{"environment": "test", "owner": "platform", "cost-centre": "4711"}, company.Map())
	tenant := company
	tenant.Tenant = "acme"
	require.Equal(t, map[string]string{"environment": "test", "owner": "platform", "cost-centre": "4711", "tenant": "acme"}, tenant.Map())
}

func TestTagsOfATopic(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		own        pulumi.StringMapInput
		components []string // outermost first
		want       map[string]any
	}{
		"of the stack": {want: map[string]any{}},
		"of the component": {
			components: []string{"budget"}, want: map[string]any{"component": "budget"},
		},
		"the nearest component wins": {
			components: []string{"tenant", "schema"}, want: map[string]any{"component": "schema"},
		},
		"what the resource says wins": {
			own:        pulumi.StringMap{"owner": pulumi.String("finance"), "component": pulumi.String("own"), "more": pulumi.String("yes")},
			components: []string{"budget"},
			want:       map[string]any{"owner": "finance", "component": "own", "more": "yes"},
		},
		"even if it is known only later": {
			own:        pulumi.StringMap{"owner": pulumi.String("finance"), "Name": pulumi.String("mine")}.ToStringMapOutput(),
			components: []string{"budget"},
			want:       map[string]any{"owner": "finance", "Name": "mine", "component": "budget"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := pulumitest.Run(t, func(ctx *pulumi.Context) error {
				require.NoError(t, tagging.Register(ctx, company))
				var opts []pulumi.ResourceOption
				for _, name := range c.components {
					opts = []pulumi.ResourceOption{component(t, ctx, name, opts...)}
				}
				_, err := sns.NewTopic(ctx, "topic", &sns.TopicArgs{Tags: c.own}, opts...)
				return err
			})
			want := map[string]any{"environment": "test", "owner": "platform", "cost-centre": "4711", "Name": "topic"}
			for key, value := range c.want {
				want[key] = value
			}
			require.Equal(t, want, r.One(t, "aws:sns/topic:Topic", "topic").Value(t, "tags"))
		})
	}
}

func TestWhatCarriesNoTagsIsLeftAlone(t *testing.T) {
	t.Parallel()
	r := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		require.NoError(t, tagging.Register(ctx, company))
		parent := component(t, ctx, "budget")
		_, err := iam.NewRolePolicy(ctx, "permissions", &iam.RolePolicyArgs{Role: pulumi.String("role"), Policy: pulumi.String("{}")}, parent)
		require.NoError(t, err)
		_, err = sns.NewTopic(ctx, "no-args", nil, parent) // the SDK makes up for them
		return err
	})
	require.False(t, r.One(t, "aws:iam/rolePolicy:RolePolicy", "permissions").Has("tags"))
	require.False(t, r.One(t, "test:tagging:Part", "budget").Has("tags"))
	require.Equal(t, "budget", r.One(t, "aws:sns/topic:Topic", "no-args").Value(t, "tags.component"))
}

// A component may tag what is below it, and nothing beside it.
func TestComponentTagsStayBelow(t *testing.T) {
	t.Parallel()
	r := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		component(t, ctx, "budget")
		_, err := sns.NewTopic(ctx, "beside", &sns.TopicArgs{})
		return err
	})
	require.False(t, r.One(t, "aws:sns/topic:Topic", "beside").Has("tags"))
}
