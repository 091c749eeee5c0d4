package cost

import (
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/components/tenant"
	"github.com/genericcorp/platform/internal/pricing/allocation"
	"github.com/genericcorp/platform/internal/pricing/catalogue"
	"github.com/genericcorp/platform/internal/pricing/estimator"
	"github.com/genericcorp/platform/internal/pricing/pricesheet"
	"github.com/genericcorp/platform/internal/pulumitest"
	"github.com/genericcorp/platform/services/provisioner/api"
)

var november = pricesheet.Span{From: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)}

// someUsage is a ledger with a tenant of each kind: two that there are, one of them since the middle of the month; one that is gone; nobody.
func someUsage() pricesheet.Ledger {
	return api.Ledger(
		[]api.Usage{
			{Tenant: "acme", Tier: "pro", Served: 5_900_000, Refused: 100_000, BytesIn: 10 << 30, BytesOut: 50 << 30, Milliseconds: 900_000_000, StoredKiBMinutes: 20 << 20 * 43_200, ActiveSeconds: 1_000_000},
			{Tenant: "birch", Tier: "free", Served: 1_000_000, BytesOut: 20 << 30, Milliseconds: 100_000_000, StoredKiBMinutes: 1 << 20 * 21_600, ActiveSeconds: 20_000},
			{Tenant: "left", Served: 10_000, BytesOut: 1 << 30, Milliseconds: 1_000_000, StoredKiBMinutes: 1 << 20 * 3_000, ActiveSeconds: 9_000},
			{Refused: 50_000, Milliseconds: 50_000},
		},
		[]api.Tenant{
			{Slug: "acme", Tier: "pro", CreatedAt: november.From.AddDate(0, -3, 0)},
			{Slug: "birch", Tier: "free", CreatedAt: november.From.AddDate(0, 0, 15)},
			{Slug: "later", Tier: "free", CreatedAt: november.To.Add(time.Hour)},
		}, nil)
}

func TestPerTenantText(t *testing.T) {
	t.Parallel()
	d, terms := fixture(t, "state.json")
	b, err := PerTenant(d, terms, decimal.RequireFromString("0.45"), november, someUsage(), november.To.AddDate(0, 0, 3))
	require.NoError(t, err)
	require.Equal(t, `TENANT          TIER   OWN  DATABASE  STORAGE  COMPUTE  CACHE  EDGE  TRAFFIC  PLATFORM    COST  PRICE   MARGIN
acme            pro   0.44     35.83     4.54        -  31.33     -   127.60         -  199.74  49.00  -150.74
birch           free  0.22      0.72     0.11        -   5.22     -    42.53         -   48.81   0.00   -48.81
left            gone     -      0.32     0.02        -   0.05     -     2.13         -    2.52      -        -
(of no tenant)  -        -         -        -        -   0.26     -        -         -    0.26      -        -
(idle)          -        -    148.89    40.70        -      -     -        -         -  189.59      -        -
(platform)      -        -         -        -        -      -     -        -     79.24   79.24      -        -
whole           -     0.67    185.76    45.37        -  36.86     -   172.26     79.24  520.16  49.00  -471.16
(prod, 2026-11, 720 hours until 2026-12-01 00:00, UTC. US dollars at list prices, by the resources of today; nothing is corrected by AWS's bill.
Costs and prices add up to the whole; the parts are rounded one by one. (idle): nobody used it. (platform): no tenant causes it.)`, b.Text("2026-11"))
}

// The whole is what the stack and its tenants cost in the time, with support and tax, to a millionth of a dollar for each group and tenant.
func TestWholeIsTheBill(t *testing.T) {
	t.Parallel()
	d, _ := fixture(t, "state.json")
	terms := termsOf(t, `{"kind": "environment", "environment": "prod", "budget": {"monthlyLimitUsd": 2500, "support": "business-plus", "taxPercent": 8}}`)
	own := decimal.RequireFromString("0.45")
	l := someUsage()
	l.Tenants[1].Since = november.From
	for _, days := range []int{1, 30} {
		span := pricesheet.Span{From: november.From, To: november.From.AddDate(0, 0, days)}
		b, err := PerTenant(d, terms, own, span, l, november.To)
		require.NoError(t, err)
		charges := terms.Estimator.Estimate(d.After).Total().Add(own.Mul(decimal.NewFromInt(2)))
		bill := terms.Bill.With(charges, 0)
		want := bill.Total.Mul(decimal.NewFromInt(int64(24 * days))).Div(decimal.NewFromInt(730))
		require.InDelta(t, want.InexactFloat64(), b.Whole.Cost.USD().InexactFloat64(), 0.00001)
		require.True(t, b.Whole.Parts[allocation.Platform].USD().GreaterThan(bill.Support.Add(bill.Tax).Mul(decimal.NewFromInt(int64(24*days))).Div(decimal.NewFromInt(730))))
	}
}

// Of a month that is not over, and of an environment that is younger than the month, the time that it was there counts.
func TestTimeThatWas(t *testing.T) {
	t.Parallel()
	d, terms := fixture(t, "state.json")
	noon := november.From.Add(12 * time.Hour)
	now := noon.AddDate(0, 0, 10)
	whole := func(d Document) (ByTenant, error) {
		return PerTenant(d, terms, decimal.Zero, november, pricesheet.Ledger{}, now)
	}
	all, err := whole(d)
	require.NoError(t, err)
	require.Equal(t, now, all.To)
	young := d
	young.Made = now.Add(-time.Hour)
	hour, err := whole(young)
	require.NoError(t, err)
	require.Equal(t, young.Made, hour.From)
	require.InDelta(t, float64(all.Whole.Cost)/252, float64(hour.Whole.Cost), 10)
	young.Made = now.Add(time.Minute)
	_, err = whole(young)
	require.EqualError(t, err, "environment prod was made on 2026-11-11T12:01:00Z: got a time until 2026-11-11T12:00:00Z, expected a later one")

	made := noon.Add(time.Second)
	require.Equal(t, noon, FromState([]apitype.ResourceV3{{Created: &made}, {Created: &noon}, {}}).Made)
}

// A tenant pays for the time since it was made; the price of a month is that of the whole month, however long it is.
func TestPrices(t *testing.T) {
	t.Parallel()
	d, terms := fixture(t, "state.json")
	february := pricesheet.Span{From: time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}
	b, err := PerTenant(d, terms, decimal.NewFromInt(1), february, api.Ledger(nil, []api.Tenant{
		{Slug: "half", Tier: "enterprise", CreatedAt: february.From.AddDate(0, 0, 14)}, {Slug: "whole", Tier: "enterprise"}, {Slug: "odd", Tier: "gold"},
	}, nil), february.To)
	require.NoError(t, err)
	rows := map[string]allocation.Row{}
	for _, row := range b.Rows {
		rows[row.Tenant] = row
	}
	require.Equal(t, allocation.Micros(149_000_000), *rows["whole"].Price)
	require.Equal(t, allocation.Micros(74_500_000), *rows["half"].Price)
	require.Nil(t, rows["odd"].Price)
	require.Equal(t, allocation.Micros(920_548), rows["whole"].Cost, "its own resources, 672 hours of 730")
	require.Equal(t, allocation.Micros(460_274), rows["half"].Cost)
	require.Contains(t, strings.Join(b.Warnings, "\n"), `the price of odd is not known: tier: got "gold"`)
}

func TestAbsurdUsageIsRefused(t *testing.T) {
	t.Parallel()
	d, terms := fixture(t, "state.json")
	_, err := PerTenant(d, terms, decimal.Zero, november, api.Ledger([]api.Usage{{Tenant: "acme", ActiveSeconds: -3}}, nil, nil), november.To)
	require.EqualError(t, err, `tenant "acme".activeSeconds: got -3, expected 0 to 72057594037927936`)
}

// Every dollar of an estimate is in a group, and each kind of resource in the one that the page says.
func TestGroups(t *testing.T) {
	t.Parallel()
	d, terms := fixture(t, "state.json")
	report := terms.Estimator.Estimate(d.After)
	g, sum := byGroup(report), decimal.Zero
	for _, usd := range g.Groups {
		sum = sum.Add(usd)
	}
	require.True(t, report.Total().Equal(sum), sum)
	require.Equal(t, "2", g.DatabaseVCPUs.String())
	require.Equal(t, "200", g.DatabaseGiB.String())

	for urn, want := range map[string]allocation.Group{
		"genericcorp:edge:Edge$aws:lb/loadBalancer:LoadBalancer":                    allocation.Edge,
		"genericcorp:edge:Edge$aws:ec2/eip:Eip":                                     allocation.Edge,
		"genericcorp:edge:Edge$aws:s3/bucketV2:BucketV2":                            allocation.Edge,
		"genericcorp:edge:Edge$aws:cloudwatch/metricAlarm:MetricAlarm":              allocation.Platform,
		"genericcorp:network:Network$aws:ec2/eip:Eip":                               allocation.Traffic,
		"genericcorp:network:Network$aws:ec2/natGateway:NatGateway":                 allocation.Traffic,
		"genericcorp:network:Network$aws:cloudwatch/logGroup:LogGroup":              allocation.Platform,
		"genericcorp:cluster:Cluster$aws:eks/cluster:Cluster":                       allocation.Platform,
		"genericcorp:cluster:Cluster$aws:eks/nodeGroup:NodeGroup":                   allocation.Compute,
		"genericcorp:cache:Cache$aws:elasticache/replicationGroup:ReplicationGroup": allocation.Cache,
		"genericcorp:database:Database$aws:rds/instance:Instance":                   allocation.Database,
		"aws:unheard/of:Thing":                                                      allocation.Platform,
	} {
		token := urn
		if _, own, found := cutLast(urn, "$"); found {
			token = own
		}
		require.Equal(t, want, groupOf(estimator.ResourceCost{URN: "urn:pulumi:prod::platform::" + urn + "::x", Type: token}), urn)
	}
	nodes := byGroup(estimator.Report{
		Resources: []estimator.ResourceCost{{URN: "urn:pulumi:prod::platform::aws:eks/nodeGroup:NodeGroup::x", Type: "aws:eks/nodeGroup:NodeGroup", Fixed: decimal.NewFromInt(5), VCPUs: decimal.NewFromInt(8)}},
		Account: estimator.ResourceCost{Lines: []estimator.Line{
			{Unit: catalogue.GB, Monthly: decimal.NewFromInt(3)}, {Unit: catalogue.Request, Monthly: decimal.NewFromInt(2)},
		}},
	})
	require.Equal(t, "8", nodes.NodeVCPUs.String())
	require.Equal(t, []string{"5", "3", "2"}, []string{nodes.Groups[allocation.Compute].String(), nodes.Groups[allocation.Traffic].String(), nodes.Groups[allocation.Platform].String()})
	pools, err := nodes.Pools(time.Hour)
	require.NoError(t, err)
	require.Equal(t, int64(8*3_600_000), pools[allocation.Compute].Capacity)
}

// What a tenant's stack makes costs what is said to be its own: everything else in it is free.
func TestOwnResources(t *testing.T) {
	t.Parallel()
	r := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		_, err := tenant.NewTenant(ctx, "acme", &tenant.TenantArgs{
			Slug: "acme", Tier: "enterprise", Environment: "prod", FunctionName: pulumi.String("provisioner"), SecretsKeyARN: pulumi.String("arn:key"),
			Domain: &tenant.Domain{Name: "example.com", ZoneID: "Z1"},
		})
		return err
	})
	var resources []estimator.Resource
	for _, made := range r.All() {
		resources = append(resources, estimator.Resource{URN: made.Name + made.Type, Type: made.Type, Name: made.Name})
	}
	d, _ := fixture(t, "state.json")
	d.Config = map[string]string{"aws:region": "us-east-1"}
	own, err := d.OwnUSD("", today)
	require.NoError(t, err)
	require.Equal(t, "0.45", own.String())
	report := termsOf(t, `{"kind": "tenant", "environment": "prod"}`).Estimator.Estimate(resources)
	require.Empty(t, report.Blocking())
	require.True(t, report.Total().Equal(own), report.Total())

	d.Config["aws:region"] = "mars-1"
	_, err = d.OwnUSD("", today)
	require.ErrorContains(t, err, "mars-1")
	d.Config = nil
	_, err = d.OwnUSD("", today)
	require.ErrorContains(t, err, "name the file with its configuration")
}
