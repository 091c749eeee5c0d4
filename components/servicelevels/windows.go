package servicelevels

import (
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/internal/tiers"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// burn is how fast failures use up what the month allows: at 1 the budget lasts just as long as the month. Who is called needs both: the long
// window says that it matters, the short one that it still goes on. The factors are those of the Site Reliability Workbook, chapter 5,
// "Multiwindow, Multi-Burn-Rate Alerts", of which the last one there, of 3 days, is more than an alarm can look back; and one more, for an
// outage, which nobody should learn of after five minutes.
type burn struct {
	name        string
	rate        int
	long, short int // seconds
	spent       string
}

const (
	minute, hour, day = 60, 3600, 86400
	// least is how many requests of a tier a window must have to say something: of fewer, one failure is much.
	leastInShort, leastInLong = 20, 100
)

var (
	outage = burn{"outage", 60, 5 * minute, minute, "0.7 per cent of the month's error budget in 5 minutes"}
	fast   = burn{"fast", 14, hour, 5 * minute, "2 per cent of the month's error budget in an hour"}
	medium = burn{"medium", 6, 6 * hour, 30 * minute, "5 per cent of the month's error budget in 6 hours"}
	slow   = burn{"slow", 3, day, 2 * hour, "10 per cent of the month's error budget in a day"}
)

// objective is what is held against a metric.
type objective struct {
	name   string
	metric string // of the requests that broke it
	says   string
	// missed is the part of a tier's requests that may break it.
	missed func(tiers.Tier) decimal.Decimal
	burns  []burn
}

var hundred = decimal.NewFromInt(100)

// objectives are what tiers are promised, and what is aimed at. Latency, which is not promised, wakes nobody at once.
func objectives() []objective {
	return []objective{
		{
			"availability", api.MetricFailed, "Requests of a tier fail that should be served",
			func(t tiers.Tier) decimal.Decimal { return hundred.Sub(t.AvailabilityPercent).Div(hundred) },
			[]burn{outage, fast, medium, slow},
		},
		{
			"latency", api.MetricSlow, "Answers to requests of a tier begin later than the tier's objective",
			func(t tiers.Tier) decimal.Decimal { return hundred.Sub(t.Latency.Percent).Div(hundred) },
			[]burn{medium, slow},
		},
	}
}

// expression is the burn rate of the tier that burns fastest, in CloudWatch's metric math, of the queries v0 (valid) and b0 (broken), v1 and b1,
// and so on. A tier with too few requests burns nothing.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
func (o objective) expression(all []tiers.Tier, least int) string {
	terms := make([]string, 0, len(all))
	for i, tier := range all {
		terms = append(terms, fmt.Sprintf("IF(v%d >= %d, b%d / v%d / %s, 0)", i, least, i, i, o.missed(tier)))
	}
	return "MAX([" + strings.Join(terms, ", ") + "])"
}
