package budget

import (
	"fmt"
	"net/mail"
	"regexp"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/internal/check"
)

// BudgetArgs says what may be spent and what happens when it is.
type BudgetArgs struct {
	AccountID string // twelve digits
	// MonthlyLimitUSD is the month's whole bill, with tax and support, to the cent.
	MonthlyLimitUSD decimal.Decimal
	// Mail lists who is told, at most ten addresses. Each confirms one subscription of its own.
	Mail []string
	// CostTag narrows the budget to what carries the tag; nil counts the whole account. The tag must be activated
	// as a cost allocation tag in the account's billing settings.
	CostTag *CostTag
	Breaker Breaker
	// AnomalyThresholdUSD is how far above the expected a service's cost must be to tell people: 50 when zero.
	AnomalyThresholdUSD decimal.Decimal
	// AnomalyMonitorARN is the account's monitor of services if it has one, since AWS allows one an account and makes
	// it itself in new accounts. Empty: it is made here.
	AnomalyMonitorARN string
	// NotificationsKeyARN is a KMS key that lets AWS Budgets and Cost Anomaly Detection use it.
	NotificationsKeyARN pulumi.StringInput
}

// CostTag selects costs by a tag of the resources that made them.
type CostTag struct {
	Key, Value string // for instance "environment" and "prod"
}

// BreakerMode says who pulls the breaker.
type BreakerMode string

const (
	// BreakerAutomatic acts as soon as AWS knows that the limit is passed. The default.
	BreakerAutomatic BreakerMode = "automatic"
	// BreakerApproval waits for a person to approve the action.
	BreakerApproval BreakerMode = "approval"
)

// Breaker stops new spend when the month's limit is reached: it denies the named IAM roles to create what costs
// money. What runs goes on running. Without roles there is no breaker.
type Breaker struct {
	Mode      BreakerMode // BreakerAutomatic when empty
	RoleNames []string    // names (not ARNs) of roles of this account
}

const (
	maxMail  = 10 // addresses that AWS Budgets tells of one notification
	maxRoles = 100
)

// defaultAnomalyThreshold is one fiftieth of the baseline budget.
var defaultAnomalyThreshold = decimal.NewFromInt(50)

var (
	accountPattern  = regexp.MustCompile(`^[0-9]{12}$`)
	roleNamePattern = regexp.MustCompile(`^[\w+=,.@-]{1,64}$`)
	monitorPattern  = regexp.MustCompile(`^arn:aws:ce::[0-9]{12}:anomalymonitor/[0-9a-f-]+$`)
	tagPattern      = regexp.MustCompile(`^[\w .:/=+@-]+$`)
)

// withDefaults fills in what was left out.
func (a *BudgetArgs) withDefaults() BudgetArgs {
	if a == nil {
		a = &BudgetArgs{}
	}
	full := *a
	if full.Breaker.Mode == "" {
		full.Breaker.Mode = BreakerAutomatic
	}
	if full.AnomalyThresholdUSD.IsZero() {
		full.AnomalyThresholdUSD = defaultAnomalyThreshold
	}
	return full
}

// validate gives all problems at once.
func (a *BudgetArgs) validate(name string) error {
	p := check.Under(fmt.Sprintf("budget %q: ", name))
	p.Require(accountPattern.MatchString(a.AccountID), "accountId", a.AccountID, "an account id of twelve digits")
	requireMoney(p, "monthlyLimitUsd", a.MonthlyLimitUSD)
	requireMoney(p, "anomalyThresholdUsd", a.AnomalyThresholdUSD)
	p.Require(a.NotificationsKeyARN != nil, "notificationsKeyArn", nil, "the ARN of a KMS key")
	p.Require(a.AnomalyMonitorARN == "" || monitorPattern.MatchString(a.AnomalyMonitorARN), "anomalyMonitorArn",
		a.AnomalyMonitorARN, "the ARN of a cost anomaly monitor, or nothing")
	a.checkMail(p)
	if a.CostTag != nil {
		p.Require(tagPattern.MatchString(a.CostTag.Key), "costTag.key", a.CostTag.Key, `the key of a tag such as "environment"`)
		p.Require(tagPattern.MatchString(a.CostTag.Value), "costTag.value", a.CostTag.Value, `the value of a tag such as "prod"`)
	}
	a.Breaker.check(p)
	return p.Err()
}

func requireMoney(p *check.Problems, input string, amount decimal.Decimal) {
	p.Require(amount.IsPositive() && amount.Equal(amount.Round(2)), input, amount, "an amount above zero, in dollars and whole cents")
}

func (a *BudgetArgs) checkMail(p *check.Problems) {
	p.Require(len(a.Mail) >= 1 && len(a.Mail) <= maxMail, "mail", len(a.Mail), fmt.Sprintf("1 to %d addresses", maxMail))
	seen := map[string]bool{}
	for i, address := range a.Mail {
		input := fmt.Sprintf("mail[%d]", i)
		parsed, err := mail.ParseAddress(address)
		p.Require(err == nil && parsed.Address == address, input, address, `a plain address such as "ceo@genericcorp.example"`)
		p.Require(!seen[address], input, address, "each address once")
		seen[address] = true
	}
}

func (b Breaker) check(p *check.Problems) {
	p.Require(b.Mode == BreakerAutomatic || b.Mode == BreakerApproval, "breaker.mode", string(b.Mode), `"automatic" or "approval"`)
	p.Require(len(b.RoleNames) <= maxRoles, "breaker.roleNames", len(b.RoleNames), fmt.Sprintf("at most %d roles", maxRoles))
	seen := map[string]bool{}
	for i, role := range b.RoleNames {
		input := fmt.Sprintf("breaker.roleNames[%d]", i)
		p.Require(roleNamePattern.MatchString(role), input, role, `the name of an IAM role, not its ARN, such as "deployer"`)
		p.Require(!seen[role], input, role, "each role once")
		seen[role] = true
	}
}

// inputs are the choices that the engine and policies see. What other resources make is not among them: the engine
// would make none of the children before all of it exists.
func (a *BudgetArgs) inputs() pulumi.Map {
	m := pulumi.Map{
		"accountId":           pulumi.String(a.AccountID),
		"monthlyLimitUsd":     pulumi.String(a.MonthlyLimitUSD.StringFixed(2)),
		"mail":                pulumi.ToStringArray(a.Mail),
		"anomalyThresholdUsd": pulumi.String(a.AnomalyThresholdUSD.StringFixed(2)),
		"anomalyMonitorArn":   pulumi.String(a.AnomalyMonitorARN),
		"breaker": pulumi.Map{
			"mode":      pulumi.String(a.Breaker.Mode),
			"roleNames": pulumi.ToStringArray(a.Breaker.RoleNames),
		},
	}
	if a.CostTag != nil {
		m["costTag"] = pulumi.Map{"key": pulumi.String(a.CostTag.Key), "value": pulumi.String(a.CostTag.Value)}
	}
	return m
}
