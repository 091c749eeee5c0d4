package e2e

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/readiness/readinesstest"
	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/tests/testcloud"
)

// held has a tenant send more than its tier allows, and then twice that, and sees the database close, by itself, and open when a person
// says so. The prices are those that the deployment of the environment published.
func held(t *testing.T, c *testcloud.Cloud, hour time.Time) {
	t.Helper()
	const name = "spender"
	proof := readinesstest.Prove(t, "breaker", "local")
	t.Cleanup(func() { offboard(t, c, name) })
	spender := create(t, c, name, "free")
	writeNote(t, login(t, c, spender))

	const gib = 1 << 30 // for 9 to 11 cents, of the dollar that the tier allows
	record(t, c, hour, api.Usage{Tenant: name, Served: 1, Admitted: 1, BytesOut: 14 * gib})
	stand := sweptTo(t, c, name, "limited")
	assert.True(t, stand.UsedUSD.GreaterThan(stand.AllowanceUSD), "%+v", stand)
	assert.True(t, stand.UsedUSD.LessThan(stand.AllowanceUSD.Add(stand.AllowanceUSD)), "%+v", stand)
	session := login(t, c, spender)
	assert.Equal(t, 1, notes(t, session), "it reads")
	_, err := session.Exec(t.Context(), "insert into notes values (2, 'more')")
	require.ErrorContains(t, err, "read-only")
	require.NoError(t, session.Close(t.Context()))

	record(t, c, hour, api.Usage{Tenant: name, Served: 1, Admitted: 1, BytesOut: 14 * gib})
	sweptTo(t, c, name, "suspended")
	_, err = pgx.ConnectConfig(t.Context(), prisma(t, c, spender))
	require.ErrorContains(t, err, "not permitted to log in")

	var log api.Breaker
	c.Platform(t, &log, "breaker", "log", name)
	require.GreaterOrEqual(t, len(log.Events), 2)
	assert.Equal(t, []string{"limited", "suspended"}, []string{log.Events[1].After, log.Events[0].After}, "the latest first")
	assert.True(t, log.Events[0].UsedUSD.GreaterThan(log.Events[1].UsedUSD))
	proof.Count("acts", len(log.Events))
	proof.Number("used when it was suspended", log.Events[0].UsedUSD.InexactFloat64(), "USD")
	proof.Number("allowance of its tier", log.Events[0].AllowanceUSD.InexactFloat64(), "USD")

	c.Platform(t, nil, "breaker", "override", name, "--reason", "a test", "--until", time.Now().UTC().AddDate(0, 0, 2).Format(time.DateOnly))
	assert.Equal(t, "suspended", sweptTo(t, c, name, "warned").Due, "what holds when the override ends")
	_, err = login(t, c, spender).Exec(t.Context(), "insert into notes values (2, 'more')")
	require.NoError(t, err)
}

// sweptTo sweeps, as the provisioner's schedule does every minute, until the breaker holds the tenant at the level. A sweep that finds the
// schedule's at work does nothing.
func sweptTo(t *testing.T, c *testcloud.Cloud, tenant, level string) (stand api.BreakerTenant) {
	t.Helper()
	var outputs struct{ ProvisionerFunctionName string }
	c.Platform(t, &outputs, "outputs")
	client := lambda.NewFromConfig(c.AWS())
	require.EventuallyWithT(t, func(collect *assert.CollectT) {
		out, err := client.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String(outputs.ProvisionerFunctionName), Payload: []byte(`{"action":"sweep"}`)})
		require.NoError(collect, err)
		require.Nil(collect, out.FunctionError, "%s", out.Payload)
		var all api.Breaker
		c.Platform(t, &all, "breaker")
		for _, stand = range all.Tenants {
			if stand.Slug == tenant {
				break
			}
		}
		require.Equal(collect, tenant, stand.Slug)
		require.Equal(collect, level, stand.Level, "%+v %v", stand, all.Blind)
	}, 3*time.Minute, 5*time.Second)
	return stand
}
