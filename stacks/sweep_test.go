package stacks

import (
	"encoding/json"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/pricing/usage"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// The estimate knows how often the sweep is called, and that it waits.
func TestSweepIsPriced(t *testing.T) {
	t.Parallel()
	plan := planOf(t, "prod")
	text, isText := plan.One(t, "aws:cloudwatch/eventTarget:EventTarget", "provisioner-sweep").Value(t, "input").(string)
	require.True(t, isText)
	var request api.Request
	require.NoError(t, json.Unmarshal([]byte(text), &request))
	function := plan.One(t, "aws:lambda/function:Function", "provisioner")
	urn := string(resource.NewURN("prod", "platform", resource.URN(function.Parent).QualifiedType(), tokens.Type(function.Type), function.Name))
	assumed, err := usage.Default(usage.Prod)
	require.NoError(t, err)
	const minutesOfAMonth = 730 * 60
	require.GreaterOrEqual(t, assumed.For(urn, usage.FunctionRequests).IntPart(), int64(minutesOfAMonth))
	require.NotEqual(t, assumed.For("another", usage.FunctionRequests), assumed.For(urn, usage.FunctionRequests), urn)
	require.GreaterOrEqual(t, assumed.For(urn, usage.FunctionMilliseconds).IntPart(), int64(1000*request.LookAgainSeconds))
}
