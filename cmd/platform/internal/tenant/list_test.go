package tenant

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/budgets/types"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/provisioner/api"
)

func TestBudgetsAreFoundByTheirNameAndTag(t *testing.T) {
	t.Parallel()
	budget := func(name string, values ...string) types.Budget {
		return types.Budget{BudgetName: aws.String(name), CostFilters: map[string][]string{"TagKeyValue": values}} //nolint:staticcheck // what the provider makes budgets with
	}
	slug, ok := watched("prod", budget("platform-prod-tenant-acme-1", "user:tenant$acme"))
	require.True(t, ok)
	require.Equal(t, "acme", slug)
	for _, other := range []types.Budget{
		{}, budget("platform-prod-tenant-acme-1"), budget("platform-prod-tenant-acme-1", "user:owner$acme"),
		budget("platform-prod-tenant-acme-1", "user:tenant$acme", "user:tenant$birch"),
		budget("platform-dev-tenant-acme-1", "user:tenant$acme"), budget("by hand", "user:tenant$acme"),
	} {
		_, ok := watched("prod", other)
		require.False(t, ok, other)
	}
}

func TestListTellsWhatIsSpent(t *testing.T) {
	t.Parallel()
	f, tenants := newFakeEnvironment(t)
	f.budgets = func(rw http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(rw, `{"Budgets":[{"BudgetName":"platform-prod-tenant-acme-1","BudgetLimit":{"Amount":"15.0","Unit":"USD"},
			"CalculatedSpend":{"ActualSpend":{"Amount":"1.25","Unit":"USD"}},"CostFilters":{"TagKeyValue":["user:tenant$acme"]},"TimeUnit":"MONTHLY","BudgetType":"COST"}]}`)
	}
	list, err := tenants.List(t.Context())
	require.NoError(t, err)
	require.Len(t, list.Tenants, 2)
	require.Empty(t, list.Warnings)
	require.Equal(t, Cost{CostKnown: true, SpentUSD: aws.String("1.25"), BudgetUSD: aws.String("15.0")}, list.Tenants[0].Cost)
	require.Equal(t, Cost{CostKnown: true}, list.Tenants[1].Cost, "it has no budget")
}

// A list of many asks the provisioner once and the budgets by the page.
func TestListAsksOnceForAll(t *testing.T) {
	t.Parallel()
	f, tenants := newFakeEnvironment(t)
	var pages []string
	f.budgets = func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		pages = append(pages, string(body))
		next := fmt.Sprintf(`,"NextToken":"%d"`, len(pages))
		if len(pages) == 2 {
			next = ""
		}
		_, _ = io.WriteString(rw, `{"Budgets":[]`+next+`}`)
	}
	_, err := tenants.List(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"list"}, f.happened)
	require.Len(t, pages, 2)
	require.Contains(t, pages[1], `"MaxResults":100`)
}

func TestListWithoutBudgetsSaysThatTheCostIsUnknown(t *testing.T) {
	t.Parallel()
	f, tenants := newTenant(t, "pro", api.StateActive)
	f.budgets = func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("X-Amzn-Errortype", "AccessDeniedException")
		rw.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(rw, `{"Message":"you may not see this"}`)
	}
	list, err := tenants.List(t.Context())
	require.NoError(t, err)
	require.Len(t, list.Tenants, 2)
	require.Equal(t, Cost{}, list.Tenants[0].Cost)
	require.Len(t, list.Warnings, 1)
	require.True(t, strings.HasPrefix(list.Warnings[0], "what the tenants cost is not known: read the tenants' budgets: "), list.Warnings)
	shown, err := tenants.Show(t.Context(), "acme")
	require.NoError(t, err)
	require.Equal(t, list.Warnings[0][:60], shown.Warnings[0][:60])
	require.Equal(t, "pro", shown.Tenant.Tier)
}
