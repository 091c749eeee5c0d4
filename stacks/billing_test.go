package stacks

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/environments"
)

// Tenants pay where the settings say in which of Stripe's modes, by the provisioner's word, and nowhere else.
func TestBilling(t *testing.T) {
	t.Parallel()
	const gateway = "aws:apigatewayv2/api:Api"
	for _, stack := range environments.All().Names() {
		without := planOf(t, stack)
		require.Empty(t, without.OfType(gateway), stack)
		const billed = "environment.variables.BILLED"
		require.Equal(t, "false", without.One(t, "aws:lambda/function:Function", "provisioner").Value(t, billed), "nobody is held by it")
		p := planOf(t, stack, withBilling)
		function := p.One(t, "aws:lambda/function:Function", "billing")
		require.Equal(t, p.One(t, "aws:lambda/function:Function", "provisioner").Value(t, "name"), function.Value(t, "environment.variables.PROVISIONER_FUNCTION"))
		require.Equal(t, "false", function.Value(t, "environment.variables.STRIPE_LIVE"), stack)
		require.Equal(t, "true", p.One(t, "aws:lambda/function:Function", "provisioner").Value(t, billed))
		require.Equal(t, function.Value(t, "name"), p.outputs["billingFunctionName"].value)
		require.Contains(t, p.outputs["billingSecretArn"].value, "billing-secret")
		require.Contains(t, p.outputs["billingWebhookUrl"].value, "/webhook")
	}
}

// Production takes real money once somebody else has agreed.
func TestRealMoney(t *testing.T) {
	t.Parallel()
	function := planOf(t, "prod", func(settings map[string]any) {
		settings["billing"] = map[string]any{"mode": "live", "approvedBy": "finance@genericcorp.example", "limitedAfterDays": 10}
	}).One(t, "aws:lambda/function:Function", "billing")
	require.Equal(t, "true", function.Value(t, "environment.variables.STRIPE_LIVE"))
	require.Equal(t, "10", fmt.Sprint(function.Value(t, "environment.variables.LIMITED_AFTER_DAYS")))
}

// Where nothing is set aside for the provisioner, as in a new account, nothing is for billing.
func TestBillingSetsNothingAside(t *testing.T) {
	t.Parallel()
	p := planOf(t, "dev", withBilling, func(settings map[string]any) {
		provisioner, ok := settings["provisioner"].(map[string]any)
		require.True(t, ok)
		provisioner["reservedConcurrency"] = 0
	})
	require.InDelta(t, -1, p.One(t, "aws:lambda/function:Function", "billing").Value(t, "reservedConcurrentExecutions"), 0)
}

// What is built for a deployment is what it deploys.
func TestFunctions(t *testing.T) {
	t.Parallel()
	var s EnvironmentSettings
	require.Equal(t, []string{"provisioner"}, s.Functions())
	s.Report.Addresses, s.Billing.Mode = []string{"platform@genericcorp.example"}, "test"
	require.Equal(t, []string{"provisioner", "report", "billing"}, s.Functions())
}

// The local cloud asks its stand-in where its settings say so.
func TestStandIn(t *testing.T) {
	t.Parallel()
	local := func(standIn bool) *plan {
		return planOf(t, environments.Local, func(settings map[string]any) {
			settings["billing"] = map[string]any{"mode": "test", "standIn": standIn}
		})
	}
	const variable = "environment.variables.STRIPE_STAND_IN"
	p := local(true)
	require.Equal(t, "true", p.One(t, "aws:lambda/function:Function", "billing").Value(t, variable))
	require.Equal(t, true, p.outputs["billingStandIn"].value)
	p = local(false)
	require.False(t, p.One(t, "aws:lambda/function:Function", "billing").Has(variable))
	require.NotContains(t, p.outputs, "billingStandIn")
}
