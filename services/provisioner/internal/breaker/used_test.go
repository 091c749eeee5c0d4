package breaker

import (
	"math"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/pricing/allocation"
	"github.com/genericcorp/platform/internal/pricing/pricesheet"
)

// sheet has round prices: an hour of a processor of the database costs 1 USD, one of a node 2 USD, a GiB for a month 0.73 USD, and a GB that
// is sent 0.10 USD.
func sheet() pricesheet.Sheet {
	s := pricesheet.Sheet{
		Environment: "test", Computed: november, Own: decimal.RequireFromString("0.73"), InternetGB: decimal.RequireFromString("0.1"),
		DatabaseVCPUs: decimal.NewFromInt(2), NodeVCPUs: decimal.NewFromInt(4), DatabaseGiB: decimal.NewFromInt(100),
	}
	s.Groups[allocation.Database] = decimal.NewFromInt(2 * 730)
	s.Groups[allocation.Compute] = decimal.NewFromInt(8 * 730)
	s.Groups[allocation.Storage] = decimal.NewFromInt(73)
	for _, group := range []allocation.Group{allocation.Cache, allocation.Edge, allocation.Traffic, allocation.Platform} {
		s.Groups[group] = decimal.NewFromInt(100_000)
	}
	return s
}

// A tenant pays for what it used and sent, and for none of what is there for all, even if it is alone.
func TestUsedIsWhatATenantCauses(t *testing.T) {
	t.Parallel()
	now := november.Add(100 * time.Hour)
	for name, c := range map[string]struct {
		caused Caused
		want   allocation.Micros
	}{
		"own":      {Caused{}, 100_000},
		"own half": {Caused{Since: now.Add(-50 * time.Hour)}, 50_000},
		"too late": {Caused{Since: now.Add(time.Hour)}, 0},
		"database": {Caused{Since: now, Usage: allocation.Usage{ActiveSeconds: 3600}}, dollar},
		"compute":  {Caused{Since: now, Usage: allocation.Usage{Milliseconds: 3_600_000}}, 2 * dollar},
		"storage":  {Caused{Since: now, Usage: allocation.Usage{StoredKiBMinutes: 1 << 20 * 60 * 100}}, 100_000},
		"traffic":  {Caused{Since: now, BytesOut: 1_000_000_000}, 100_000},
		"shared":   {Caused{Since: now, Usage: allocation.Usage{Requests: 1_000_000, Bytes: 1 << 40}}, 0},
	} {
		c.caused.Name, c.caused.There = "acme", true
		used, err := Used(sheet(), now, []Caused{c.caused})
		require.NoError(t, err)
		require.Equal(t, map[string]allocation.Micros{"acme": c.want}, used, name)
	}
}

// Where all together used more than there is, the cost is shared, and nobody pays more than the whole.
func TestUsedIsNeverMoreThanTheWhole(t *testing.T) {
	t.Parallel()
	now := november.Add(time.Hour)
	busy := allocation.Usage{Milliseconds: 1 << 49, ActiveSeconds: math.MaxInt64, StoredKiBMinutes: -5}
	used, err := Used(sheet(), now, []Caused{{Name: "acme", There: true, Since: now, Usage: busy}, {Name: "gone", Usage: busy}, {Usage: allocation.Usage{Requests: 3}}})
	require.NoError(t, err)
	require.Equal(t, map[string]allocation.Micros{"acme": 5 * dollar}, used, "half of 2 and 8 dollars")
}

// Somebody's absurd count takes no more from the others' than a tenant that uses all that there is.
func TestAbsurdUsageHidesNobody(t *testing.T) {
	t.Parallel()
	now := november.Add(time.Hour)
	acme := Caused{Name: "acme", There: true, Since: now, Usage: allocation.Usage{Milliseconds: 3_600_000}}
	used, err := Used(sheet(), now, []Caused{acme, {Name: "absurd", Usage: allocation.Usage{Milliseconds: math.MaxInt64}}})
	require.NoError(t, err)
	require.Equal(t, allocation.Micros(1_600_000), used["acme"], "of 2 dollars, as 5 hours were used of 4")
}

// An environment that was made this month counts from then on; one from the future, or a month that begins this moment, counts nothing.
func TestUsedSinceTheEnvironmentWasMade(t *testing.T) {
	t.Parallel()
	s, now := sheet(), november.Add(100*time.Hour)
	s.Made = now.Add(-10 * time.Hour)
	used, err := Used(s, now, []Caused{{Name: "acme", There: true}})
	require.NoError(t, err)
	require.Equal(t, allocation.Micros(10_000), used["acme"])
	s.Made = now.Add(time.Hour)
	used, err = Used(s, now, []Caused{{Name: "acme", There: true}})
	require.NoError(t, err)
	require.Zero(t, used["acme"])
	used, err = Used(sheet(), december, []Caused{{Name: "acme", There: true}})
	require.NoError(t, err)
	require.Zero(t, used["acme"])
}
