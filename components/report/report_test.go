package report_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/components/function"
	"github.com/genericcorp/platform/components/report"
	"github.com/genericcorp/platform/internal/check"
	"github.com/genericcorp/platform/internal/pulumitest"
)

const physical = "platform-prod-us-east-1-report"

func args(change func(*report.ReportArgs)) *report.ReportArgs {
	a := &report.ReportArgs{
		Settings: function.Settings{
			Environment: "prod", Region: pulumitest.Region, AccountID: pulumitest.Account,
			PrivateSubnetIDs: pulumi.ToStringArray([]string{"subnet-a"}), SecurityGroupID: pulumi.String("sg-1"),
			LogKeyARN: pulumi.String("arn:log-key"), AlarmTopicARN: pulumi.String("arn:topic"),
		},
		ProvisionerName: pulumi.String("provisioner"), ProvisionerARN: pulumi.String("arn:provisioner"),
		Addresses: []string{"eve@genericcorp.example", "ann@other.example"}, Hour: 5, Domain: "genericcorp.example", ZoneID: "Z1",
	}
	if change != nil {
		change(a)
	}
	return a
}

func deploy(t *testing.T, change func(*report.ReportArgs)) *pulumitest.Recorder {
	t.Helper()
	return pulumitest.Run(t, func(ctx *pulumi.Context) error {
		_, err := report.NewReport(ctx, "report", args(change))
		return err
	})
}

// It is called each morning, asks the provisioner and sends as the domain's address, and may do nothing else.
func TestReport(t *testing.T) {
	t.Parallel()
	r := deploy(t, nil)
	made := r.One(t, "aws:lambda/function:Function", "report")
	for path, want := range map[string]any{
		"name": physical, "environment.variables.REPORT_SENDER": "reports@genericcorp.example", "environment.variables.PROVISIONER_FUNCTION": "provisioner",
		"environment.variables.REPORT_ADDRESSES": "eve@genericcorp.example,ann@other.example", "environment.variables.REPORT_CONFIGURATION_SET": "platform-prod-report",
	} {
		require.Equal(t, want, made.Value(t, path), path)
	}
	require.Equal(t, "cron(0 5 * * ? *)", r.One(t, "aws:cloudwatch/eventRule:EventRule", "report-morning").Value(t, "scheduleExpression"))
	require.InDelta(t, 2, r.One(t, "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig", "report-morning").Value(t, "maximumRetryAttempts"), 0)
	require.Equal(t, "{}", r.One(t, "aws:cloudwatch/eventTarget:EventTarget", "report-morning").Value(t, "input"))

	require.Equal(t, "genericcorp.example", r.One(t, "aws:sesv2/emailIdentity:EmailIdentity", "report").Value(t, "emailIdentity"))
	require.Len(t, r.OfType("aws:route53/record:Record"), 3)
	policy := fmt.Sprint(r.One(t, "aws:iam/rolePolicy:RolePolicy", "report").Value(t, "policy"))
	require.Contains(t, policy, `{"Action":["lambda:InvokeFunction"],"Effect":"Allow","Resource":["arn:provisioner"],"Sid":"AskProvisioner"}`)
	require.Contains(t, policy, `{"Action":["ce:GetCostAndUsage"],"Effect":"Allow","Resource":["*"],"Sid":"ReadBill"}`)
	require.Contains(t, policy, `"ses:FromAddress":["reports@genericcorp.example"]`)
	require.Contains(t, policy, `"arn:aws:ses:us-east-1:123456789012:identity/ann@other.example"`)
	require.Equal(t, 1, strings.Count(policy, "ses:SendEmail"))

	const alarm = "aws:cloudwatch/metricAlarm:MetricAlarm"
	for _, name := range []string{"report-morning", "report-throttles", "report-bounces"} {
		require.Contains(t, r.One(t, alarm, name).Value(t, "alarmDescription"), "Runbook: runbooks/report-missing.md")
	}
	require.Equal(t, "platform-prod-report", r.One(t, alarm, "report-bounces").Value(t, "dimensions.ses:configuration-set"))
}

// An address that is not the domain's is proved by a person, and needs no record.
func TestSenderElsewhere(t *testing.T) {
	t.Parallel()
	for _, change := range []func(*report.ReportArgs){
		func(a *report.ReportArgs) { a.Sender = "ops@other.example" },
		func(a *report.ReportArgs) { a.Sender, a.Domain, a.ZoneID = "ops@other.example", "", "" },
	} {
		r := deploy(t, change)
		require.Equal(t, "ops@other.example", r.One(t, "aws:sesv2/emailIdentity:EmailIdentity", "report").Value(t, "emailIdentity"))
		require.Empty(t, r.OfType("aws:route53/record:Record"))
	}
}

// Every mistake is named.
func TestCheck(t *testing.T) {
	t.Parallel()
	p := check.Under("report.")
	(&report.ReportArgs{Hour: 24}).Check(p)
	for _, want := range []string{"report.addresses", "report.hour: got 24, expected 0 to 23", "report.sender"} {
		require.ErrorContains(t, p.Err(), want)
	}
	p = check.Under("report.")
	args(nil).Check(p)
	require.NoError(t, p.Err())
}
