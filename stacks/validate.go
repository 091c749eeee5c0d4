package stacks

import (
	"fmt"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// validate reports every value that AWS, or this company's rules, would refuse.
func (s *EnvironmentSettings) validate(region string, r *report) {
	r.environment(s.Environment)
	r.permit(accountNumber.MatchString(s.Account), "account", s.Account)
	r.permit(tagValue.MatchString(s.Owner), "owner", s.Owner)
	r.permit(tagValue.MatchString(s.CostCentre), "costCentre", s.CostCentre)
	r.oneOf("protection", s.Protection, "full", "none")
	s.Network.validate(region, r)
	s.Cluster.validate(s.Account, r)
	validateDatabases(s.Databases, r)
	s.Provisioner.validate(r)
	s.Domain.validate(r)
	s.Cache.validate(r)
	s.Budget.validate(r)
	s.Monitoring.validate(r)
	if !r.isWrong("environment") && r.registry.IsProduction(s.Environment) {
		s.validateProduction(r)
	}
}

var (
	accountNumber = regexp.MustCompile(`^[0-9]{12}$`)
	tagValue      = regexp.MustCompile(`^[A-Za-z0-9_.:/=+@-]([A-Za-z0-9 _.:/=+@-]{0,126}[A-Za-z0-9_.:/=+@-])?$`)
	monitorARN    = regexp.MustCompile(`^arn:aws:ce::[0-9]{12}:anomalymonitor/[0-9a-f-]+$`)
	roleARN       = regexp.MustCompile(`^arn:aws:iam::[0-9]{12}:role/([\w+=,.@-]+/)*[\w+=,.@-]{1,64}$`)
	roleName      = regexp.MustCompile(`^[\w+=,.@-]{1,64}$`)
)

// logRetentions are the only retention times that CloudWatch Logs takes, in days.
var logRetentions = []int{
	1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
}

func (r *report) logRetention(key string, days int) {
	r.permit(slices.Contains(logRetentions, days), key, days)
}

func (r *report) oneOf(key, value string, values ...string) {
	r.permit(slices.Contains(values, value), key, value)
}

func (r *report) between(key string, value, lowest, highest int) {
	r.permit(value >= lowest && value <= highest, key, value)
}

// list judges the length of a list, each of its elements, and that none stands twice.
func (r *report) list(key string, values []string, shortest, longest int, expected string, valid func(string) bool) {
	given := literal(fmt.Sprintf("%d elements", len(values)))
	r.permit(len(values) >= shortest && len(values) <= longest, key, given)
	for i, value := range values {
		r.require(valid(value), item(key, i), value, expected)
		r.require(!slices.Contains(values[:i], value), item(key, i), value, "a value that does not stand in the list already")
	}
}

func (r *report) mail(key string, addresses []string) {
	r.list(key, addresses, 1, 10, `a mail address such as "platform@genericcorp.example"`, isMail)
}

// isMail accepts a bare address with a full domain, without a display name.
func isMail(address string) bool {
	parsed, err := mail.ParseAddress(address)
	if err != nil || parsed.Address != address || len(address) > 50 { // AWS Budgets takes 50 characters
		return false
	}
	_, domain, _ := strings.Cut(address, "@")
	return strings.Contains(strings.Trim(domain, "."), ".")
}

func isRoleARN(arn string) bool { return roleARN.MatchString(arn) }

var highestAmount = decimal.NewFromInt(1_000_000)

func (r *report) amount(key string, usd decimal.Decimal) {
	ok := usd.IsPositive() && usd.LessThanOrEqual(highestAmount) && usd.Equal(usd.Round(2))
	r.permit(ok, key, usd)
}

func (b BudgetSettings) validate(r *report) {
	r.amount("budget.monthlyLimitUsd", b.MonthlyLimitUSD)
	r.mail("budget.mail", b.Mail)
	r.oneOf("budget.breaker.mode", b.Breaker.Mode, "automatic", "approval")
	r.list("budget.breaker.roles", b.Breaker.Roles, 1, 10, "the name of an IAM role, not its ARN", roleName.MatchString)
	r.oneOf("budget.scope", b.Scope, "account", "environment")
	r.amount("budget.anomalyThresholdUsd", b.AnomalyThresholdUSD)
	r.permit(b.AnomalyMonitorARN == "" || monitorARN.MatchString(b.AnomalyMonitorARN),
		"budget.anomalyMonitorArn", b.AnomalyMonitorARN)
}

func (m MonitoringSettings) validate(r *report) {
	r.mail("monitoring.mail", m.Mail)
	r.permit(!m.BetterStackURL.Given() || m.BetterStackURL.encrypted || isHTTPS(m.BetterStackURL.value),
		"monitoring.betterStackUrl", literal("another secret"))
	r.logRetention("monitoring.logRetentionDays", m.LogRetentionDays)
	r.between("monitoring.trailRetentionDays", m.TrailRetentionDays, 90, 3653)
}

func isHTTPS(address string) bool {
	parsed, err := url.Parse(address)
	return err == nil && parsed.Scheme == "https" && strings.Contains(parsed.Hostname(), ".") && parsed.User == nil
}
