package pulumitest

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRequireWatched(t *testing.T) {
	t.Parallel()
	r := Run(t, func(ctx *pulumi.Context) error {
		return ctx.RegisterResource("test:index:Store", "store", pulumi.Map{
			"encrypted": pulumi.Bool(true), "days": pulumi.Int(7), "description": pulumi.String("any"),
			"groups": pulumi.ToStringArray([]string{"a", "b"}), "password": pulumi.ToSecret(pulumi.String("p")),
			"policy": pulumi.String(`{"Statement": [{"Action": ["read"]}]}`),
		}, &pulumi.CustomResourceState{}, pulumi.Protect(true))
	})
	watch := func(change func(got map[string]any)) Check {
		return func(t testing.TB, r *Recorder) {
			store := r.One(t, "test:index:Store", "store")
			got := map[string]any{"protect": store.Protect}
			for _, input := range []string{"encrypted", "days", "groups", "password", "policy"} {
				got[input] = store.Value(t, input)
			}
			change(got)
			require.Equal(t, got, map[string]any{
				"protect": true, "encrypted": true, "days": 7.0, "groups": []any{"a", "b"}, "password": "p", "policy": `{"Statement": [{"Action": ["read"]}]}`,
			})
		}
	}
	all := watch(func(map[string]any) {})
	r.RequireWatched(t, []Check{all}, "Store * description")

	for name, c := range map[string]struct {
		check Check
		free  []string
	}{
		"an input that nobody watches":      {all, nil},
		"a free input that is watched":      {all, []string{"* * description", "Store store days"}},
		"a free input that is not there":    {all, []string{"* * description", "Store store size"}},
		"a switch that nobody watches":      {watch(func(got map[string]any) { got["encrypted"] = true }), []string{"* * description"}},
		"protection that nobody watches":    {watch(func(got map[string]any) { got["protect"] = true }), []string{"* * description"}},
		"a policy that nobody watches":      {watch(func(got map[string]any) { got["policy"] = `{"Statement": [{"Action": ["read"]}]}` }), []string{"* * description"}},
		"a check that fails without change": {watch(func(got map[string]any) { got["days"] = 8.0 }), []string{"* * description"}},
	} {
		assert.True(t, fails(t, func(t testing.TB) { r.RequireWatched(t, []Check{c.check}, c.free...) }), name)
	}
}
