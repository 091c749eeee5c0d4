package readiness

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/cmd/platform/internal/cost"
	"github.com/genericcorp/platform/internal/pricing/bill"
	"github.com/genericcorp/platform/internal/readiness"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// state is how a check stands by an answer.
func state(t *testing.T, check string, a answer) (readiness.State, string) {
	t.Helper()
	v := readiness.Judge(readiness.Facts{Now: now, Live: []readiness.Evidence{{Check: check, At: now, Passed: a.problem == "", Problem: a.problem, Numbers: a.numbers}}})
	for _, criterion := range v.Criteria {
		for _, c := range criterion.Checks {
			if c.Name == check {
				return c.State, c.Why
			}
		}
	}
	require.FailNow(t, "no such check", check)
	return "", ""
}

// What an environment answers, how its check stands then, and why. Each question's check is in the list, and is asked there.
func TestAnswers(t *testing.T) {
	t.Parallel()
	available := rdstypes.DBInstance{DBInstanceStatus: aws.String("available"), LatestRestorableTime: aws.Time(now.Add(-15 * time.Minute))}
	starting := rdstypes.DBInstance{DBInstanceStatus: aws.String("backing-up"), LatestRestorableTime: aws.Time(now.Add(-16 * time.Minute))}
	breaker := func(change func(*api.Breaker)) answer {
		b := api.Breaker{Prices: aws.Time(now.AddDate(0, 0, -31)), Whole: &api.BreakerWhole{ForecastUSD: decimal.NewFromInt(2500), LimitUSD: decimal.NewFromInt(2500), Level: "warned"}}
		change(&b)
		return ofBreaker(b, []api.BreakerEvent{{At: now.Add(-time.Hour)}}, now)
	}
	sent := func(days ...int) (list []api.Report) {
		for _, d := range days {
			list = append(list, api.Report{Day: now.Truncate(dayLength).AddDate(0, 0, -d), Sent: now.AddDate(0, 0, 1-d)})
		}
		return list
	}
	alarm := func(name string, value cwtypes.StateValue, actions ...string) cwtypes.MetricAlarm {
		return cwtypes.MetricAlarm{AlarmName: aws.String(name), StateValue: value, ActionsEnabled: aws.Bool(true), AlarmActions: actions}
	}
	of := func(rule string, actions ...string) []cwtypes.CompositeAlarm {
		return []cwtypes.CompositeAlarm{{AlarmName: aws.String("both"), AlarmRule: aws.String(rule), ActionsEnabled: aws.Bool(true), AlarmActions: actions}}
	}
	quiet := alarm("quiet", cwtypes.StateValueOk, "topic")
	off := quiet
	off.ActionsEnabled = aws.Bool(false)
	costs := func(ceiling, largest int64, change func(*cost.Statement)) answer {
		s := cost.Statement{Bills: cost.Bills{Ceiling: bill.Bill{Total: decimal.NewFromInt(ceiling)}, Largest: bill.Bill{Total: decimal.NewFromInt(largest)}}, Used: decimal.NewFromInt(80)}
		change(&s)
		return ofCost(s)
	}
	same := func(*cost.Statement) {}
	for name, c := range map[string]struct {
		check string
		a     answer
		state readiness.State
		why   string
	}{
		"databases":      {"database", ofDatabases(map[string]rdstypes.DBInstance{"main": available}), readiness.Passed, ""},
		"no database":    {"database", ofDatabases(nil), readiness.Failed, "databases: 0, at least 1"},
		"backing up":     {"database", ofDatabases(map[string]rdstypes.DBInstance{"main": available, "big": starting}), readiness.Failed, "database big is backing-up"},
		"restorable":     {"restorable", ofRestorable(map[string]rdstypes.DBInstance{"main": available}, now), readiness.Passed, ""},
		"too long ago":   {"restorable", ofRestorable(map[string]rdstypes.DBInstance{"main": available, "big": starting}, now), readiness.Failed, "work that would be lost: 16 min, at most 15 min"},
		"never":          {"restorable", ofRestorable(map[string]rdstypes.DBInstance{"main": available, "new": {}}, now), readiness.Unknown, "not measured: work that would be lost"},
		"of none":        {"restorable", ofRestorable(nil, now), readiness.Unknown, "not measured: work that would be lost"},
		"breaker":        {"breaker-sees", breaker(func(*api.Breaker) {}), readiness.Passed, ""},
		"blind":          {"breaker-sees", breaker(func(b *api.Breaker) { b.Blind = []string{"no usage came"} }), readiness.Failed, "reasons to be blind: 1, at most 0"},
		"without prices": {"breaker-sees", breaker(func(b *api.Breaker) { b.Prices = nil }), readiness.Unknown, "not measured: age of the prices"},
		"old prices":     {"breaker-sees", breaker(func(b *api.Breaker) { b.Prices = aws.Time(now.AddDate(0, 0, -32)) }), readiness.Failed, "age of the prices: 32 days, at most 31 days"},
		"no limit":       {"breaker-sees", breaker(func(b *api.Breaker) { b.Whole.LimitUSD = decimal.Zero }), readiness.Unknown, "not measured: forecast, of the limit"},
		"no whole":       {"breaker-sees", breaker(func(b *api.Breaker) { b.Whole = nil }), readiness.Unknown, "not measured: forecast, of the limit"},
		"over its limit": {"breaker-sees", breaker(func(b *api.Breaker) { b.Whole.ForecastUSD = decimal.NewFromInt(2501) }), readiness.Failed, "forecast, of the limit: 100.04 %, at most 100 %"},
		"held": {
			"breaker-sees", breaker(func(b *api.Breaker) { b.Whole.Level = "limited" }), readiness.Failed,
			"the environment is held to its limit: no tenant is made, and none gets a larger tier",
		},
		"reports":        {"report-sent", ofReports(sent(1, 2), now), readiness.Passed, ""},
		"before morning": {"report-sent", ofReports(sent(2), now), readiness.Passed, ""},
		"a day missed":   {"report-sent", ofReports(sent(3), now), readiness.Failed, "days since the last one: 3, at most 2"},
		"never mailed":   {"report-sent", ofReports([]api.Report{{Day: now}}, now), readiness.Failed, "no report was mailed yet"},
		"alarms":         {"dashboards", ofDashboards(1, alarmsOf([]cwtypes.MetricAlarm{quiet}, nil), 12), readiness.Passed, ""},
		"it rings":       {"dashboards", ofDashboards(1, alarmsOf([]cwtypes.MetricAlarm{quiet, alarm("loud", cwtypes.StateValueAlarm, "topic")}, nil), 12), readiness.Failed, "it rings: loud"},
		"to nobody":      {"dashboards", ofDashboards(1, alarmsOf([]cwtypes.MetricAlarm{off, alarm("lonely", cwtypes.StateValueOk)}, nil), 12), readiness.Failed, "alarms that tell nobody: 2, at most 0"},
		"parts":          {"dashboards", ofDashboards(1, alarmsOf([]cwtypes.MetricAlarm{quiet, alarm("long", cwtypes.StateValueAlarm)}, of(`ALARM("long")`, "topic")), 12), readiness.Passed, ""},
		"part of none":   {"dashboards", ofDashboards(1, alarmsOf([]cwtypes.MetricAlarm{quiet, alarm("long", cwtypes.StateValueOk)}, of(`ALARM("longer")`, "topic")), 12), readiness.Failed, "alarms that tell nobody: 1, at most 0"},
		"both silent":    {"dashboards", ofDashboards(1, alarmsOf([]cwtypes.MetricAlarm{quiet, alarm("long", cwtypes.StateValueOk)}, of(`ALARM("long")`)), 12), readiness.Failed, "alarms that tell nobody: 2, at most 0"},
		"no values":      {"dashboards", ofDashboards(1, alarmsOf([]cwtypes.MetricAlarm{quiet}, nil), 0), readiness.Failed, "values of the database's load in an hour: 0, at least 1"},
		"no dashboard":   {"dashboards", ofDashboards(0, nil, 12), readiness.Failed, "dashboards: 0, at least 1; alarms: 0, at least 1"},
		"cost":           {"cost", costs(1875, 2500, same), readiness.Passed, ""},
		"too dear":       {"cost", costs(2501, 2600, same), readiness.Failed, "whole bill: 2501 USD, at most 2500 USD; at its largest: 2600 USD, at most 2500 USD"},
		"over a limit":   {"cost", costs(460, 470, func(s *cost.Statement) { s.Used = decimal.NewFromInt(102) }), readiness.Failed, "whole bill, of the limit: 102 %, at most 100 %"},
		"unpriced":       {"cost", costs(460, 470, func(s *cost.Statement) { s.Unpriced = []string{"a topic"} }), readiness.Failed, "without a price: 1, at most 0"},
		"refused": {
			"cost", costs(460, 470, func(s *cost.Statement) { s.Verdict = cost.Verdict{Level: cost.Refused, Text: "the approval expired"} }),
			readiness.Failed, "the approval expired",
		},
	} {
		got, why := state(t, c.check, c.a)
		assert.Equal(t, []string{string(c.state), c.why}, []string{string(got), why}, name)
	}
}

// Every check that a file is no evidence for is asked of the environment.
func TestEveryLiveCheckIsAsked(t *testing.T) {
	t.Parallel()
	asked := []string{"cost"}
	for _, q := range questions {
		asked = append(asked, q.check)
	}
	var live []string
	for _, criterion := range readiness.Criteria() {
		for _, c := range criterion.Checks {
			if c.Live() {
				live = append(live, c.Name)
			}
		}
	}
	assert.ElementsMatch(t, live, asked)
}
