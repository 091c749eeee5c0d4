// Package budget watches what an account spends in a month: it tells people before and when the limit is passed
// and when a service costs more than it used to, and it can stop new spend. AWS knows costs 8 to 12 hours late, so
// this is the second line: the first one is the price check before a deployment.
package budget

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/budgets"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/naming"
	"github.com/genericcorp/platform/components/tagging"
)

// Budget holds what others need of the budget.
type Budget struct {
	pulumi.ResourceState

	Name     pulumi.StringOutput // of the budget in AWS
	TopicARN pulumi.StringOutput // where warnings about money go
	// BreakerPolicyARN is the policy that denies new spend; empty without a breaker.
	BreakerPolicyARN pulumi.StringOutput
}

// maxPrefix keeps the longest generated name of a child, that of a role, within IAM's 64 characters.
const maxPrefix = 40

// builder carries what the parts of a budget share while they are made.
type builder struct {
	ctx    *pulumi.Context
	name   string // prefix of the children's names
	args   BudgetArgs
	parent *Budget
}

// NewBudget makes a budget with its notifications, its breaker and its anomaly monitor. All problems of args are
// reported at once.
func NewBudget(ctx *pulumi.Context, name string, args *BudgetArgs, opts ...pulumi.ResourceOption) (*Budget, error) {
	full := args.withDefaults()
	if err := full.validate(name); err != nil {
		return nil, err
	}
	b := &builder{ctx: ctx, name: naming.Join(maxPrefix, name), args: full, parent: &Budget{}}
	err := ctx.RegisterComponentResourceV2("genericcorp:budget:Budget", name, full.inputs(), b.parent,
		append(opts, tagging.Component("budget"))...)
	if err != nil {
		return nil, fmt.Errorf("register budget %q: %w", name, err)
	}
	for _, step := range []func() error{b.makeTopic, b.makeBudget, b.makeBreaker, b.makeAnomalyMonitor} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("budget %q: %w", name, err)
		}
	}
	return b.parent, ctx.RegisterResourceOutputs(b.parent, pulumi.Map{
		"name":             b.parent.Name,
		"topicArn":         b.parent.TopicARN,
		"breakerPolicyArn": b.parent.BreakerPolicyARN,
	})
}

// What a notification looks at.
const (
	actual     = "ACTUAL"
	forecasted = "FORECASTED" // AWS needs about five weeks of history for one
)

// notifications are sent at these per cent of the month's limit.
var notifications = []struct {
	kind    string
	percent float64
}{
	{actual, 90}, {forecasted, 100}, {actual, breakerPercent}, {actual, 200},
}

// makeBudget makes the budget. People are told twice, by AWS itself and through the topic, because a subscription
// that nobody confirmed is silent.
func (b *builder) makeBudget() error {
	list := budgets.BudgetNotificationArray{}
	for _, n := range notifications {
		list = append(list, &budgets.BudgetNotificationArgs{
			NotificationType:         pulumi.String(n.kind),
			ComparisonOperator:       pulumi.String("GREATER_THAN"),
			Threshold:                pulumi.Float64(n.percent),
			ThresholdType:            pulumi.String("PERCENTAGE"),
			SubscriberEmailAddresses: pulumi.ToStringArray(b.args.Mail),
			SubscriberSnsTopicArns:   pulumi.StringArray{b.parent.TopicARN},
		})
	}
	made, err := budgets.NewBudget(b.ctx, b.name+"-budget", &budgets.BudgetArgs{
		AccountId:     pulumi.String(b.args.AccountID),
		BudgetType:    pulumi.String("COST"),
		TimeUnit:      pulumi.String("MONTHLY"),
		LimitAmount:   pulumi.String(b.args.MonthlyLimitUSD.StringFixed(2)),
		LimitUnit:     pulumi.String("USD"),
		CostFilters:   b.args.CostTag.filters(),
		CostTypes:     tagging.CostTypes(),
		Notifications: list,
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("create budget: %w", err)
	}
	b.parent.Name = made.Name
	return nil
}

// filters is the tag in the form of AWS Budgets.
func (t *CostTag) filters() budgets.BudgetCostFilterArrayInput {
	if t == nil {
		return nil
	}
	return tagging.CostFilters(t.Key, t.Value)
}
