package budget

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/internal/awsvalue"
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
	Mode  BreakerMode // BreakerAutomatic when empty
	Roles []string    // names (not ARNs) of at most ten roles of this account
}

const (
	maxMail  = 10 // addresses that AWS Budgets tells of one notification
	maxRoles = 10
)

// maxAmount is far above what the company spends.
var maxAmount = decimal.NewFromInt(1_000_000)

// defaultAnomalyThreshold is one fiftieth of the baseline budget.
var defaultAnomalyThreshold = decimal.NewFromInt(50)

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
	awsvalue.AccountID.Check(p, "accountId", a.AccountID)
	p.Require(a.NotificationsKeyARN != nil, "notificationsKeyArn", nil, "the ARN of a KMS key")
	a.Check(p)
	if a.CostTag != nil {
		awsvalue.TagValue.Check(p, "costTag.key", a.CostTag.Key) // keys take what values do
		awsvalue.TagValue.Check(p, "costTag.value", a.CostTag.Value)
	}
	return p.Err()
}

// Check records what is wrong with the choices that nothing else decides, by the inputs' names. Settings of the same
// names are checked by it too, which is why it takes nothing as left out.
func (a *BudgetArgs) Check(p *check.Problems) {
	checkAmount(p, "monthlyLimitUsd", a.MonthlyLimitUSD)
	awsvalue.Mail.CheckList(p, "mail", a.Mail, 1, maxMail, fmt.Sprintf("1 to %d different mail addresses", maxMail))
	p.OneOf("breaker.mode", string(a.Breaker.Mode), string(BreakerAutomatic), string(BreakerApproval))
	awsvalue.RoleName.CheckList(p, "breaker.roles", a.Breaker.Roles, 0, maxRoles,
		fmt.Sprintf("at most %d different names of IAM roles", maxRoles))
	checkAmount(p, "anomalyThresholdUsd", a.AnomalyThresholdUSD)
	awsvalue.AnomalyMonitorARN.OrNothing().Check(p, "anomalyMonitorArn", a.AnomalyMonitorARN)
}

func checkAmount(p *check.Problems, input string, usd decimal.Decimal) {
	p.Require(usd.IsPositive() && usd.LessThanOrEqual(maxAmount) && usd.Equal(usd.Round(2)), input, usd,
		fmt.Sprintf("an amount above 0 and up to %s, in whole cents", maxAmount))
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
			"mode":  pulumi.String(a.Breaker.Mode),
			"roles": pulumi.ToStringArray(a.Breaker.Roles),
		},
	}
	if a.CostTag != nil {
		m["costTag"] = pulumi.Map{"key": pulumi.String(a.CostTag.Key), "value": pulumi.String(a.CostTag.Value)}
	}
	return m
}
