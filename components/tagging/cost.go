package tagging

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/budgets"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// CostFilters narrows a budget to what carries the tag, in the form that AWS Budgets takes.
func CostFilters(key, value string) budgets.BudgetCostFilterArray {
	return budgets.BudgetCostFilterArray{&budgets.BudgetCostFilterArgs{
		Name: pulumi.String("TagKeyValue"), Values: pulumi.StringArray{pulumi.String("user:" + key + "$" + value)},
	}}
}

// CostTypes are what every budget counts: what is used, support and tax, as the estimate before a deployment does
// (internal/pricing/bill). Credits and refunds are left out: they end, and the bill then comes as a surprise. Support and tax
// carry no tag, and so a budget with a tag sees neither.
func CostTypes() *budgets.BudgetCostTypesArgs {
	return &budgets.BudgetCostTypesArgs{
		IncludeCredit: pulumi.Bool(false), IncludeRefund: pulumi.Bool(false), IncludeSupport: pulumi.Bool(true), IncludeTax: pulumi.Bool(true),
	}
}
