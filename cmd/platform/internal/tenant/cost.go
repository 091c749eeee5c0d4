package tenant

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/budgets"
	"github.com/aws/aws-sdk-go-v2/service/budgets/types"

	"github.com/genericcorp/platform/components/tagging"
	"github.com/genericcorp/platform/internal/tenant/slug"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// Cost is what a tenant's own AWS resources cost this month.
type Cost struct {
	// CostKnown says that the budgets could be read.
	CostKnown bool `json:"costKnown"`
	// SpentUSD is what AWS has counted for what carries the tenant's tag, hours late; nil: not known.
	SpentUSD *string `json:"spentUsd"`
	// BudgetUSD is the tenant's limit; nil: there is no budget, or it is not known.
	BudgetUSD *string `json:"budgetUsd"`
}

// costs are those of an environment's tenants.
type costs struct {
	bySlug   map[string]types.Budget // nil: not known
	warnings []string
}

// of adds to a tenant what it costs.
func (c costs) of(tenant api.Tenant) Listed {
	cost := Cost{CostKnown: c.bySlug != nil}
	if budget, ok := c.bySlug[tenant.Slug]; ok {
		cost.BudgetUSD = budget.BudgetLimit.Amount
		if budget.CalculatedSpend != nil && budget.CalculatedSpend.ActualSpend != nil {
			cost.SpentUSD = budget.CalculatedSpend.ActualSpend.Amount
		}
	}
	return Listed{Tenant: tenant, Cost: cost}
}

// costs reads the tenants' budgets. That it cannot is no reason to tell nothing: the costs are unknown then, with a
// warning that says why.
func (t *Tenants) costs(ctx context.Context) (costs, error) {
	found, err := t.budgets(ctx)
	switch {
	case err == nil:
		return costs{bySlug: found}, nil
	case ctx.Err() != nil:
		return costs{}, context.Cause(ctx)
	default:
		return costs{warnings: []string{fmt.Sprintf("what the tenants cost is not known: %v", err)}}, nil
	}
}

// budgetsPage is the most budgets that AWS tells at once.
const budgetsPage = 100

// budgets finds the budgets of the environment's tenants.
func (t *Tenants) budgets(ctx context.Context) (map[string]types.Budget, error) {
	found := map[string]types.Budget{}
	err := t.eachBudget(ctx, func(tenant string, budget types.Budget) {
		if budget.BudgetLimit != nil {
			found[tenant] = budget
		}
	})
	return found, err
}

// eachBudget finds the budgets of the environment's tenants by their names and the tag that they watch.
func (t *Tenants) eachBudget(ctx context.Context, take func(tenant string, budget types.Budget)) error {
	client, account, err := t.budgetService(ctx)
	if err != nil {
		return err
	}
	pages := budgets.NewDescribeBudgetsPaginator(client,
		&budgets.DescribeBudgetsInput{AccountId: aws.String(account), MaxResults: aws.Int32(budgetsPage)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		var none *types.NotFoundException
		if errors.As(err, &none) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the tenants' budgets: %w", err)
		}
		for _, budget := range page.Budgets {
			if tenant, ok := watched(t.Environment.Name(), budget); ok {
				take(tenant, budget)
			}
		}
	}
	return nil
}

// budgetService is AWS's service of budgets, with the account that every call of it names.
func (t *Tenants) budgetService(ctx context.Context) (client *budgets.Client, account string, err error) {
	if account, err = t.output(ctx, "accountId"); err != nil {
		return nil, "", err
	}
	config, err := t.aws(ctx)
	if err != nil {
		return nil, "", err
	}
	return budgets.NewFromConfig(config), account, nil
}

// watched gives the tenant of the environment that a budget is about.
func watched(environment string, budget types.Budget) (tenant string, ok bool) {
	values := budget.CostFilters[tagging.CostFilterName] //nolint:staticcheck // what the provider makes budgets with
	if len(values) != 1 {
		return "", false
	}
	tenant, ok = strings.CutPrefix(values[0], tagging.CostFilterValue(tagging.KeyTenant, ""))
	return tenant, ok && strings.HasPrefix(aws.ToString(budget.BudgetName), slug.BudgetName(environment, tenant)+"-")
}
