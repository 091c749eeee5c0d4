package deploy

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A preview says what the change costs a month, and nothing when that cannot be told.
func TestPriceOfAPreview(t *testing.T) {
	t.Parallel()
	settings := filepath.Join(t.TempDir(), "Pulumi.dev.yaml")
	require.NoError(t, os.WriteFile(settings, []byte(`config: {"platform:settings": {environment: dev}}`), 0o600))
	gateway := func(inputs map[string]any) *apitype.StepEventStateMetadata {
		const token = "aws:ec2/natGateway:NatGateway"
		return &apitype.StepEventStateMetadata{URN: "urn:pulumi:dev::platform::" + token + "::nat", Type: token, Custom: true, Inputs: inputs}
	}
	s := &steps{}
	s.observe(apitype.EngineEvent{ResOutputsEvent: &apitype.ResOutputsEvent{
		Metadata: apitype.StepEventMetadata{Op: apitype.OpCreate, URN: gateway(nil).URN, New: gateway(map[string]any{"connectivityType": "public"})},
	}})
	price := priceOf(s, settings)
	require.NotNil(t, price)
	assert.Equal(t, "cost: USD 34.77 a month, now 1.02 (+33.75). Within the limit: USD 284.77 a month with 500 tenants, support and tax, USD 165.23 below USD 450.00.", price.text())

	assert.Nil(t, priceOf(&steps{}, settings), "nothing was previewed")
	assert.Nil(t, priceOf(s, settings+".missing"))
}
