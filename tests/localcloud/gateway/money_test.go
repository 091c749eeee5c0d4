package gateway

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	budgetsapi "github.com/aws/aws-sdk-go-v2/service/budgets"
	budgettypes "github.com/aws/aws-sdk-go-v2/service/budgets/types"
	"github.com/aws/aws-sdk-go-v2/service/costexplorer"
	cetypes "github.com/aws/aws-sdk-go-v2/service/costexplorer/types"
	"github.com/stretchr/testify/require"
)

const testAccount = "123456789012"

// clients returns the configuration of AWS clients of a gateway whose emulator only says yes; forwarded counts by
// operation what reached it.
func clients(t *testing.T) (config aws.Config, forwarded map[string]int) {
	t.Helper()
	forwarded = map[string]int{}
	emulator := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if !json.Valid(body) {
			w.WriteHeader(http.StatusBadRequest)
		}
		forwarded[r.Header.Get("X-Amz-Target")]++
		_, _ = w.Write([]byte("{}"))
	}))
	t.Cleanup(emulator.Close)
	g, err := New(Config{Backend: emulator.URL, AccountID: testAccount, Region: "us-east-1", Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String(server.URL), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
	}, forwarded
}

func TestBudgetsKeepSubscribersThatTheEmulatorForgets(t *testing.T) {
	t.Parallel()
	config, forwarded := clients(t)
	client := budgetsapi.NewFromConfig(config)
	notification := &budgettypes.Notification{NotificationType: "ACTUAL", ComparisonOperator: "GREATER_THAN", Threshold: 90}
	_, err := client.CreateNotification(t.Context(), &budgetsapi.CreateNotificationInput{
		AccountId: aws.String(testAccount), BudgetName: aws.String("b"), Notification: notification,
		Subscribers: []budgettypes.Subscriber{{Address: aws.String("a@genericcorp.example"), SubscriptionType: "EMAIL"}},
	})
	require.NoError(t, err)
	require.Equal(t, 1, forwarded["AWSBudgetServiceGateway.CreateNotification"])
	out, err := client.DescribeSubscribersForNotification(t.Context(), &budgetsapi.DescribeSubscribersForNotificationInput{
		AccountId: aws.String(testAccount), BudgetName: aws.String("b"), Notification: notification})
	require.NoError(t, err)
	require.Len(t, out.Subscribers, 1)
	require.Equal(t, "a@genericcorp.example", aws.ToString(out.Subscribers[0].Address))
}

func TestBudgetActionLivesAndDies(t *testing.T) {
	t.Parallel()
	config, _ := clients(t)
	client := budgetsapi.NewFromConfig(config)
	made, err := client.CreateBudgetAction(t.Context(), &budgetsapi.CreateBudgetActionInput{
		AccountId: aws.String(testAccount), BudgetName: aws.String("b"), ActionType: "APPLY_IAM_POLICY", ApprovalModel: "AUTOMATIC",
		ActionThreshold:  &budgettypes.ActionThreshold{ActionThresholdType: "PERCENTAGE", ActionThresholdValue: 100},
		Definition:       &budgettypes.Definition{IamActionDefinition: &budgettypes.IamActionDefinition{PolicyArn: aws.String("arn:aws:iam::123456789012:policy/deny-new-spend"), Roles: []string{"r"}}},
		ExecutionRoleArn: aws.String("arn:aws:iam::123456789012:role/breaker-execution"), NotificationType: "ACTUAL",
		Subscribers: []budgettypes.Subscriber{{Address: aws.String("a@genericcorp.example"), SubscriptionType: "EMAIL"}},
	})
	require.NoError(t, err)
	all := &budgetsapi.DescribeBudgetActionsForBudgetInput{AccountId: aws.String(testAccount), BudgetName: aws.String("b")}
	list, err := client.DescribeBudgetActionsForBudget(t.Context(), all)
	require.NoError(t, err)
	require.Len(t, list.Actions, 1)
	require.Equal(t, budgettypes.ActionStatusStandby, list.Actions[0].Status)
	_, err = client.DeleteBudgetAction(t.Context(), &budgetsapi.DeleteBudgetActionInput{
		AccountId: aws.String(testAccount), BudgetName: aws.String("b"), ActionId: made.ActionId})
	require.NoError(t, err)
	list, err = client.DescribeBudgetActionsForBudget(t.Context(), all)
	require.NoError(t, err)
	require.Empty(t, list.Actions)
}

func TestAnomalyMonitorLivesAndDies(t *testing.T) {
	t.Parallel()
	config, _ := clients(t)
	client := costexplorer.NewFromConfig(config)
	made, err := client.CreateAnomalyMonitor(t.Context(), &costexplorer.CreateAnomalyMonitorInput{
		AnomalyMonitor: &cetypes.AnomalyMonitor{MonitorName: aws.String("m"), MonitorType: "DIMENSIONAL", MonitorDimension: "SERVICE"},
		ResourceTags:   []cetypes.ResourceTag{{Key: aws.String("owner"), Value: aws.String("platform")}},
	})
	require.NoError(t, err)
	one := &costexplorer.GetAnomalyMonitorsInput{MonitorArnList: []string{aws.ToString(made.MonitorArn)}}
	list, err := client.GetAnomalyMonitors(t.Context(), one)
	require.NoError(t, err)
	require.Equal(t, "m", aws.ToString(list.AnomalyMonitors[0].MonitorName))
	tags, err := client.ListTagsForResource(t.Context(), &costexplorer.ListTagsForResourceInput{ResourceArn: made.MonitorArn})
	require.NoError(t, err)
	require.Equal(t, "platform", aws.ToString(tags.ResourceTags[0].Value))
	_, err = client.DeleteAnomalyMonitor(t.Context(), &costexplorer.DeleteAnomalyMonitorInput{MonitorArn: made.MonitorArn})
	require.NoError(t, err)
	_, err = client.GetAnomalyMonitors(t.Context(), one)
	var missing *cetypes.UnknownMonitorException
	require.ErrorAs(t, err, &missing)
}
