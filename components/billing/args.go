package billing

import (
	"cmp"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/function"
	"github.com/genericcorp/platform/internal/check"
	"github.com/genericcorp/platform/services/billing/api"
)

// BillingArgs says by which terms tenants pay, and what the function reaches.
type BillingArgs struct {
	function.Settings // without SecurityGroupID, as the function has a group of its own

	VpcID           pulumi.StringInput
	ProvisionerName pulumi.StringInput // the environment's
	ProvisionerARN  pulumi.StringInput
	SecretsKeyARN   pulumi.StringInput // encrypts Stripe's keys

	Live               bool // real money
	StandIn            bool // the local cloud's stand-in of Stripe, and not Stripe; never with Live
	DaysToPay          int  // until an invoice is overdue: api.DefaultDaysToPay when zero
	LimitedAfterDays   int  // overdue: api.DefaultLimitedAfterDays when zero
	SuspendedAfterDays int  // overdue: api.DefaultSuspendedAfterDays when zero

	// DeletionProtection keeps a deleted secret recoverable for 30 days. Without it, the secret is gone at once. True when nil.
	DeletionProtection *bool
}

// concurrency is how many calls run at once: a run, what people ask, and Stripe's events.
const concurrency = 5

// withDefaults fills in what was left out.
func (a *BillingArgs) withDefaults() BillingArgs {
	if a == nil {
		a = &BillingArgs{}
	}
	full := *a
	full.ReservedConcurrency = cmp.Or(full.ReservedConcurrency, concurrency)
	full.Settings = full.WithDefaults(api.Service)
	full.DaysToPay = cmp.Or(full.DaysToPay, api.DefaultDaysToPay)
	full.LimitedAfterDays = cmp.Or(full.LimitedAfterDays, api.DefaultLimitedAfterDays)
	full.SuspendedAfterDays = cmp.Or(full.SuspendedAfterDays, api.DefaultSuspendedAfterDays)
	full.DeletionProtection = cmp.Or(full.DeletionProtection, new(true))
	return full
}

// validate gives all problems at once.
func (a *BillingArgs) validate(name string) error {
	p := check.Under(fmt.Sprintf("billing %q: ", name))
	settings := a.Settings
	settings.SecurityGroupID = pulumi.String("") // it is made after this
	settings.Check(p)
	a.Check(p)
	for _, input := range []struct {
		name, expected string
		value          pulumi.StringInput
	}{
		{"vpcId", "the id of a VPC", a.VpcID},
		{"provisionerName", "the name of the provisioner's function", a.ProvisionerName},
		{"provisionerArn", "the ARN of the provisioner's function", a.ProvisionerARN},
		{"secretsKeyArn", "the ARN of a KMS key", a.SecretsKeyARN},
	} {
		p.Require(input.value != nil, input.name, nil, input.expected)
	}
	return p.Err()
}

// Check records what is wrong with the choices that nothing else decides, by the inputs' names. Settings of the same names are checked by it,
// too, which is why it takes nothing as left out.
func (a *BillingArgs) Check(p *check.Problems) {
	p.Require(!a.Live || !a.StandIn, "standIn", a.StandIn, "false, because real money is Stripe's alone", "live")
	p.Between("daysToPay", a.DaysToPay, 1, api.MostDays)
	p.Between("limitedAfterDays", a.LimitedAfterDays, 1, api.MostDays-1)
	p.Require(a.SuspendedAfterDays > a.LimitedAfterDays && a.SuspendedAfterDays <= api.MostDays, "suspendedAfterDays", a.SuspendedAfterDays,
		fmt.Sprintf("more than limitedAfterDays, and at most %d", api.MostDays), "limitedAfterDays")
}

// inputs are the choices that the engine and policies see.
func (a *BillingArgs) inputs() pulumi.Map {
	return a.Inputs(pulumi.Map{
		"live":               pulumi.Bool(a.Live),
		"standIn":            pulumi.Bool(a.StandIn),
		"daysToPay":          pulumi.Int(a.DaysToPay),
		"limitedAfterDays":   pulumi.Int(a.LimitedAfterDays),
		"suspendedAfterDays": pulumi.Int(a.SuspendedAfterDays),
		"deletionProtection": pulumi.Bool(*a.DeletionProtection),
	})
}
