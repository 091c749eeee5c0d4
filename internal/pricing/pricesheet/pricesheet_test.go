package pricesheet

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/check"
	"github.com/genericcorp/platform/internal/pricing/allocation"
)

func TestEveryMistakeIsNamed(t *testing.T) {
	t.Parallel()
	s := Sheet{Own: decimal.NewFromInt(-1), NodeVCPUs: decimal.NewFromInt(1_000_000_000)}
	s.Groups[allocation.Own], s.Groups[allocation.Cache] = decimal.NewFromInt(1), decimal.NewFromInt(-2)
	s.AssumedTraffic, s.Spared = decimal.NewFromInt(3), []Spared{{Tenant: "Acme"}}
	problems := check.Under("sheet.")
	s.Check(problems)
	for _, want := range []string{
		`sheet.environment: got "", expected its name`, "sheet.computed:", `sheet.ownUsd: got "-1", expected 0 to 100000000`, `sheet.nodeVcpus: got "1000000000"`,
		`sheet.groupsUsd.cache: got "-2"`, `sheet.groupsUsd.own: got "1", expected 0, as each tenant has its own`,
		`sheet.assumedTrafficUsd: got "3", expected at most groupsUsd.traffic`, `sheet.spared[0].tenant: got "Acme"`, `sheet.spared[0].reason: got ""`,
	} {
		require.ErrorContains(t, problems.Err(), want)
	}
}

func TestUnknownGroupIsRefused(t *testing.T) {
	t.Parallel()
	var s Sheet
	require.ErrorContains(t, json.Unmarshal([]byte(`{"groupsUsd": {"cache": "1", "lunch": "2"}}`), &s), `groupsUsd: got "lunch"`)
}

func TestPools(t *testing.T) {
	t.Parallel()
	s := Sheet{DatabaseVCPUs: decimal.NewFromInt(2), NodeVCPUs: decimal.NewFromInt(4), DatabaseGiB: decimal.NewFromInt(100)}
	s.Groups[allocation.Database] = decimal.NewFromInt(730)
	pools, err := s.Pools(time.Hour)
	require.NoError(t, err)
	require.Equal(t, allocation.Pool{Cost: 1_000_000, Capacity: 2 * 3600}, pools[allocation.Database])
	require.Equal(t, int64(4*3_600_000), pools[allocation.Compute].Capacity)
	require.Equal(t, int64(100<<20*60), pools[allocation.Storage].Capacity)
}
