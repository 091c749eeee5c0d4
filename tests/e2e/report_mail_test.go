package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/localcloud"
	"github.com/genericcorp/platform/internal/readiness/readinesstest"
	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/tests/e2e/observe"
	"github.com/genericcorp/platform/tests/testcloud"
)

// TestMorningMail calls the report's function with what its schedule calls it with, in an environment that seems to have been there
// yesterday, and finds one mail in the inbox, with what the environment and each tenant cost. It runs before the tests that are parallel: they
// count what tenants used, too.
func TestMorningMail(t *testing.T) {
	proof := readinesstest.Prove(t, "report", "local")
	c := testcloud.Shared(t)
	yesterday := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -1)
	day := yesterday.Format(time.DateOnly)
	var names struct{ ProvisionerFunctionName, ReportFunctionName string }
	c.Platform(t, &names, "outputs")
	followLinks(t, c)
	costs := hasYesterday(t, c, names.ProvisionerFunctionName, yesterday)

	call := schedule(t, c, names.ReportFunctionName)
	before := len(inbox(t, c))
	assert.JSONEq(t, fmt.Sprintf(`{"sent": [%q]}`, day), call())
	mails := inbox(t, c)
	proof.Count("mails", len(mails)-before)
	require.Len(t, mails, before+1)
	var mail localcloud.Mail
	c.Platform(t, &mail, "local", "mail", "show", fmt.Sprint(mails[0].Number))
	assert.Equal(t, "platform@genericcorp.example to [platform@genericcorp.example]", fmt.Sprintf("%s to %s", mail.From, mail.To))
	assert.Regexp(t, "^local "+day+": ", mail.Subject)
	for what, pattern := range map[string]string{
		"the environment's cost": `yesterday +` + regexp.QuoteMeta(costs.StringFixed(2)) + `\n`, "its limit": `limit +2,500\.00\n`, "how the breaker stands": `forecast USD [\d.]+ of 2500\.00, \d+ per cent \(nothing is held`,
		"a tenant, with its price": `acme \(pro\)( +-?\d+\.\d+){4}\n`, "one that pays nothing": `1 tenant for free: `,
		"both": `2 tenants( +-?\d+\.\d+){4}\n`, "one that is gone": `willow \(gone\) +\d`, "what was idle": `\(idle\) +\d`,
	} {
		assert.Regexp(t, pattern, mail.Text, what)
	}
	assert.Contains(t, mail.HTML, "acme (pro)")

	assert.JSONEq(t, `{"sent": []}`, call(), "no mail twice")
	assert.Len(t, inbox(t, c), before+1)
	t.Run("by command", func(t *testing.T) { sendAgain(t, c, day, mail.ID) })
}

// sendAgain has a person see that a day was sent, and send it once more.
func sendAgain(t *testing.T, c *testcloud.Cloud, day, mail string) {
	t.Helper()
	var told struct{ Reports []api.Report }
	c.Platform(t, &told, "report", "sent")
	require.NotEmpty(t, told.Reports)
	last := told.Reports[0]
	assert.Equal(t, []string{day, "sent", mail}, []string{last.Day.Format(time.DateOnly), string(last.State), last.Message})
	assert.Contains(t, c.Fails(t, exitFailed, "report", "send", "--date", day), "the report of "+day+" was sent at ")
	var done struct{ Sent []string }
	c.Platform(t, &done, "report", "send", "--date", day, "--again")
	assert.Equal(t, []string{day}, done.Sent)
	assert.Contains(t, inbox(t, c)[0].Subject, "this report was sent again")
}

// inbox is all mail that was sent, the newest first.
func inbox(t *testing.T, c *testcloud.Cloud) (mails []localcloud.Mail) {
	t.Helper()
	c.Platform(t, &mails, "local", "mail")
	return mails
}

// followLinks proves the addresses that SES has asked for, as whoever has their mail does. That changes nothing that the deployment has made.
func followLinks(t *testing.T, c *testcloud.Cloud) {
	t.Helper()
	link := regexp.MustCompile(`http://\S+/verify/\S+`)
	proved := 0
	for _, listed := range inbox(t, c) {
		if !strings.Contains(listed.Subject, "Email Address Verification Request") {
			continue
		}
		var mail localcloud.Mail
		c.Platform(t, &mail, "local", "mail", "show", fmt.Sprint(listed.Number))
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, link.FindString(mail.Text), nil)
		require.NoError(t, err)
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		said, err := io.ReadAll(response.Body)
		require.NoError(t, response.Body.Close())
		require.NoError(t, err)
		if response.StatusCode == http.StatusOK { // another identity of that address was removed since
			assert.Contains(t, string(said), "is verified")
			proved++
		}
	}
	require.Positive(t, proved, "SES has asked for the sender's address")
}

// hasYesterday makes the environment and its two sample tenants three days older, and gives what a day costs. A tenant, and one that is gone, have used
// something yesterday: the ledger's own function takes nothing that is so late. When the test ends, all is as before, and what was sent of
// yesterday is forgotten.
func hasYesterday(t *testing.T, c *testcloud.Cloud, provisioner string, yesterday time.Time) (costs decimal.Decimal) {
	t.Helper()
	ask := func(request api.Request) (response api.Response) {
		payload, err := json.Marshal(request)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(invoke(t, c, &provisioner, payload), &response))
		return response
	}
	sheet := ask(api.Request{Action: api.ActionPrices}).Prices
	require.NotNil(t, sheet, "the deployment has published prices")
	admin, err := pgx.ConnectConfig(t.Context(), observe.Administrator(t, c))
	require.NoError(t, err)
	do := func(statement string, arguments ...any) {
		_, err := admin.Exec(testcloud.Context(t), statement, arguments...)
		require.NoError(t, err)
	}
	older := func(days int) {
		sheet.Made, sheet.Computed = sheet.Made.AddDate(0, 0, -days), time.Now().UTC()
		ask(api.Request{Action: api.ActionPublishPrices, Prices: sheet})
		do(`UPDATE platform.tenant SET created_at = created_at - make_interval(days => $1) WHERE slug IN ('acme', 'birch')`, days)
	}
	older(3)
	t.Cleanup(func() {
		older(-3)
		do(`DELETE FROM platform.usage WHERE hour < $1`, yesterday.AddDate(0, 0, 1))
		do(`DELETE FROM platform.report WHERE day = $1`, yesterday)
		assert.NoError(t, admin.Close(testcloud.Context(t)))
	})
	do(`INSERT INTO platform.usage (hour, tenant, served, refused, admitted, bytes_in, bytes_out, milliseconds)
		VALUES ($1, 'acme', 12, 0, 12, 0, 5e6, 300), ($1, 'willow', 1, 0, 1, 0, 6, 8)`, yesterday)
	const hoursOfDay, hoursOfMonth = 24, 730
	own := sheet.Own.Mul(decimal.NewFromInt(2))
	return sheet.Terms.Charges.Add(own).Mul(decimal.NewFromInt(hoursOfDay)).Div(decimal.NewFromInt(hoursOfMonth))
}

// schedule is a call of the report's function as its schedule makes it.
func schedule(t *testing.T, c *testcloud.Cloud, name string) (call func() string) {
	t.Helper()
	function, err := lambda.NewFromConfig(c.AWS()).GetFunctionConfiguration(t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: aws.String(name)})
	require.NoError(t, err)
	client := eventbridge.NewFromConfig(c.AWS())
	rules, err := client.ListRuleNamesByTarget(t.Context(), &eventbridge.ListRuleNamesByTargetInput{TargetArn: function.FunctionArn})
	require.NoError(t, err)
	require.Len(t, rules.RuleNames, 1)
	rule, err := client.DescribeRule(t.Context(), &eventbridge.DescribeRuleInput{Name: aws.String(rules.RuleNames[0])})
	require.NoError(t, err)
	assert.Equal(t, "cron(0 6 * * ? *)", aws.ToString(rule.ScheduleExpression))
	targets, err := client.ListTargetsByRule(t.Context(), &eventbridge.ListTargetsByRuleInput{Rule: rule.Name})
	require.NoError(t, err)
	require.Len(t, targets.Targets, 1)
	return func() string {
		return string(invoke(t, c, targets.Targets[0].Arn, []byte(aws.ToString(targets.Targets[0].Input))))
	}
}

// invoke has a function answer.
func invoke(t *testing.T, c *testcloud.Cloud, function *string, request []byte) (response []byte) {
	t.Helper()
	out, err := lambda.NewFromConfig(c.AWS()).Invoke(testcloud.Context(t), &lambda.InvokeInput{FunctionName: function, Payload: request})
	require.NoError(t, err)
	require.Nil(t, out.FunctionError, "%s", out.Payload)
	return out.Payload
}
