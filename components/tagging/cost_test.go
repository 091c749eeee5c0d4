package tagging_test

import (
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/budgets"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/components/tagging"
	"github.com/genericcorp/platform/internal/pulumitest"
)

// AWS Budgets counts nothing, without a word, when it does not know a filter's form.
func TestCostFiltersAreInTheFormOfAWSBudgets(t *testing.T) {
	t.Parallel()
	r := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		_, err := budgets.NewBudget(ctx, "it", &budgets.BudgetArgs{
			BudgetType: pulumi.String("COST"), TimeUnit: pulumi.String("MONTHLY"), CostFilters: tagging.CostFilters("tenant", "acme"),
		})
		return err
	})
	require.Equal(t, []any{map[string]any{"name": "TagKeyValue", "values": []any{"user:tenant$acme"}}},
		r.One(t, "aws:budgets/budget:Budget", "it").Value(t, "costFilters"))
}
