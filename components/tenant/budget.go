package tenant

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/budgets"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/tagging"
	"github.com/genericcorp/platform/internal/tenant/slug"
	"github.com/genericcorp/platform/internal/tiers"
)

// percents of the tier's limit at which people are told: it comes near, it is reached, it is passed by as much again.
var percents = []float64{90, 100, 200}

// makeBudget watches what carries the tenant's tag, which is its secret and nothing else today: its share of database, cache,
// nodes and traffic has no tag, and no meter yet. So it fires when somebody makes more AWS resources for the tenant than its
// tier allows, and says nothing of how much the tenant uses. AWS knows costs 8 to 12 hours late, and the tag a day after it was
// activated for billing: this is the second line, behind the price check before each deployment. It tells people and stops
// nothing by itself.
func (a *TenantArgs) makeBudget(ctx *pulumi.Context, name string, tier tiers.Tier, parent *Tenant) (pulumi.StringOutput, error) {
	list := budgets.BudgetNotificationArray{}
	for _, percent := range percents {
		list = append(list, &budgets.BudgetNotificationArgs{
			NotificationType:       pulumi.String("ACTUAL"),
			ComparisonOperator:     pulumi.String("GREATER_THAN"),
			Threshold:              pulumi.Float64(percent),
			ThresholdType:          pulumi.String("PERCENTAGE"),
			SubscriberSnsTopicArns: pulumi.StringArray{a.CostTopicARN},
		})
	}
	made, err := budgets.NewBudget(ctx, name, &budgets.BudgetArgs{
		AccountId:     pulumi.String(a.AccountID),
		NamePrefix:    pulumi.String(slug.BudgetName(a.Environment, a.Slug) + "-"),
		BudgetType:    pulumi.String("COST"),
		TimeUnit:      pulumi.String("MONTHLY"),
		LimitAmount:   pulumi.String(tier.Limits.MonthlyCostUSD.StringFixed(2)),
		LimitUnit:     pulumi.String("USD"),
		CostTypes:     tagging.CostTypes(),
		CostFilters:   tagging.CostFilters(tagging.KeyTenant, a.Slug),
		Notifications: list,
	}, pulumi.Parent(parent))
	if err != nil {
		return pulumi.StringOutput{}, fmt.Errorf("create budget: %w", err)
	}
	return made.Name, nil
}
