package function_test

import (
	"fmt"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/components/function"
	"github.com/genericcorp/platform/components/policydoc"
	"github.com/genericcorp/platform/internal/check"
	"github.com/genericcorp/platform/internal/pulumitest"
)

const physical = "platform-prod-us-east-1-greeter"

func greet(t *testing.T, schedule *function.Schedule) *pulumitest.Recorder {
	t.Helper()
	settings := function.Settings{
		Environment: "prod", Region: pulumitest.Region, AccountID: pulumitest.Account,
		PrivateSubnetIDs: pulumi.ToStringArray([]string{"subnet-a"}), SecurityGroupID: pulumi.String("sg-1"),
		LogKeyARN: pulumi.String("arn:log-key"), AlarmTopicARN: pulumi.String("arn:topic"),
	}.WithDefaults("greeter")
	p := check.Under("")
	settings.Check(p)
	require.NoError(t, p.Err())
	return pulumitest.Run(t, func(ctx *pulumi.Context) error {
		_, err := function.New(ctx, "greeter", &function.Args{
			Settings: settings, Service: "greeter", Title: "greeter of tenants", Page: "incident-communication", Description: "Greets", MemoryMiB: 128, Timeout: 3, Schedule: schedule,
			Variables:   pulumi.StringMap{"GREETING": pulumi.String("hello")},
			Permissions: []policydoc.Statement{{Sid: "Own", Actions: []string{"own:Act"}, Resources: []pulumi.StringInput{pulumi.String("arn:own")}}},
		})
		return err
	})
}

// A service's function carries its service's name everywhere, and may do what every function does and its own.
func TestFunctionOfAService(t *testing.T) {
	t.Parallel()
	r := greet(t, nil)
	made := r.One(t, "aws:lambda/function:Function", "greeter")
	for path, want := range map[string]any{
		"name": physical, "description": "Greets", "architectures[0]": "arm64", "memorySize": 128.0, "timeout": 3.0,
		"reservedConcurrentExecutions": 10.0, "environment.variables.GREETING": "hello",
	} {
		require.Equal(t, want, made.Value(t, path), path)
	}
	require.Equal(t, "/aws/lambda/"+physical, r.One(t, "aws:cloudwatch/logGroup:LogGroup", "greeter").Value(t, "name"))
	policy := fmt.Sprint(r.One(t, "aws:iam/rolePolicy:RolePolicy", "greeter").Value(t, "policy"))
	for _, want := range []string{
		`"Sid":"Log"`, `"Sid":"JoinNetwork"`, `"Sid":"NotFromTheProgram"`, `"Sid":"Own"`,
		`"lambda:SourceFunctionArn":["arn:aws:lambda:us-east-1:123456789012:function:` + physical + `"]`,
	} {
		require.Contains(t, policy, want)
	}
}

// Without a schedule nothing calls the function, and only calls that are turned away are watched.
func TestScheduleIsOptional(t *testing.T) {
	t.Parallel()
	types := []string{
		"aws:cloudwatch/eventRule:EventRule", "aws:cloudwatch/eventTarget:EventTarget", "aws:lambda/permission:Permission",
		"aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig",
	}
	called, scheduled := greet(t, nil), greet(t, &function.Schedule{
		Name: "hourly", Expression: "rate(1 hour)", Request: map[string]int{"hour": 1}, Dropped: "Nobody is greeted.",
	})
	for _, kind := range types {
		require.Empty(t, called.OfType(kind))
		require.Len(t, scheduled.OfType(kind), 1)
	}
	require.Equal(t, `{"hour":1}`, scheduled.One(t, types[1], "greeter-hourly").Value(t, "input"))
	require.InDelta(t, 0, scheduled.One(t, types[3], "greeter-hourly").Value(t, "maximumRetryAttempts"), 0)
	require.InDelta(t, 60, scheduled.One(t, types[3], "greeter-hourly").Value(t, "maximumEventAgeInSeconds"), 0)
	repeated := greet(t, &function.Schedule{Name: "daily", Expression: "rate(1 day)", Retries: 2})
	require.InDelta(t, 2, repeated.One(t, types[3], "greeter-daily").Value(t, "maximumRetryAttempts"), 0)
	require.InDelta(t, 3600, repeated.One(t, types[3], "greeter-daily").Value(t, "maximumEventAgeInSeconds"), 0, "longer than the repetitions take")

	const alarm = "aws:cloudwatch/metricAlarm:MetricAlarm"
	require.Len(t, called.OfType(alarm), 1)
	require.Contains(t, called.One(t, alarm, "greeter-throttles").Value(t, "alarmDescription"), "Calls of the greeter of tenants are turned away")
	require.Equal(t, "Nobody is greeted. Runbook: runbooks/incident-communication.md", scheduled.One(t, alarm, "greeter-hourly").Value(t, "alarmDescription"))
}
