package tenant

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/budgets"
	"github.com/aws/aws-sdk-go-v2/service/budgets/types"

	"github.com/genericcorp/platform/components/schema/contract"
	"github.com/genericcorp/platform/components/tagging"
)

// Listed is one tenant of a list.
type Listed struct {
	contract.Tenant
	// SpentUSD is what AWS has counted this month for what carries the tenant's tag, hours late; nil: not known.
	SpentUSD *string `json:"spentUsd"`
	// BudgetUSD is the tenant's limit a month; nil: there is no budget.
	BudgetUSD *string `json:"budgetUsd"`
}

// List tells about every tenant of the environment, by name.
func (t *Tenants) List(ctx context.Context) ([]Listed, error) {
	response, err := t.call(ctx, contract.Request{Action: contract.ActionList})
	if err != nil {
		return nil, err
	}
	bySlug, err := t.budgets(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]Listed, 0, len(response.Tenants))
	for _, tenant := range response.Tenants {
		listed := Listed{Tenant: tenant}
		if budget, ok := bySlug[tenant.Slug]; ok {
			listed.BudgetUSD = budget.BudgetLimit.Amount
			if budget.CalculatedSpend != nil && budget.CalculatedSpend.ActualSpend != nil {
				listed.SpentUSD = budget.CalculatedSpend.ActualSpend.Amount
			}
		}
		list = append(list, listed)
	}
	return list, nil
}

// budgetsPage is the most budgets that AWS tells at once.
const budgetsPage = 100

// budgets finds the budgets of tenants by the tag that they watch.
func (t *Tenants) budgets(ctx context.Context) (map[string]types.Budget, error) {
	account, err := t.output(ctx, "accountId")
	if err != nil {
		return nil, err
	}
	config, err := t.aws(ctx)
	if err != nil {
		return nil, err
	}
	found := map[string]types.Budget{}
	pages := budgets.NewDescribeBudgetsPaginator(budgets.NewFromConfig(config),
		&budgets.DescribeBudgetsInput{AccountId: aws.String(account), MaxResults: aws.Int32(budgetsPage)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		var none *types.NotFoundException
		if errors.As(err, &none) {
			return found, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read the tenants' budgets: %w", err)
		}
		for _, budget := range page.Budgets {
			if slug, ok := watched(budget); ok && budget.BudgetLimit != nil {
				found[slug] = budget
			}
		}
	}
	return found, nil
}

// watched gives the tenant that a budget is about.
func watched(budget types.Budget) (slug string, ok bool) {
	values := budget.CostFilters["TagKeyValue"] //nolint:staticcheck // what the provider makes budgets with
	if len(values) != 1 {
		return "", false
	}
	return strings.CutPrefix(values[0], "user:"+tagging.KeyTenant+"$")
}
