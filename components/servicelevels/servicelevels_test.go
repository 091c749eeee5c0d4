package servicelevels_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/components/servicelevels"
	"github.com/genericcorp/platform/internal/pulumitest"
)

const (
	composite = "aws:cloudwatch/compositeAlarm:CompositeAlarm"
	metric    = "aws:cloudwatch/metricAlarm:MetricAlarm"
)

func made(t *testing.T) *pulumitest.Recorder {
	t.Helper()
	return pulumitest.Run(t, func(ctx *pulumi.Context) error {
		_, err := servicelevels.NewServiceLevels(ctx, "promise", &servicelevels.ServiceLevelsArgs{Environment: "prod", AlarmTopicARN: pulumi.String("topic")})
		return err
	})
}

func TestArgs(t *testing.T) {
	t.Parallel()
	_, err := pulumitest.Record(func(ctx *pulumi.Context) error {
		_, err := servicelevels.NewServiceLevels(ctx, "promise", nil)
		return err
	})
	require.ErrorContains(t, err, `environment: got "", expected its name`)
	require.ErrorContains(t, err, "alarmTopicArn")
}

// Each alarm that calls somebody needs two windows, tells of both trouble and recovery, and names its page. The windows tell nobody.
func TestAlarms(t *testing.T) {
	t.Parallel()
	r := made(t)
	var names []string
	for _, a := range r.OfType(composite) {
		names = append(names, strings.TrimPrefix(a.Name, "promise-"))
		for input, want := range map[string]any{
			"alarmName": "prod-" + a.Name, "alarmRule": fmt.Sprintf("ALARM(%q) AND ALARM(%q)", a.Name+"-long", a.Name+"-short"),
			"alarmActions": []any{"topic"}, "okActions": []any{"topic"},
		} {
			assert.Equal(t, want, a.Value(t, input), "%s: %s", a.Name, input)
		}
		assert.Regexp(t, `^.* Runbook: runbooks/promise-broken\.md$`, a.Value(t, "alarmDescription"))
		for _, window := range []string{"-long", "-short"} {
			part := r.One(t, metric, a.Name+window)
			assert.False(t, part.Inputs.HasValue("alarmActions"))
			assert.Equal(t, "notBreaching", part.Value(t, "treatMissingData"))
		}
	}
	slices.Sort(names)
	assert.Equal(t, []string{"availability-fast", "availability-medium", "availability-outage", "availability-slow", "latency-medium", "latency-slow"}, names)
	blind := r.One(t, metric, "promise-unmeasured")
	for input, want := range map[string]any{
		"namespace": "GenericCorp/Served", "metricName": "Valid", "statistic": "SampleCount", "comparisonOperator": "LessThanThreshold", "threshold": 1.0,
		"treatMissingData": "breaching", "alarmActions": []any{"topic"}, "dimensions": map[string]any{"Environment": "prod", "Tier": "free"},
	} {
		assert.Equal(t, want, blind.Value(t, input), input)
	}
}

// minuteOf is what a tier had in a minute.
type minuteOf struct{ valid, failed, slow int }

// window is a metric alarm, read from what was made as CloudWatch reads it: the queries, the expression, the threshold.
type window struct {
	threshold float64
	minutes   int
	terms     []term
}

type term struct {
	valid, broken string // "Valid" of tier "free"
	least         int
	allowed       float64
}

var terms = regexp.MustCompile(`IF\((v\d) >= (\d+), (b\d) / (v\d) / ([\d.]+), 0\)`)

// is a value of that type.
func is[T any](t *testing.T, value any) T {
	t.Helper()
	got, right := value.(T)
	require.True(t, right, "%v is a %T", value, value)
	return got
}

func read(t *testing.T, a pulumitest.Resource) window {
	t.Helper()
	w := window{threshold: is[float64](t, a.Value(t, "threshold"))}
	require.Equal(t, "GreaterThanThreshold", a.Value(t, "comparisonOperator"))
	require.Equal(t, 1.0, a.Value(t, "evaluationPeriods"))
	queries := map[string]string{}
	expression := ""
	for _, q := range is[[]any](t, a.Value(t, "metricQueries")) {
		query := is[map[string]any](t, q)
		if text, given := query["expression"].(string); given {
			require.Equal(t, true, query["returnData"])
			expression = text
			continue
		}
		m := is[map[string]any](t, query["metric"])
		require.Equal(t, "Sum", m["stat"])
		w.minutes = int(is[float64](t, m["period"])) / 60
		require.Contains(t, []int{1, 5, 30, 60, 120, 360, 1440}, w.minutes)
		dimensions := is[map[string]any](t, m["dimensions"])
		require.Equal(t, "prod", dimensions["Environment"])
		queries[is[string](t, query["id"])] = fmt.Sprint(m["metricName"], " of ", dimensions["Tier"])
	}
	rest := terms.ReplaceAllString(expression, "")
	require.Equal(t, "MAX([, , , ])", rest, "nothing else is in the expression: %s", expression)
	for _, found := range terms.FindAllStringSubmatch(expression, -1) {
		require.Equal(t, found[1], found[4])
		least, err := strconv.Atoi(found[2])
		require.NoError(t, err)
		allowed, err := strconv.ParseFloat(found[5], 64)
		require.NoError(t, err)
		w.terms = append(w.terms, term{queries[found[1]], queries[found[3]], least, allowed})
	}
	return w
}

// raised is whether the window's alarm is raised at the end of a minute, by what each tier had had before each minute.
func (w window) raised(t *testing.T, history map[string][]minuteOf, now int) bool {
	t.Helper()
	worst := 0.0
	for _, term := range w.terms {
		tier, _ := strings.CutPrefix(term.valid, "Valid of ")
		valid, broken := 0, 0
		until, from := history[tier][now+1], history[tier][max(0, now+1-w.minutes)]
		valid = until.valid - from.valid
		switch term.broken {
		case "Failed of " + tier:
			broken = until.failed - from.failed
		case "Slow of " + tier:
			broken = until.slow - from.slow
		default:
			require.Fail(t, "what is held against the promise", term.broken)
		}
		if valid >= term.least {
			worst = max(worst, float64(broken)/float64(valid)/term.allowed)
		}
	}
	return worst > w.threshold
}

// Bad hours are replayed: who is called, and after how many minutes.
func TestReplay(t *testing.T) {
	t.Parallel()
	r := made(t)
	parts := map[string][2]window{}
	for _, a := range r.OfType(composite) {
		parts[strings.TrimPrefix(a.Name, "promise-")] = [2]window{read(t, r.One(t, metric, a.Name+"-long")), read(t, r.One(t, metric, a.Name+"-short"))}
	}
	const before, all = 1440, 2 * 1440 // minutes: a good day, and the day that is replayed
	for name, test := range map[string]struct {
		good minuteOf // of each tier
		bad  map[string]func(minute int) minuteOf
		want map[string]int // the minute in which each alarm calls for the first time
		ends int            // the minute in which nobody is called any more; 0: not looked at
	}{
		"an outage of a tier calls within two minutes": {
			good: minuteOf{valid: 600},
			bad: map[string]func(int) minuteOf{"pro": func(minute int) minuteOf {
				if minute < 30 {
					return minuteOf{valid: 600, failed: 600}
				}
				return minuteOf{valid: 600}
			}},
			want: map[string]int{"availability-outage": 2, "availability-fast": 5, "availability-medium": 11, "availability-slow": 22},
			ends: 149, // of the slow one, whose short window has two hours
		},
		"as many failures as promised call nobody": {
			good: minuteOf{valid: 1000, failed: 5, slow: 50},
			bad:  map[string]func(int) minuteOf{"free": func(int) minuteOf { return minuteOf{valid: 1000, failed: 5, slow: 50} }},
			want: map[string]int{},
		},
		"a leak that uses up the month in a week calls within a day": {
			good: minuteOf{valid: 1000},
			bad:  map[string]func(int) minuteOf{"free": func(int) minuteOf { return minuteOf{valid: 1000, failed: 22} }},
			want: map[string]int{"availability-slow": 982},
		},
		"slowness wakes nobody at once": {
			good: minuteOf{valid: 1000},
			bad:  map[string]func(int) minuteOf{"enterprise": func(int) minuteOf { return minuteOf{valid: 1000, slow: 1000} }},
			want: map[string]int{"latency-medium": 109, "latency-slow": 217},
		},
		"two of three requests of a small tenant call nobody": {
			good: minuteOf{},
			bad: map[string]func(int) minuteOf{"free": func(minute int) minuteOf {
				if minute == 5 {
					return minuteOf{valid: 3, failed: 2}
				}
				return minuteOf{}
			}},
			want: map[string]int{},
		},
		"a small tier's trouble is not hidden by a large one": {
			good: minuteOf{valid: 100_000},
			bad:  map[string]func(int) minuteOf{"enterprise": func(int) minuteOf { return minuteOf{valid: 40, failed: 20} }},
			want: map[string]int{"availability-outage": 5, "availability-fast": 60, "availability-medium": 358, "availability-slow": 1422},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			history := map[string][]minuteOf{}
			for _, tier := range []string{"free", "starter", "pro", "enterprise"} {
				sum := minuteOf{}
				for at := range all {
					history[tier] = append(history[tier], sum)
					m := test.good
					if bad := test.bad[tier]; bad != nil && at >= before {
						m = bad(at - before)
					}
					sum = minuteOf{sum.valid + m.valid, sum.failed + m.failed, sum.slow + m.slow}
				}
				history[tier] = append(history[tier], sum)
			}
			calls, last := map[string]int{}, 0
			for now := before - 1; now < all; now++ {
				for alarm, windows := range parts {
					if !windows[0].raised(t, history, now) || !windows[1].raised(t, history, now) {
						continue
					}
					last = now - before + 2
					if calls[alarm] == 0 {
						calls[alarm] = now - before + 1
					}
				}
			}
			assert.Equal(t, test.want, calls)
			if test.ends != 0 {
				assert.Equal(t, test.ends, last)
			}
		})
	}
}
