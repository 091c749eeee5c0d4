package budget

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/budgets"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// breakerPercent is where the breaker acts, in per cent of the month's limit.
const breakerPercent = 100

// BreakerName is the name of the breaker's policy and of the role in which AWS Budgets attaches it. `platform bootstrap` makes
// both. The program only refers to them: whoever deploys could otherwise write into the policy what he likes, and have the
// role give it to himself.
const BreakerName = "platform-budget-breaker"

// BreakerPolicyARN is the policy that denies new spend, in an account.
func BreakerPolicyARN(account string) string {
	return "arn:aws:iam::" + account + ":policy/" + BreakerName
}

// BreakerRoleARN is the role in which AWS Budgets attaches that policy and detaches it.
func BreakerRoleARN(account string) string { return "arn:aws:iam::" + account + ":role/" + BreakerName }

// makeBreaker makes the action that denies new spend to the named roles, and nothing when none is named.
func (b *builder) makeBreaker() error {
	if len(b.args.Breaker.Roles) == 0 {
		b.parent.BreakerPolicyARN = pulumi.String("").ToStringOutput()
		return nil
	}
	policy := pulumi.String(BreakerPolicyARN(b.args.AccountID))
	_, err := budgets.NewBudgetAction(b.ctx, b.name+"-breaker", &budgets.BudgetActionArgs{
		AccountId:        pulumi.String(b.args.AccountID),
		BudgetName:       b.parent.Name,
		ActionType:       pulumi.String("APPLY_IAM_POLICY"),
		ApprovalModel:    pulumi.String(b.args.Breaker.Mode.approvalModel()),
		NotificationType: pulumi.String(actual),
		ExecutionRoleArn: pulumi.String(BreakerRoleARN(b.args.AccountID)),
		ActionThreshold: &budgets.BudgetActionActionThresholdArgs{
			ActionThresholdType:  pulumi.String("PERCENTAGE"),
			ActionThresholdValue: pulumi.Float64(breakerPercent),
		},
		Definition: &budgets.BudgetActionDefinitionArgs{
			IamActionDefinition: &budgets.BudgetActionDefinitionIamActionDefinitionArgs{
				PolicyArn: policy,
				Roles:     pulumi.ToStringArray(b.args.Breaker.Roles),
			},
		},
		Subscribers: b.breakerSubscribers(),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("create breaker: %w", err)
	}
	b.parent.BreakerPolicyARN = policy.ToStringOutput()
	return nil
}

// breakerSubscribers are told that the breaker acted or waits for approval.
func (b *builder) breakerSubscribers() budgets.BudgetActionSubscriberArray {
	list := budgets.BudgetActionSubscriberArray{&budgets.BudgetActionSubscriberArgs{
		SubscriptionType: pulumi.String("SNS"), Address: b.parent.TopicARN,
	}}
	for _, address := range b.args.Mail {
		list = append(list, &budgets.BudgetActionSubscriberArgs{
			SubscriptionType: pulumi.String("EMAIL"), Address: pulumi.String(address),
		})
	}
	return list
}

// approvalModel is the mode in the words of AWS Budgets.
func (m BreakerMode) approvalModel() string {
	if m == BreakerApproval {
		return "MANUAL"
	}
	return "AUTOMATIC"
}
