package tiers

import (
	"bytes"
	_ "embed"
	"fmt"
	"regexp"
	"time"

	"github.com/shopspring/decimal"
	"gopkg.in/yaml.v3"

	"github.com/genericcorp/platform/internal/check"
)

const file = "internal/tiers/tiers.yaml"

//go:embed tiers.yaml
var text []byte

// catalogue is what the file says. A file with a mistake never leaves the repository, as every test of every package
// that knows tiers fails at once.
var catalogue = func() []Tier {
	tiers, err := parse(file, text)
	if err != nil {
		panic(err)
	}
	return tiers
}()

var hundred = decimal.NewFromInt(100)

var namePattern = regexp.MustCompile(`^[a-z]{2,20}$`)

// parse reads a catalogue strictly; every mistake is named at once.
func parse(source string, text []byte) ([]Tier, error) {
	var tiers []Tier
	problems := check.Under(source + ": ")
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&tiers); err != nil {
		return nil, fmt.Errorf("%s: %w", source, err)
	}
	problems.Require(len(tiers) > 0, "tiers", len(tiers), "one at least")
	for i, tier := range tiers {
		tier.check(problems)
		if i > 0 {
			tier.checkAbove(tiers[i-1], problems)
		}
	}
	return tiers, problems.Err()
}

func (t Tier) check(p *check.Problems) {
	p.Require(namePattern.MatchString(t.Name), "name", t.Name, "2 to 20 lower-case letters")
	p.Require(!t.PriceUSD.IsNegative(), t.Name+".priceUsd", t.PriceUSD.String(), "0 or more US dollars")
	p.OneOf(t.Name+".support", string(t.Support), string(SupportEmail))
	p.Require(t.AvailabilityPercent.IsPositive() && t.AvailabilityPercent.LessThan(hundred), t.Name+".availabilityPercent",
		t.AvailabilityPercent.String(), "above 0 and below 100 per cent, which nobody can promise")
	p.Require(t.Latency.Within > 0, t.Name+".latency.within", t.Latency.Within, "above 0")
	p.Require(t.Latency.Percent.IsPositive() && t.Latency.Percent.LessThan(hundred), t.Name+".latency.percent",
		t.Latency.Percent.String(), "above 0 and below 100 per cent, which nobody can reach")
	l := t.Limits
	p.Require(l.MonthlyCostUSD.IsPositive(), t.Name+".limits.monthlyCostUsd", l.MonthlyCostUSD.String(), "an amount in US dollars above 0")
	p.Require(t.PriceUSD.IsZero() || l.MonthlyCostUSD.LessThan(t.PriceUSD), t.Name+".limits.monthlyCostUsd",
		l.MonthlyCostUSD.String(), "less than what the customer pays, or each new customer is a loss")
	p.Require(l.AllowanceUSD.GreaterThanOrEqual(l.MonthlyCostUSD), t.Name+".limits.allowanceUsd", l.AllowanceUSD.String(),
		"not less than monthlyCostUsd, which is part of it")
	p.Require(t.PriceUSD.IsZero() || l.AllowanceUSD.Add(l.AllowanceUSD).LessThan(t.PriceUSD), t.Name+".limits.allowanceUsd", l.AllowanceUSD.String(),
		"less than half of the price, as the tenant is suspended at twice the allowance")
	for _, a := range l.amounts() {
		p.Require(a.value > 0, t.Name+".limits."+a.key, a.value, "above 0")
	}
	p.Require(l.RequestsPerDay >= l.RequestsPerSecond, t.Name+".limits.requestsPerDay", l.RequestsPerDay, "not less than a second's")
	for key, d := range map[string]time.Duration{"statementTimeout": l.StatementTimeout, "idleInTransactionTimeout": l.IdleInTransactionTimeout} {
		p.Require(d%time.Millisecond == 0, t.Name+".limits."+key, d, "whole milliseconds, as PostgreSQL counts")
	}
}

// checkAbove requires that a more expensive tier allows more, so that an upgrade never takes anything away.
func (t Tier) checkAbove(below Tier, p *check.Problems) {
	p.Require(t.PriceUSD.GreaterThan(below.PriceUSD), t.Name+".priceUsd", t.PriceUSD.String(), "more than the price of "+below.Name)
	p.Require(t.Limits.MonthlyCostUSD.GreaterThanOrEqual(below.Limits.MonthlyCostUSD), t.Name+".limits.monthlyCostUsd",
		t.Limits.MonthlyCostUSD.String(), "not less than that of "+below.Name)
	p.Require(t.Limits.AllowanceUSD.GreaterThanOrEqual(below.Limits.AllowanceUSD), t.Name+".limits.allowanceUsd",
		t.Limits.AllowanceUSD.String(), "not less than that of "+below.Name)
	p.Require(t.Worker || !below.Worker, t.Name+".worker", t.Worker, "true, as "+below.Name+" has one")
	p.Require(t.AvailabilityPercent.GreaterThanOrEqual(below.AvailabilityPercent), t.Name+".availabilityPercent",
		t.AvailabilityPercent.String(), "not less than that of "+below.Name)
	p.Require(t.Latency.Within <= below.Latency.Within, t.Name+".latency.within", t.Latency.Within, "not more than that of "+below.Name)
	p.Require(t.Latency.Percent.GreaterThanOrEqual(below.Latency.Percent), t.Name+".latency.percent",
		t.Latency.Percent.String(), "not less than that of "+below.Name)
	lower := below.Limits.amounts()
	for i, a := range t.Limits.amounts() {
		p.Require(a.value >= lower[i].value, t.Name+".limits."+a.key, a.value, "not less than that of "+below.Name)
	}
}

type amount struct {
	key   string
	value int64
}

func (l Limits) amounts() []amount {
	return []amount{
		{"requestsPerSecond", int64(l.RequestsPerSecond)},
		{"requestsPerDay", int64(l.RequestsPerDay)},
		{"concurrentRequests", int64(l.ConcurrentRequests)},
		{"connections", int64(l.Connections)},
		{"storageMiB", int64(l.StorageMiB)},
		{"statementTimeout", int64(l.StatementTimeout)},
		{"idleInTransactionTimeout", int64(l.IdleInTransactionTimeout)},
		{"tempFileMiB", int64(l.TempFileMiB)},
		{"workMemKiB", int64(l.WorkMemKiB)},
		{"cpuMillicores", int64(l.CPUMillicores)},
		{"memoryMiB", int64(l.MemoryMiB)},
		{"pods", int64(l.Pods)},
	}
}
