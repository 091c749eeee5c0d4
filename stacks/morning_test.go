package stacks

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/environments"
)

// The report is mailed where the settings name somebody who gets it, by the provisioner's word, and nowhere else.
func TestMorningReportIsGiven(t *testing.T) {
	t.Parallel()
	const identity = "aws:sesv2/emailIdentity:EmailIdentity"
	for _, stack := range environments.All().Stacks() {
		p := planOf(t, stack, func(settings map[string]any) {
			settings["report"] = map[string]any{"addresses": []any{"ceo@genericcorp.example"}, "hour": 5, "sender": "reports@genericcorp.example"}
		})
		function := p.One(t, "aws:lambda/function:Function", "report")
		require.Equal(t, p.One(t, "aws:lambda/function:Function", "provisioner").Value(t, "name"), function.Value(t, "environment.variables.PROVISIONER_FUNCTION"))
		require.Equal(t, "ceo@genericcorp.example", function.Value(t, "environment.variables.REPORT_ADDRESSES"))
		require.Equal(t, "reports@genericcorp.example", p.One(t, identity, "report").Value(t, "emailIdentity"))
		require.Equal(t, function.Value(t, "name"), p.outputs["reportFunctionName"].value)
	}
	require.Empty(t, planOf(t, "dev").OfType(identity))

	p := planOf(t, "prod", withLoadBalancer, func(settings map[string]any) {
		settings["report"] = map[string]any{"addresses": []any{"ceo@genericcorp.example"}}
	})
	require.Equal(t, "genericcorp.example", p.One(t, identity, "report").Value(t, "emailIdentity"))
}
