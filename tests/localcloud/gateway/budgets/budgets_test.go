package budgets

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	budgetsapi "github.com/aws/aws-sdk-go-v2/service/budgets"
	budgettypes "github.com/aws/aws-sdk-go-v2/service/budgets/types"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi/awsapitest"
)

// newClient is a client of the service alone, which must not need the emulator.
func newClient(t *testing.T) *budgetsapi.Client {
	t.Helper()
	return budgetsapi.NewFromConfig(awsapitest.Config(t, New(awsapitest.Account, awsapitest.Unreachable(t))))
}

// makeBudget makes a budget that notifies one address at 90 per cent.
func makeBudget(t *testing.T, client *budgetsapi.Client, name, limit string) *budgettypes.Notification {
	t.Helper()
	at := &budgettypes.Notification{NotificationType: "ACTUAL", ComparisonOperator: "GREATER_THAN", Threshold: 90}
	_, err := client.CreateBudget(t.Context(), &budgetsapi.CreateBudgetInput{
		AccountId: aws.String(awsapitest.Account.ID), Budget: budgetOf(name, limit),
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
	client := newClient(t)
	at := makeBudget(t, client, "b", "4")
	_, err := client.UpdateBudget(t.Context(), &budgetsapi.UpdateBudgetInput{AccountId: aws.String(awsapitest.Account.ID), NewBudget: budgetOf("b", "15")})
	require.NoError(t, err)
	out, err := client.DescribeBudget(t.Context(), &budgetsapi.DescribeBudgetInput{AccountId: aws.String(awsapitest.Account.ID), BudgetName: aws.String("b")})
	require.NoError(t, err)
	require.Equal(t, "15", *out.Budget.BudgetLimit.Amount)
	require.Equal(t, "0", *out.Budget.CalculatedSpend.ActualSpend.Amount, "nothing is billed")
	subscribers, err := client.DescribeSubscribersForNotification(t.Context(), &budgetsapi.DescribeSubscribersForNotificationInput{
		AccountId: aws.String(awsapitest.Account.ID), BudgetName: aws.String("b"), Notification: at})
	require.NoError(t, err)
	require.Len(t, subscribers.Subscribers, 1)
}

func TestBudgetsAreListedByPage(t *testing.T) {
	t.Parallel()
	client := newClient(t)
	for _, name := range []string{"a", "b", "c"} {
		makeBudget(t, client, name, "1")
	}
	pages := budgetsapi.NewDescribeBudgetsPaginator(client, &budgetsapi.DescribeBudgetsInput{AccountId: aws.String(awsapitest.Account.ID), MaxResults: aws.Int32(2)})
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
	client := newClient(t)
	at := makeBudget(t, client, "b", "1")
	gone := &budgetsapi.DeleteBudgetInput{AccountId: aws.String(awsapitest.Account.ID), BudgetName: aws.String("b")}
	_, err := client.DeleteBudget(t.Context(), gone)
	require.NoError(t, err)
	var none *budgettypes.NotFoundException
	_, err = client.DeleteBudget(t.Context(), gone)
	require.ErrorAs(t, err, &none)
	_, err = client.DeleteNotification(t.Context(), &budgetsapi.DeleteNotificationInput{
		AccountId: aws.String(awsapitest.Account.ID), BudgetName: aws.String("b"), Notification: at})
	require.ErrorAs(t, err, &none)
}

func TestBudgetActionLivesAndDies(t *testing.T) {
	t.Parallel()
	client := newClient(t)
	made, err := client.CreateBudgetAction(t.Context(), &budgetsapi.CreateBudgetActionInput{
		AccountId: aws.String(awsapitest.Account.ID), BudgetName: aws.String("b"), ActionType: "APPLY_IAM_POLICY", ApprovalModel: "AUTOMATIC",
		ActionThreshold:  &budgettypes.ActionThreshold{ActionThresholdType: "PERCENTAGE", ActionThresholdValue: 100},
		Definition:       &budgettypes.Definition{IamActionDefinition: &budgettypes.IamActionDefinition{PolicyArn: aws.String("arn:aws:iam::123456789012:policy/deny-new-spend"), Roles: []string{"r"}}},
		ExecutionRoleArn: aws.String("arn:aws:iam::123456789012:role/breaker-execution"), NotificationType: "ACTUAL",
		Subscribers: []budgettypes.Subscriber{{Address: aws.String("a@genericcorp.example"), SubscriptionType: "EMAIL"}},
	})
	require.NoError(t, err)
	all := &budgetsapi.DescribeBudgetActionsForBudgetInput{AccountId: aws.String(awsapitest.Account.ID), BudgetName: aws.String("b")}
	list, err := client.DescribeBudgetActionsForBudget(t.Context(), all)
	require.NoError(t, err)
	require.Len(t, list.Actions, 1)
	require.Equal(t, budgettypes.ActionStatusStandby, list.Actions[0].Status)
	_, err = client.DeleteBudgetAction(t.Context(), &budgetsapi.DeleteBudgetActionInput{
		AccountId: aws.String(awsapitest.Account.ID), BudgetName: aws.String("b"), ActionId: made.ActionId})
	require.NoError(t, err)
	list, err = client.DescribeBudgetActionsForBudget(t.Context(), all)
	require.NoError(t, err)
	require.Empty(t, list.Actions)
}
