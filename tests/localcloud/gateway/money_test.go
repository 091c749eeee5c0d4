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

// makeBudget makes a budget that tells one address at 90 per cent.
func makeBudget(t *testing.T, client *budgetsapi.Client, name, limit string) *budgettypes.Notification {
	t.Helper()
	at := &budgettypes.Notification{NotificationType: "ACTUAL", ComparisonOperator: "GREATER_THAN", Threshold: 90}
	_, err := client.CreateBudget(t.Context(), &budgetsapi.CreateBudgetInput{
		AccountId: aws.String(testAccount), Budget: budgetOf(name, limit),
		NotificationsWithSubscribers: []budgettypes.NotificationWithSubscribers{{
			Notification: at, Subscribers: []budgettypes.Subscriber{{Address: aws.String("a@genericcorp.example"), SubscriptionType: "EMAIL"}},
		}},
	})
	require.NoError(t, err)
	return at
}

func budgetOf(name, limit string) *budgettypes.Budget {
	return &budgettypes.Budget{
		BudgetName: aws.String(name), BudgetType: "COST", TimeUnit: "MONTHLY",
		BudgetLimit: &budgettypes.Spend{Amount: aws.String(limit), Unit: aws.String("USD")},
	}
}

func TestChangedBudgetKeepsItsNotifications(t *testing.T) {
	t.Parallel()
	config, forwarded := clients(t)
	client := budgetsapi.NewFromConfig(config)
	at := makeBudget(t, client, "b", "4")
	_, err := client.UpdateBudget(t.Context(), &budgetsapi.UpdateBudgetInput{AccountId: aws.String(testAccount), NewBudget: budgetOf("b", "15")})
	require.NoError(t, err)
	out, err := client.DescribeBudget(t.Context(), &budgetsapi.DescribeBudgetInput{AccountId: aws.String(testAccount), BudgetName: aws.String("b")})
	require.NoError(t, err)
	require.Equal(t, "15", *out.Budget.BudgetLimit.Amount)
	require.Equal(t, "0", *out.Budget.CalculatedSpend.ActualSpend.Amount, "nothing is billed")
	told, err := client.DescribeSubscribersForNotification(t.Context(), &budgetsapi.DescribeSubscribersForNotificationInput{
		AccountId: aws.String(testAccount), BudgetName: aws.String("b"), Notification: at})
	require.NoError(t, err)
	require.Len(t, told.Subscribers, 1)
	require.Empty(t, forwarded, "the emulator knows of none")
}

func TestBudgetsAreListedByPage(t *testing.T) {
	t.Parallel()
	config, _ := clients(t)
	client := budgetsapi.NewFromConfig(config)
	for _, name := range []string{"a", "b", "c"} {
		makeBudget(t, client, name, "1")
	}
	pages := budgetsapi.NewDescribeBudgetsPaginator(client, &budgetsapi.DescribeBudgetsInput{AccountId: aws.String(testAccount), MaxResults: aws.Int32(2)})
	var sizes []int
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		require.NoError(t, err)
		sizes = append(sizes, len(page.Budgets))
	}
	require.Equal(t, []int{2, 1}, sizes)
}

func TestBudgetThatIsGone(t *testing.T) {
	t.Parallel()
	config, _ := clients(t)
	client := budgetsapi.NewFromConfig(config)
	at := makeBudget(t, client, "b", "1")
	gone := &budgetsapi.DeleteBudgetInput{AccountId: aws.String(testAccount), BudgetName: aws.String("b")}
	_, err := client.DeleteBudget(t.Context(), gone)
	require.NoError(t, err)
	var none *budgettypes.NotFoundException
	_, err = client.DeleteBudget(t.Context(), gone)
	require.ErrorAs(t, err, &none)
	_, err = client.DeleteNotification(t.Context(), &budgetsapi.DeleteNotificationInput{
		AccountId: aws.String(testAccount), BudgetName: aws.String("b"), Notification: at})
	require.ErrorAs(t, err, &none)
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
