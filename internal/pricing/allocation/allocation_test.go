package allocation_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/genericcorp/platform/internal/pricing/allocation"
)

// drawPools draws what each group costs and could do.
func drawPools(t *rapid.T) (pools allocation.Pools) {
	for group := range pools {
		if allocation.Group(group) == allocation.Own {
			continue
		}
		pools[group].Cost = allocation.Micros(rapid.Int64Range(0, 5_000_000_000).Draw(t, "cost"))
		pools[group].Capacity = rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(0, 1<<40)).Draw(t, "capacity")
	}
	return pools
}

func used() *rapid.Generator[int64] {
	return rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(0, 100), rapid.Int64Range(0, 1<<45))
}

// drawTenants draws up to 40 tenants of all kinds, or none.
func drawTenants(t *rapid.T) []allocation.Tenant {
	var tenants []allocation.Tenant
	for _, name := range rapid.SliceOfNDistinct(rapid.StringMatching(`[a-c]{0,4}`), 0, 40, rapid.ID).Draw(t, "names") {
		tenant := allocation.Tenant{Name: name, Usage: allocation.Usage{
			Requests: used().Draw(t, "requests"), Bytes: used().Draw(t, "bytes"), Milliseconds: used().Draw(t, "ms"),
			StoredKiBMinutes: used().Draw(t, "stored"), ActiveSeconds: used().Draw(t, "active"),
		}}
		if name != "" && rapid.Bool().Draw(t, "exists") {
			price := allocation.Micros(rapid.Int64Range(0, 149_000_000).Draw(t, "price"))
			tenant.Tier, tenant.Own, tenant.Price = "pro", allocation.Micros(rapid.Int64Range(0, 450_000).Draw(t, "own")), &price
		}
		tenants = append(tenants, tenant)
	}
	return tenants
}

// Whatever was used, the lines add up to the whole and the whole to what was paid: nothing is lost and nothing made up.
func TestNothingIsLost(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		pools, tenants := drawPools(t), drawTenants(t)
		table, err := allocation.Allocate(pools, tenants)
		require.NoError(t, err)
		paid, own, price := allocation.Micros(0), allocation.Micros(0), allocation.Micros(0)
		for _, pool := range pools {
			paid += pool.Cost
		}
		for _, tenant := range tenants {
			own += tenant.Own
			if tenant.Price != nil {
				price += *tenant.Price
			}
		}
		require.Equal(t, paid+own, table.Whole.Cost)
		require.Equal(t, price, *table.Whole.Price)
		require.Equal(t, price-paid-own, *table.Whole.Margin)
		require.Len(t, table.Rows, len(tenants)+2)
		sum := allocation.Micros(0)
		var parts allocation.Parts
		for _, row := range table.Rows {
			require.Equal(t, row.Parts.Sum(), row.Cost)
			sum += row.Cost
			for group, amount := range row.Parts {
				require.GreaterOrEqual(t, amount, allocation.Micros(0))
				parts[group] += amount
			}
		}
		require.Equal(t, table.Whole.Cost, sum)
		require.Equal(t, table.Whole.Parts, parts)
		for group, pool := range pools {
			if allocation.Group(group) != allocation.Own {
				require.Equal(t, pool.Cost, parts[group], allocation.Group(group))
			}
		}
	})
}

// The order of the input decides nothing, and a tenant that uses more of something never pays less of it than one that uses less.
func TestSharesFollowUsage(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		pools, tenants := drawPools(t), drawTenants(t)
		table, err := allocation.Allocate(pools, tenants)
		require.NoError(t, err)
		shuffled := rapid.Permutation(tenants).Draw(t, "order")
		again, err := allocation.Allocate(pools, shuffled)
		require.NoError(t, err)
		require.Equal(t, table, again)

		by := map[string]allocation.Row{}
		for _, row := range table.Rows {
			if row.Kind != allocation.Idle && row.Kind != allocation.Overhead {
				by[row.Tenant] = row
			}
		}
		for _, a := range tenants {
			for _, b := range tenants {
				if a.Usage.ActiveSeconds > b.Usage.ActiveSeconds {
					require.GreaterOrEqual(t, by[a.Name].Parts[allocation.Database], by[b.Name].Parts[allocation.Database])
				}
			}
			if a.Usage.Bytes == 0 {
				require.Zero(t, by[a.Name].Parts[allocation.Traffic])
			}
		}
	})
}

func usd(amount float64) allocation.Micros { return allocation.Micros(amount * 1_000_000) }

func TestEachKey(t *testing.T) {
	t.Parallel()
	price := usd(49)
	table, err := allocation.Allocate(allocation.Pools{
		allocation.Database: {Cost: usd(100), Capacity: 1000}, allocation.Storage: {Cost: usd(50), Capacity: 500}, allocation.Compute: {Cost: usd(80), Capacity: 100},
		allocation.Cache: {Cost: usd(10)}, allocation.Edge: {Cost: usd(20), Capacity: 0}, allocation.Traffic: {Cost: usd(40)}, allocation.Platform: {Cost: usd(7)},
	}, []allocation.Tenant{
		{Name: "acme", Tier: "pro", Own: usd(0.45), Price: &price, Usage: allocation.Usage{Requests: 6, Bytes: 30, Milliseconds: 150, StoredKiBMinutes: 100, ActiveSeconds: 250}},
		{Name: "left", Usage: allocation.Usage{Requests: 3, Bytes: 10, Milliseconds: 50, StoredKiBMinutes: 50, ActiveSeconds: 50}},
		{Usage: allocation.Usage{Requests: 1}},
	})
	require.NoError(t, err)
	rows := table.Rows
	require.Len(t, rows, 5)
	require.Equal(t, allocation.Parts{usd(0.45), usd(25), usd(10), usd(60), usd(6), usd(12), usd(30), 0}, rows[0].Parts, "more time than the nodes have: nothing of them is idle")
	require.Equal(t, allocation.Known, rows[0].Kind)
	require.Equal(t, usd(143.45), rows[0].Cost)
	require.Equal(t, usd(49)-usd(143.45), *rows[0].Margin)
	require.Equal(t, allocation.Parts{0, usd(5), usd(5), usd(20), usd(3), usd(6), usd(10), 0}, rows[1].Parts)
	require.Equal(t, allocation.Gone, rows[1].Kind)
	require.Nil(t, rows[1].Margin)
	require.Equal(t, allocation.Parts{0, 0, 0, 0, usd(1), usd(2), 0, 0}, rows[2].Parts)
	require.Equal(t, allocation.Nobody, rows[2].Kind)
	require.Equal(t, allocation.Parts{0, usd(70), usd(35), 0, 0, 0, 0, 0}, rows[3].Parts)
	require.Equal(t, allocation.Idle, rows[3].Kind)
	require.Equal(t, allocation.Parts{0, 0, 0, 0, 0, 0, 0, usd(7)}, rows[4].Parts)
	require.Equal(t, allocation.Overhead, rows[4].Kind)
	require.Equal(t, usd(307.45), table.Whole.Cost)
}

// Where nobody used anything, all that is shared is idle, also where nobody knows what could be used.
func TestNoUsageIsIdle(t *testing.T) {
	t.Parallel()
	pools := allocation.Pools{allocation.Database: {Cost: usd(100), Capacity: 1000}, allocation.Traffic: {Cost: usd(40)}, allocation.Platform: {Cost: usd(7)}}
	for _, tenants := range [][]allocation.Tenant{nil, {{Name: "acme", Tier: "free"}}} {
		table, err := allocation.Allocate(pools, tenants)
		require.NoError(t, err)
		idle := table.Rows[len(table.Rows)-2]
		require.Equal(t, allocation.Idle, idle.Kind)
		require.Equal(t, usd(140), idle.Cost)
		require.Equal(t, usd(147), table.Whole.Cost)
	}
}

func TestAbsurdInputIsRefusedByName(t *testing.T) {
	t.Parallel()
	negative := allocation.Micros(-5)
	_, err := allocation.Allocate(allocation.Pools{
		allocation.Own: {Cost: 1}, allocation.Database: {Cost: -1}, allocation.Storage: {Capacity: -2},
	}, []allocation.Tenant{
		{Name: "acme", Own: -3, Price: &negative, Usage: allocation.Usage{Requests: -1, Bytes: -2, Milliseconds: -3, StoredKiBMinutes: -4, ActiveSeconds: 1<<56 + 1}},
		{Name: "acme"},
	})
	require.Error(t, err)
	require.Equal(t, []string{
		`database.cost: got -1, expected 0 to 1000000000000000`,
		`storage.capacity: got -2, expected 0 to 72057594037927936`,
		`own.cost: got 1, expected 0, as each tenant has its own`,
		`tenant "acme".own: got -3, expected 0 to 1000000000000000`,
		`tenant "acme".price: got -5, expected 0 to 1000000000000000`,
		`tenant "acme".requests: got -1, expected 0 to 72057594037927936`,
		`tenant "acme".bytes: got -2, expected 0 to 72057594037927936`,
		`tenant "acme".milliseconds: got -3, expected 0 to 72057594037927936`,
		`tenant "acme".storedKiBMinutes: got -4, expected 0 to 72057594037927936`,
		`tenant "acme".activeSeconds: got 72057594037927937, expected 0 to 72057594037927936`,
		`tenant "acme": got "two lines", expected one line a tenant`,
	}, strings.Split(err.Error(), "\n"))

	many := make([]allocation.Tenant, 65)
	for i := range many {
		many[i] = allocation.Tenant{Name: fmt.Sprint("t", i), Usage: allocation.Usage{Bytes: 1 << 56}}
	}
	_, err = allocation.Allocate(allocation.Pools{}, many)
	require.ErrorContains(t, err, "traffic.usage: got 4.68")
	table, err := allocation.Allocate(allocation.Pools{allocation.Traffic: {Cost: 1_000_000_000_000_000}}, many[:64])
	require.NoError(t, err, "the largest of all")
	require.Equal(t, allocation.Micros(15_625_000_000_000), table.Rows[0].Cost)
}

// Apportion in the plain way, by decimals of any size.
func TestApportion(t *testing.T) {
	t.Parallel()
	require.Equal(t, []int64{34, 33, 33}, allocation.Apportion(int64(100), []int64{1, 1, 1}))
	require.Equal(t, []int64{0, 1}, allocation.Apportion(int64(1), []int64{1, 2}))
	require.Equal(t, []int64{0, 0}, allocation.Apportion(int64(7), []int64{0, 0}))
	rapid.Check(t, func(t *rapid.T) {
		amount := rapid.Int64Range(0, 1<<62).Draw(t, "amount")
		weights := rapid.SliceOfN(rapid.Int64Range(0, 1<<57), 1, 30).Draw(t, "weights")
		whole := decimal.Zero
		for _, weight := range weights {
			whole = whole.Add(decimal.NewFromInt(weight))
		}
		parts, sum := allocation.Apportion(amount, weights), int64(0)
		for i, part := range parts {
			sum += part
			if whole.IsZero() {
				continue
			}
			down, _ := decimal.NewFromInt(amount).Mul(decimal.NewFromInt(weights[i])).QuoRem(whole, 0)
			require.Contains(t, []int64{down.IntPart(), down.IntPart() + 1}, part)
		}
		if !whole.IsZero() {
			require.Equal(t, amount, sum)
		}
	})
}

func TestMoney(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]allocation.Micros{"0": 0, "0.0000004": 0, "0.0000005": 1, "12.345678": 12345678, "1000000000": 1_000_000_000_000_000} {
		got, err := allocation.MicrosOf("it", decimal.RequireFromString(text))
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for _, text := range []string{"-0.01", "1000000000.01"} {
		_, err := allocation.MicrosOf("it", decimal.RequireFromString(text))
		require.EqualError(t, err, "it: got "+text+", expected USD 0 to 1000000000")
	}
	written, err := json.Marshal(allocation.Row{Kind: allocation.Idle, Cost: 1_500_000, Parts: allocation.Parts{allocation.Storage: 1_500_000}})
	require.NoError(t, err)
	require.JSONEq(t, `{"kind": "idle", "tenant": "", "tier": "", "costUsd": "1.500000", "priceUsd": null, "marginUsd": null, "partsUsd": {"own": "0.000000",
		"database": "0.000000", "storage": "1.500000", "compute": "0.000000", "cache": "0.000000", "edge": "0.000000", "traffic": "0.000000", "platform": "0.000000"}}`, string(written))
}

// The page that explains a bill has the keys that are used.
func TestPageHasTheKeys(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../docs/allocation.md")
	require.NoError(t, err)
	var want strings.Builder
	for _, key := range allocation.Keys() {
		capacity := key.Capacity
		if capacity == "" {
			capacity = "-"
		}
		fmt.Fprintf(&want, "| %s | %s | %s | %s |\n", key.Name, key.What, key.By, capacity)
	}
	assert.Contains(t, string(page), want.String())
}

// What a person adds up in the table comes out: costs and prices in cents, each next to its exact amount.
func TestCentsAddUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		micros := rapid.Int64Range(0, 2_000_000)
		table := allocation.Table{Whole: allocation.Row{Price: new(allocation.Micros)}}
		for range rapid.IntRange(1, 30).Draw(t, "rows") {
			row := allocation.Row{Cost: allocation.Micros(micros.Draw(t, "cost"))}
			table.Whole.Cost += row.Cost
			if rapid.Bool().Draw(t, "pays") {
				price := allocation.Micros(micros.Draw(t, "price"))
				row.Price = &price
				*table.Whole.Price += price
			}
			table.Rows = append(table.Rows, row)
		}
		costs, prices := table.Cents()
		require.Len(t, costs, len(table.Rows)+1)
		last := len(table.Rows)
		require.InDelta(t, float64(table.Whole.Cost)/10_000, costs[last], 0.5)
		for i, row := range table.Rows {
			costs[last] -= costs[i]
			prices[last] -= prices[i]
			require.InDelta(t, float64(row.Cost)/10_000, costs[i], 1.5)
		}
		require.Zero(t, costs[last])
		require.Zero(t, prices[last])
	})
}

// BenchmarkMonth replays a month of 720 hours with 500 tenants, hour by hour.
func BenchmarkMonth(b *testing.B) {
	const tenants, hours = 500, 720
	pools := allocation.Pools{
		allocation.Database: {Cost: 556_000, Capacity: 7200}, allocation.Storage: {Cost: 63_000, Capacity: 200 << 20 * 60}, allocation.Compute: {Cost: 767_000, Capacity: 8 * 3_600_000},
		allocation.Cache: {Cost: 105_000}, allocation.Edge: {Cost: 40_000}, allocation.Traffic: {Cost: 190_000}, allocation.Platform: {Cost: 400_000},
	}
	all := make([]allocation.Tenant, tenants)
	price := allocation.Micros(12_328)
	for i := range all {
		n := int64(i)
		all[i] = allocation.Tenant{Name: fmt.Sprintf("tenant-%03d", i), Tier: "starter", Own: 616, Price: &price, Usage: allocation.Usage{
			Requests: n * 7919 % 5000, Bytes: n * 104_729 % 50_000_000, Milliseconds: n * 1299 % 60_000, StoredKiBMinutes: n * 15_485_863 % (60 << 20), ActiveSeconds: n * 31 % 20,
		}}
	}
	for b.Loop() {
		for range hours {
			if _, err := allocation.Allocate(pools, slices.Clone(all)); err != nil {
				b.Fatal(err)
			}
		}
	}
}
