package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cloudwatchtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/e2e/observe"
	"github.com/genericcorp/platform/tests/testcloud"
)

// TestBilling switches billing on in a running environment, whose report it switches off, and takes both back: what billing had made is gone
// then, and whom it held is free. Between, tenants pay, and do not.
func TestBilling(t *testing.T) {
	c := testcloud.Exclusive(t)
	before := observe.Everything(t, c)
	file := settings(t, c, map[string]string{"report:": "billing: {mode: test, standIn: true}", `addresses: \[`: "", "sender:": ""})
	var up changes
	c.Changed(t, nil, file)
	c.Platform(t, &up, "local", "up", "--no-tenants", "--settings", file)
	assert.True(t, up.none(), "a second up: %v", up.Changes)
	b := &billed{Cloud: c}
	c.Platform(t, &b.billingOutputs, "outputs")
	b.remember(t)
	assert.Empty(t, reports(observe.Everything(t, c)), "the report is gone, with its address")

	for _, tenant := range []string{"payer", "debtor"} {
		t.Cleanup(func() { offboard(t, c, tenant) })
	}
	payer, debtor := create(t, c, "payer", "starter"), create(t, c, "debtor", "starter")
	b.subscribe(t, payer, debtor)
	t.Run("an invoice is not paid, and then it is", func(t *testing.T) { b.pays(t, payer) })
	t.Run("nobody else is believed", b.refuses)
	t.Run("the commands of the runbook", b.runbook)
	t.Run("a second run changes nothing", func(t *testing.T) { assert.Empty(t, b.runs(t)) })

	b.happens(t, b.invoice(t, "debtor"), "overdue", "--days", "22")
	require.Equal(t, "suspended", b.held(t, "debtor"))
	c.Restore(t)
	t.Run("nothing of it is left", func(t *testing.T) { b.gone(t, before, debtor) })
}

// remember has the end of the run look for the keys.
func (b *billed) remember(t *testing.T) {
	t.Helper()
	secret := observe.Secret(t, b.Cloud, b.BillingSecretArn)
	b.Remember(t, fmt.Sprint(secret["apiKey"]), "the key of Stripe's stand-in")
	endpoints, _ := secret["webhookSecrets"].([]any)
	require.Len(t, endpoints, 1)
	b.Remember(t, fmt.Sprint(endpoints[0]), "the secret of the endpoint at Stripe's stand-in")
}

// runs does what each hour does, and gives what Stripe was told.
func (b *billed) runs(t *testing.T) []string {
	t.Helper()
	var told struct {
		StandIn bool
		Done    []string
	}
	b.Platform(t, &told, "billing", "run")
	assert.True(t, told.StandIn, "nobody takes it for Stripe")
	return told.Done
}

// subscribe has two tenants, which seem to have been there for some hours, become customers, and tells what one of them used.
func (b *billed) subscribe(t *testing.T, tenants ...tenantReport) {
	t.Helper()
	admin, err := pgx.ConnectConfig(t.Context(), observe.Administrator(t, b.Cloud))
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := admin.Exec(testcloud.Context(t), `DELETE FROM platform.usage WHERE tenant IN ('payer', 'debtor')`)
		assert.NoError(t, err)
		assert.NoError(t, admin.Close(testcloud.Context(t)))
	})
	for _, tenant := range tenants {
		_, err = admin.Exec(t.Context(), `UPDATE platform.tenant SET created_at = created_at - interval '4 hours' WHERE slug = $1`, tenant.Tenant)
		require.NoError(t, err)
		b.Platform(t, nil, "tenant", "bill-to", tenant.Tenant, "bills@"+tenant.Tenant+".example")
	}
	b.control(t, "/clock?hours=3")
	done := strings.Join(b.runs(t), "\n")
	b.control(t, "/clock?hours=0")
	for _, tenant := range tenants {
		assert.Contains(t, done, "customer/local/"+tenant.Tenant)
	}
	assert.Equal(t, len(tenants), strings.Count(done, "subscription/"), done)
	hour := time.Now().UTC().Truncate(time.Hour).Add(-2 * time.Hour)
	_, err = admin.Exec(t.Context(), `INSERT INTO platform.usage (hour, tenant, served, refused, admitted, bytes_in, bytes_out, milliseconds) VALUES ($1, 'payer', 12, 0, 12, 0, 5, 3)`, hour)
	require.NoError(t, err)
	usage := b.runs(t)
	require.Len(t, usage, 1, "what was used in an hour is told once")
	assert.Contains(t, usage[0], "requests")
}

// pays has an invoice fail, be overdue for ever longer, and be paid.
func (b *billed) pays(t *testing.T, payer tenantReport) {
	invoice := b.invoice(t, payer.Tenant)
	writeNote(t, login(t, b.Cloud, payer))
	b.happens(t, invoice, "failed")
	assert.Equal(t, "active", b.held(t, payer.Tenant), "it is not overdue yet")
	b.happens(t, invoice, "overdue", "--days", "8")
	assert.Equal(t, "limited", b.held(t, payer.Tenant))
	_, err := login(t, b.Cloud, payer).Exec(t.Context(), "insert into notes values (2, 'more')")
	require.ErrorContains(t, err, "read-only")
	b.happens(t, invoice, "overdue", "--days", "22")
	assert.Equal(t, "suspended", b.held(t, payer.Tenant))
	_, err = pgx.ConnectConfig(t.Context(), prisma(t, b.Cloud, payer))
	require.ErrorContains(t, err, "not permitted to log in")

	b.Platform(t, nil, "local", "stripe", "hold")
	b.Platform(t, nil, "local", "stripe", "invoice", invoice, "overdue", "--days", "23")
	b.Platform(t, nil, "local", "stripe", "invoice", invoice, "paid")
	assert.Equal(t, "suspended", b.held(t, payer.Tenant), "no event has come yet")
	b.Platform(t, nil, "local", "stripe", "release")
	b.delivered(t)
	assert.Equal(t, "active", b.held(t, payer.Tenant), "though the event of its payment came first")
	_, err = login(t, b.Cloud, payer).Exec(t.Context(), "insert into notes values (2, 'more')")
	require.NoError(t, err)
}

// refuses has somebody else send an event: it is refused, and counted.
func (b *billed) refuses(t *testing.T) {
	send := func(signature string) int {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.BillingWebhookURL, strings.NewReader(`{"id": "evt_1", "type": "invoice.paid"}`))
		require.NoError(t, err)
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Stripe-Signature", signature)
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		return response.StatusCode
	}
	assert.Equal(t, http.StatusBadRequest, send(fmt.Sprintf("t=%d,v1=%064d", time.Now().Unix(), 7)))
	assert.Equal(t, http.StatusBadRequest, send(""))
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.BillingWebhookURL, http.NoBody)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, http.StatusNotFound, response.StatusCode, "there is one route")

	// As the runbook has people look, and the alarm.
	entries := b.Run(t, b.Repository, nil, "aws", "logs", "filter-log-events", "--log-group-name", "/aws/vendedlogs/"+b.BillingFunctionName, "--query", "events[].message", "--output", "json")
	require.Zero(t, entries.Code, entries.Stderr)
	var lines []string
	require.NoError(t, json.Unmarshal([]byte(entries.Stdout), &lines))
	statuses := map[int]int{}
	for _, line := range lines {
		var entry struct{ Status int }
		require.NoError(t, json.Unmarshal([]byte(line), &entry), line)
		statuses[entry.Status]++
	}
	assert.Equal(t, map[int]int{200: 5, 400: 2, 404: 1}, statuses, "%v", lines)
	metrics, err := cloudwatch.NewFromConfig(b.AWS()).ListMetrics(t.Context(), &cloudwatch.ListMetricsInput{Namespace: aws.String("AWS/ApiGateway"), MetricName: aws.String("4xx"),
		Dimensions: []cloudwatchtypes.DimensionFilter{{Name: aws.String("Stage"), Value: aws.String("$default")}}})
	require.NoError(t, err)
	require.NotEmpty(t, metrics.Metrics)
	counted, err := cloudwatch.NewFromConfig(b.AWS()).GetMetricStatistics(t.Context(), &cloudwatch.GetMetricStatisticsInput{
		Namespace: aws.String("AWS/ApiGateway"), MetricName: aws.String("4xx"), Dimensions: metrics.Metrics[0].Dimensions, Statistics: []cloudwatchtypes.Statistic{cloudwatchtypes.StatisticSum},
		StartTime: aws.Time(time.Now().Add(-time.Hour)), EndTime: aws.Time(time.Now().Add(time.Hour)), Period: aws.Int32(7200),
	})
	require.NoError(t, err)
	var sum float64
	for _, point := range counted.Datapoints {
		sum += aws.ToFloat64(point.Sum)
	}
	assert.InDelta(t, 3, sum, 0)
}

// runbook types what the page for its alarms has people type, which the tests of the runbooks cannot: their environment has no billing.
func (b *billed) runbook(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(b.Repository, "runbooks", "billing-trouble.md"))
	require.NoError(t, err)
	blocks := regexp.MustCompile("(?ms)^```sh aws-only: [^\n]* have no billing\n(.*?)^```").FindAllStringSubmatch(string(page), -1)
	require.Len(t, blocks, 3)
	script := `platform() { "$PLATFORM" "$@"; }` + "\n"
	var expected []string
	for _, block := range blocks {
		script += block[1]
		for _, line := range regexp.MustCompile(`(?m)^# expect: (.*)$`).FindAllStringSubmatch(block[0], -1) {
			expected = append(expected, line[1])
		}
	}
	environ := []string{"ENVIRONMENT=local", "LOCAL=--dir " + b.Dir, "PLATFORM=" + filepath.Join(b.Repository, "bin", "platform")}
	typed := b.Run(t, b.Repository, environ, "bash", "-euo", "pipefail", "-c", script)
	require.Zero(t, typed.Code, typed.Stderr)
	for _, pattern := range expected {
		assert.Regexp(t, pattern, typed.Stdout)
	}
	assert.Contains(t, typed.Stdout, `"status":400`, "what was refused; the emulator filters nothing, and shows what was taken as well")
}

// gone says that the environment is as it was before billing, and that nobody is held by it.
func (b *billed) gone(t *testing.T, before map[string][]string, debtor tenantReport) {
	require.EventuallyWithT(t, func(collect *assert.CollectT) {
		_ = invoke(t, b.Cloud, &b.ProvisionerFunctionName, []byte(`{"action": "sweep"}`))
		assert.Equal(collect, "active", b.held(t, debtor.Tenant))
	}, 2*time.Minute, time.Second)
	writeNote(t, login(t, b.Cloud, debtor))
	assert.Contains(t, b.Fails(t, exitFailed, "billing", "status"), "has no billing")
	for _, tenant := range []string{"payer", "debtor"} {
		offboard(t, b.Cloud, tenant)
	}
	after := observe.Everything(t, b.Cloud)
	for kind, names := range before {
		assert.Len(t, after[kind], len(names), "%s: %v, before %v", kind, after[kind], names)
		delete(after, kind)
	}
	assert.Empty(t, after)
}

// reports are what is of the morning report.
func reports(all map[string][]string) (found []string) {
	for _, names := range all {
		for _, name := range names {
			if strings.Contains(name, "report") || strings.Contains(name, "@") {
				found = append(found, name)
			}
		}
	}
	return found
}
