package catalogue_test

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/pricing/catalogue"
)

const (
	header    = "region,service,product,variant,unit,price,source,date,checked,confidence,sku\n"
	lifecycle = "service,engine,version,extended,year3,ends,source,confidence\n"
	good      = "us-east-1,AmazonEC2,instance,t3.medium,hour,0.0416,a price list,2026-01-19,2026-11-23,price-list,\n"
)

func load(t *testing.T, prices, versions string) (*catalogue.Catalogue, error) {
	t.Helper()
	return catalogue.Load(fstest.MapFS{
		"prices.csv":    {Data: []byte(prices)},
		"lifecycle.csv": {Data: []byte(versions)},
	})
}

func embedded(t *testing.T) *catalogue.Catalogue {
	t.Helper()
	c, err := catalogue.Embedded()
	require.NoError(t, err)
	return c
}

func TestEveryEmbeddedRowTellsItsSource(t *testing.T) {
	t.Parallel()
	rows := embedded(t).All()
	assert.Greater(t, len(rows), 600)
	for _, row := range rows {
		assert.NotEmpty(t, row.Source, row.Key)
		assert.False(t, row.Date.IsZero(), row.Key)
		assert.False(t, row.Checked.Before(row.Date), row.Key)
		assert.True(t, row.Amount.IsPositive(), row.Key)
		assert.Equal(t, catalogue.USEast1, row.Region)
		if strings.Contains(row.Source, "public knowledge") {
			assert.Equal(t, catalogue.Unverified, row.Confidence, "%s: nothing was read, so the row must say so", row.Key)
		}
	}
}

func TestPricesThatWereReadDigitByDigit(t *testing.T) {
	t.Parallel()
	prices, err := embedded(t).Region(catalogue.USEast1)
	require.NoError(t, err)
	for key, want := range map[catalogue.Key]string{
		catalogue.EC2Instance("t3.medium"):                                       "0.0416",
		catalogue.EC2Instance("t4g.2xlarge"):                                     "0.2688",
		catalogue.EC2Instance("c7g.medium"):                                      "0.0363",
		catalogue.EC2Instance("m7g.large"):                                       "0.0816",
		catalogue.EC2Instance("m8g.medium"):                                      "0.04488",
		catalogue.EC2Instance("r7g.medium"):                                      "0.0536",
		catalogue.EC2Instance("r7g.2xlarge"):                                     "0.4284",
		catalogue.EC2Instance("m6i.2xlarge"):                                     "0.384",
		catalogue.RDSInstance("db.t3.large", "postgresql", catalogue.SingleAZ):   "0.145",
		catalogue.RDSInstance("db.t3.large", "mysql", catalogue.SingleAZ):        "0.136",
		catalogue.RDSInstance("db.t4g.medium", "postgresql", catalogue.SingleAZ): "0.065",
		catalogue.RDSInstance("db.t4g.medium", "postgresql", catalogue.MultiAZ):  "0.129",
		catalogue.RDSInstance("db.r7g.large", "postgresql", catalogue.MultiAZ):   "0.478",
		catalogue.RDSInstance("db.m6g.large", "postgresql", catalogue.SingleAZ):  "0.159",
		catalogue.CacheNode("cache.t4g.micro", "valkey"):                         "0.0128",
		catalogue.CacheNode("cache.m7g.xlarge", "valkey"):                        "0.252",
		catalogue.CacheNode("cache.r7g.2xlarge", "redis"):                        "0.873",
		catalogue.Kind(catalogue.Lambda, "duration", "arm"):                      "0.0000133334",
		catalogue.RDSStorage("iops", "gp3", catalogue.MultiAZ):                   "0.04",
		catalogue.Kind(catalogue.DataTransfer, "internet-out", "next-40TB"):      "0.085",
		catalogue.Kind(catalogue.EKS, "cluster", "extended-support"):             "0.5",
		catalogue.Of(catalogue.VPC, "public-ipv4"):                               "0.005",
		catalogue.Kind(catalogue.ECS, "fargate-memory", "arm"):                   "0.00356",
		catalogue.Kind(catalogue.CloudWatch, "log-ingest", "infrequent-access"):  "0.25",
	} {
		price, err := prices.Lookup(key)
		require.NoError(t, err)
		assert.Equal(t, want, price.Amount.String(), key)
	}
}

func TestWhatIsNotThereIsAnErrorThatNamesIt(t *testing.T) {
	t.Parallel()
	prices, err := embedded(t).Region(catalogue.USEast1)
	require.NoError(t, err)
	_, err = prices.Lookup(catalogue.EC2Instance("z99.huge"))
	var missing *catalogue.MissingPriceError
	require.ErrorAs(t, err, &missing)
	require.EqualError(t, err, "no price for AmazonEC2 instance z99.huge in us-east-1: "+
		"choose one that has a price, or add it to the catalogue with its source")

	_, err = embedded(t).Region("eu-west-1")
	var region *catalogue.RegionError
	require.ErrorAs(t, err, &region)
	require.EqualError(t, err, "no prices are loaded for region \"eu-west-1\" (loaded: us-east-1): "+
		"refresh the catalogue from that region's offer files first")
}

func TestEveryMalformedRowIsReportedAtOnce(t *testing.T) {
	t.Parallel()
	_, err := load(t, header+good+
		"us-east-1,AmazonEC2,instance,t3.medium,hour,0.05,again,2026-01-19,2026-11-23,price-list,\n"+
		"us-east-1,AmazonEC2,instance,a,hour,0,free,2026-01-19,2026-11-23,price-list,\n"+
		"us-east-1,AmazonEC2,instance,b,hour,-1,owed,2026-01-19,2026-11-23,price-list,\n"+
		"us-east-1,AmazonEC2,instance,c,fortnight,1,x,2026-01-19,2026-11-23,price-list,\n"+
		"us-east-1,AmazonEC2,instance,d,hour,cheap,x,19/01/2026,2026-11-23,price-list,\n"+
		"us-east-1,AmazonEC2,instance,e,hour,1,,2026-01-19,2026-11-23,price-list,\n"+
		"us-east-1,AmazonEC2,instance,f,hour,1,x,2026-01-19,2025-11-23,hearsay,\n"+
		"moon,AmazonEC2,,g,hour,1,x,2026-01-19,2026-11-23,price-list,\n"+
		"short,row\n"+
		"us-east-1,AmazonEC2,instance,h,hour,1e999999999,x,2026-01-19,2026-11-23,price-list,\n",
		lifecycle+
			"AmazonEKS,kubernetes,1.33,someday,,,x,price-list\n"+
			"AmazonEKS,kubernetes,1.34,2026-12-02,2026-12-01,,,rumour\n")
	require.EqualError(t, err, `price catalogue:
lifecycle.csv:2: extended "someday", expected a date as 2006-01-02
lifecycle.csv:3: year3 and ends must come after extended
lifecycle.csv:3: the source is missing
lifecycle.csv:3: unknown confidence "rumour"
prices.csv:3: us-east-1 AmazonEC2 instance t3.medium is already at prices.csv:2
prices.csv:4: price 0, expected above zero (what is free is not listed here)
prices.csv:5: price -1, expected above zero (what is free is not listed here)
prices.csv:6: unknown unit "fortnight"
prices.csv:7: price "cheap", expected a decimal number of US dollars
prices.csv:7: date "19/01/2026", expected a date as 2006-01-02
prices.csv:8: the source is missing
prices.csv:9: checked on 2025-11-23, before its source's date 2026-01-19
prices.csv:9: unknown confidence "hearsay"
prices.csv:10: region "moon", expected a region such as us-east-1
prices.csv:10: service and product must be given
prices.csv:11: 2 cells, expected 11
prices.csv:12: price "1e999999999", expected a decimal number of US dollars`)
}

func TestOtherFilesAreRefused(t *testing.T) {
	t.Parallel()
	_, err := load(t, "a,b\n1,2\n", lifecycle)
	require.ErrorContains(t, err, `prices.csv: the header is "a,b", expected "region,service`)
	_, err = load(t, header, lifecycle)
	require.ErrorContains(t, err, "no rows")
	_, err = load(t, header+"\"unclosed\n", lifecycle)
	require.ErrorContains(t, err, "not CSV")
	_, err = load(t, "", lifecycle)
	require.ErrorContains(t, err, "read the header")
	_, err = catalogue.Load(fstest.MapFS{"prices.csv": {Data: []byte(header + good)}})
	require.ErrorContains(t, err, "lifecycle.csv:0: the file is missing")
}

func TestFreshness(t *testing.T) {
	t.Parallel()
	c, err := load(t, header+good, lifecycle)
	require.NoError(t, err)
	day := func(text string) time.Time {
		parsed, err := time.Parse(time.DateOnly, text)
		require.NoError(t, err)
		return parsed
	}
	for _, test := range []struct {
		now, message      string
		stale, clockWrong bool
	}{
		{now: "2026-11-23"},
		{now: "2026-11-22"},
		{now: "2027-02-21"},
		{now: "2027-02-22", stale: true, message: "the price catalogue was checked 91 days ago (2026-11-23): refresh it, prices older than 90 days mislead"},
		{now: "1970-01-01", clockWrong: true, message: "the clock says 1970-01-01, before the price catalogue was checked (2026-11-23): set the clock"},
		{now: "2099-01-01", stale: true, clockWrong: true, message: "the clock says 2099-01-01, years after the price catalogue was checked (2026-11-23): set the clock or refresh the prices"},
	} {
		got := c.Freshness(day(test.now))
		assert.Equal(t, test.message, got.Message, test.now)
		assert.Equal(t, test.stale, got.Stale, test.now)
		assert.Equal(t, test.clockWrong, got.ClockWrong, test.now)
		assert.Equal(t, day(test.now).Sub(day("2026-11-23")), c.Age(day(test.now)))
	}
}

func TestSupportCalendar(t *testing.T) {
	t.Parallel()
	c := embedded(t)
	for _, test := range []struct {
		service, engine, version, day string
		want                          catalogue.SupportPhase
		known                         bool
	}{
		{catalogue.EKS, "kubernetes", "1.33", "2026-11-23", catalogue.ExtendedYear, true},
		{catalogue.EKS, "kubernetes", "1.34", "2026-12-01", catalogue.Standard, true},
		{catalogue.EKS, "kubernetes", "1.34", "2026-12-02", catalogue.ExtendedYear, true},
		{catalogue.EKS, "kubernetes", "1.9", "2026-11-23", catalogue.ExtendedYear, true},
		{catalogue.EKS, "kubernetes", "1.99", "2026-11-23", catalogue.Standard, false},
		{catalogue.EKS, "kubernetes", "latest", "2026-11-23", catalogue.Standard, false},
		{catalogue.RDS, "postgresql", "11.22", "2024-06-01", catalogue.ExtendedYear, true},
		{catalogue.RDS, "postgresql", "11", "2026-11-23", catalogue.ExtendedLast, true},
		{catalogue.RDS, "postgresql", "9.6.24", "2026-11-23", catalogue.ExtendedLast, true},
		{catalogue.RDS, "postgresql", "13.4", "2026-11-23", catalogue.ExtendedYear, true},
		{catalogue.RDS, "postgresql", "14.18", "2026-11-23", catalogue.Standard, true},
		{catalogue.RDS, "postgresql", "17.6", "2026-11-23", catalogue.Standard, true},
		{catalogue.ElastiCache, "redis", "5.0.6", "2026-11-23", catalogue.ExtendedYear, true},
		{catalogue.ElastiCache, "redis", "7.1", "2026-11-23", catalogue.Standard, false},
		{catalogue.ElastiCache, "valkey", "8.0", "2026-11-23", catalogue.Standard, false},
	} {
		day, err := time.Parse(time.DateOnly, test.day)
		require.NoError(t, err)
		found, known := c.Support(test.service, test.engine, test.version)
		assert.Equal(t, test.known, known, "%s %s", test.engine, test.version)
		assert.Equal(t, test.want, found.PhaseOn(day), "%s %s on %s", test.engine, test.version, test.day)
	}
}
