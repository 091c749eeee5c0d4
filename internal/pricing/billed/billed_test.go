package billed

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/genericcorp/platform/internal/pricing/allocation"
	"github.com/genericcorp/platform/internal/pricing/pricesheet"
)

var monday = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

func usd(text string) decimal.Decimal { return decimal.RequireFromString(text) }

// sheetOf is of an environment whose every group costs so much an hour, without support, and with a tenth as tax.
func sheetOf(anHour int64, computed time.Time) pricesheet.Sheet {
	s := pricesheet.Sheet{Environment: "prod", Computed: computed, Own: decimal.NewFromInt(73)}
	for g := allocation.Database; g <= allocation.Platform; g++ {
		s.Groups[g] = decimal.NewFromInt(730 * anHour)
	}
	s.Terms = pricesheet.Terms{Charges: s.Total(), TaxPercent: decimal.NewFromInt(10)}
	s.Groups[allocation.Platform] = s.Groups[allocation.Platform].Add(s.Terms.Charges.Div(decimal.NewFromInt(10)))
	return s
}

// Each service is in the part in which the estimate has it.
func TestParts(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		service, usage string
		want           Part
	}{
		{"Amazon Relational Database Service", "InstanceUsage:db.t4g.medium", Database},
		{"Amazon Relational Database Service", "EUC1-Multi-AZUsage:db.m7g.large", Database},
		{"Amazon Relational Database Service", "RDS:Multi-AZ-GP3-Storage", Storage},
		{"Amazon Relational Database Service", "RDS:ChargedBackupUsage", Storage},
		{"Amazon Relational Database Service", "RDS:GP3-PIOPS", Storage},
		{"Amazon Relational Database Service", "USE1-DataTransfer-Out-Bytes", Network},
		{"Amazon Elastic Compute Cloud - Compute", "BoxUsage:t4g.large", Compute},
		{"EC2 - Other", "EBS:VolumeUsage.gp3", Compute},
		{"EC2 - Other", "NatGateway-Hours", Network},
		{"EC2 - Other", "DataTransfer-Regional-Bytes", Network},
		{"Amazon ElastiCache", "NodeUsage:cache.t4g.small", Cache},
		{"Amazon Virtual Private Cloud", "PublicIPv4:InUseAddress", Network},
		{"Amazon Elastic Container Service for Kubernetes", "AmazonEKS-Hours:perCluster", Platform},
		{"Tax", "", Terms},
		{"AWS Support (Business)", "Dollar", Terms},
		{"Amazon SageMaker", "USE1-DataTransfer-Out-Bytes", Unknown},
	} {
		require.Equal(t, test.want, partOf(test.service, test.usage), test)
	}
}

// The days that are compared ended two days ago at least, and are of one month.
func TestSettled(t *testing.T) {
	t.Parallel()
	for now, want := range map[string][2]string{
		"2026-11-29T06:00:00Z": {"2026-11-01", "2026-11-27"},
		"2026-12-02T23:59:59Z": {"2026-11-01", "2026-11-30"},
		"2026-12-03T00:00:00Z": {"2026-11-01", "2026-12-01"},
		"2026-12-04T00:00:00Z": {"2026-12-01", "2026-12-02"},
	} {
		at, err := time.Parse(time.RFC3339, now)
		require.NoError(t, err)
		got := Settled(at)
		require.Equal(t, want, [2]string{got.From.Format(time.DateOnly), got.To.Format(time.DateOnly)}, now)
	}
}

// Of each hour the prices count that held in it, and of tenants' own resources the time since they were made.
func TestEstimateOfADay(t *testing.T) {
	t.Parallel()
	b := Bill{Charges: []Charge{
		{monday, "Amazon ElastiCache", "NodeUsage", usd("30.25")}, {monday, "Tax", "", usd("1")},
		{monday.Add(day), "Amazon GuardDuty", "PaidEvents", usd("0.5")}, {monday.Add(day), "Amazon Kendra", "x", usd("0.125")},
	}}
	sheets := []pricesheet.Sheet{sheetOf(1, monday.Add(-50*day)), sheetOf(2, monday.Add(18*time.Hour)), sheetOf(3, monday.Add(3*day))}
	days, err := Compare(b, sheets, []pricesheet.Tenant{{Name: "acme", Since: monday.Add(-day)}, {Name: "birch", Since: monday.Add(12 * time.Hour)}})
	require.NoError(t, err)
	require.Len(t, days, 2)
	first := days[0]
	require.Equal(t, "30", first.Estimate[Cache].Round(6).String(), "18 hours at 1, and 6 at 2")
	require.Equal(t, "60", first.Estimate[Network].Round(6).String())
	require.Equal(t, "33.6", first.Estimate[Platform].Round(6).String(), "with 36 tenants' hours at a tenth")
	require.Equal(t, "21.36", first.Estimate[Terms].Round(6).String(), "a tenth of all others")
	require.Equal(t, []string{"30.25", "1", "0"}, []string{first.Bill[Cache].String(), first.Bill[Terms].String(), first.Bill[Unknown].String()})
	require.Equal(t, "0.625", days[1].Bill[Unknown].String())
	table := TableOf(days)
	require.Equal(t, []Other{{"Amazon GuardDuty", usd("0.5")}, {"Amazon Kendra", usd("0.125")}}, table.Others)
	require.Equal(t, "31.88", table.Whole.Bill.String())

	young := sheets
	young[2].Made = monday.Add(18 * time.Hour)
	days, err = Compare(b, young, nil)
	require.NoError(t, err)
	require.Equal(t, "12", days[0].Estimate[Cache].Round(6).String(), "it was made at 18:00")
}

// No answer is not taken for a bill of nothing.
func TestNothingToCompare(t *testing.T) {
	t.Parallel()
	_, err := Compare(Bill{}, []pricesheet.Sheet{sheetOf(1, monday)}, nil)
	require.ErrorIs(t, err, ErrNothing)
	_, err = Compare(Bill{Charges: []Charge{{monday, "Tax", "", usd("1")}}}, nil, nil)
	require.ErrorIs(t, err, ErrNoPrices)
}

// Whatever is charged is in the table: its lines add up to the whole bill and the whole estimate, to the cent, and none is a cent off.
func TestSums(t *testing.T) {
	t.Parallel()
	services := []string{"Amazon Relational Database Service", "EC2 - Other", "Amazon ElastiCache", "AWS Lambda", "Tax", "Amazon Kendra", "Amazon GuardDuty"}
	usages := []string{"Storage", "EBS:VolumeUsage", "DataTransfer-Out-Bytes", "x"}
	rapid.Check(t, func(t *rapid.T) {
		bill, charged := Bill{}, decimal.Zero
		for range rapid.IntRange(1, 60).Draw(t, "charges") {
			c := Charge{
				Day: monday.Add(time.Duration(rapid.IntRange(0, 5).Draw(t, "day")) * day), Service: rapid.SampledFrom(services).Draw(t, "service"), Usage: rapid.SampledFrom(usages).Draw(t, "usage"),
				USD: decimal.New(rapid.Int64Range(-5_000_000_000, 9_000_000_000).Draw(t, "usd"), -8),
			}
			bill.Charges, charged = append(bill.Charges, c), charged.Add(c.USD)
		}
		sheets := []pricesheet.Sheet{sheetOf(1, monday), sheetOf(rapid.Int64Range(1, 9).Draw(t, "price"), monday.Add(time.Duration(rapid.Int64Range(0, int64(6*day)).Draw(t, "deployed"))))}
		days, err := Compare(bill, sheets, []pricesheet.Tenant{{Since: monday.Add(40 * time.Hour)}})
		require.NoError(t, err)
		estimated, exact := decimal.Zero, Amounts{}
		for _, d := range days {
			estimated = estimated.Add(d.Estimate.Sum())
			exact.add(d.Bill)
		}
		table := TableOf(days)
		require.Equal(t, charged.Round(2).String(), table.Whole.Bill.String())
		require.Equal(t, estimated.Round(2).String(), table.Whole.Estimate.String())
		var sum Line
		for part, line := range table.Lines {
			require.True(t, line.Bill.Sub(exact[part]).Abs().LessThanOrEqual(usd("0.01")), "%s: %s", line.Part, line.Bill)
			sum.Estimate, sum.Bill, sum.Difference = sum.Estimate.Add(line.Estimate), sum.Bill.Add(line.Bill), sum.Difference.Add(line.Difference)
		}
		require.True(t, sum.Estimate.Equal(table.Whole.Estimate) && sum.Bill.Equal(table.Whole.Bill) && sum.Difference.Equal(table.Whole.Difference))
		others := decimal.Zero
		for _, other := range table.Others {
			others = others.Add(other.USD)
		}
		require.True(t, others.Equal(exact[Unknown]), "every service that is not estimated has a name")
	})
}
