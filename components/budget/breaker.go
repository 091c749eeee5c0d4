package budget

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/budgets"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/policydoc"
)

// breakerPercent is where the breaker acts, in per cent of the month's limit.
const breakerPercent = 100

// makeBreaker makes the action that denies new spend to the named roles, and nothing when none is named.
func (b *builder) makeBreaker() error {
	if len(b.args.Breaker.Roles) == 0 {
		b.parent.BreakerPolicyARN = pulumi.String("").ToStringOutput()
		return nil
	}
	policy, err := iam.NewPolicy(b.ctx, b.name+"-deny-spend", &iam.PolicyArgs{
		Description: pulumi.String("Denies what costs new money; attached while the month's budget is used up"),
		Policy:      denyNewSpend(),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("create policy of breaker: %w", err)
	}
	role, rights, err := b.makeExecutionRole(policy)
	if err != nil {
		return err
	}
	_, err = budgets.NewBudgetAction(b.ctx, b.name+"-breaker", &budgets.BudgetActionArgs{
		AccountId:        pulumi.String(b.args.AccountID),
		BudgetName:       b.parent.Name,
		ActionType:       pulumi.String("APPLY_IAM_POLICY"),
		ApprovalModel:    pulumi.String(b.args.Breaker.Mode.approvalModel()),
		NotificationType: pulumi.String(actual),
		ExecutionRoleArn: role.Arn,
		ActionThreshold: &budgets.BudgetActionActionThresholdArgs{
			ActionThresholdType:  pulumi.String("PERCENTAGE"),
			ActionThresholdValue: pulumi.Float64(breakerPercent),
		},
		Definition: &budgets.BudgetActionDefinitionArgs{
			IamActionDefinition: &budgets.BudgetActionDefinitionIamActionDefinitionArgs{
				PolicyArn: policy.Arn,
				Roles:     pulumi.ToStringArray(b.args.Breaker.Roles),
			},
		},
		Subscribers: b.breakerSubscribers(),
	}, pulumi.Parent(b.parent), pulumi.DependsOn([]pulumi.Resource{rights}))
	if err != nil {
		return fmt.Errorf("create breaker: %w", err)
	}
	b.parent.BreakerPolicyARN = policy.Arn
	return nil
}

// makeExecutionRole makes the role in which AWS Budgets, for this account alone, attaches and detaches that one
// policy, to exactly those roles. It gives the role and its rights.
func (b *builder) makeExecutionRole(policy *iam.Policy) (*iam.Role, *iam.RolePolicy, error) {
	role, err := iam.NewRole(b.ctx, b.name+"-breaker", &iam.RoleArgs{
		Description: pulumi.String("AWS Budgets, to pull the breaker"),
		AssumeRolePolicy: policydoc.AssumeRole(policydoc.Conditions{
			"StringEquals": {"aws:SourceAccount": {pulumi.String(b.args.AccountID)}},
			"ArnLike":      {"aws:SourceArn": {pulumi.String("arn:aws:budgets::" + b.args.AccountID + ":budget/*")}},
		}, "budgets.amazonaws.com"),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return nil, nil, fmt.Errorf("create role of breaker: %w", err)
	}
	targets := []pulumi.StringInput{}
	for _, name := range b.args.Breaker.Roles {
		targets = append(targets, pulumi.String("arn:aws:iam::"+b.args.AccountID+":role/"+name))
	}
	rights, err := iam.NewRolePolicy(b.ctx, b.name+"-breaker", &iam.RolePolicyArgs{
		Role: role.Name,
		Policy: policydoc.Document(policydoc.Statement{
			Actions:    []string{"iam:AttachRolePolicy", "iam:DetachRolePolicy"},
			Resources:  targets,
			Conditions: policydoc.Conditions{"ArnEquals": {"iam:PolicyARN": {policy.Arn}}},
		}),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return nil, nil, fmt.Errorf("create rights of breaker: %w", err)
	}
	return role, rights, nil
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
