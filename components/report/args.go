package report

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/function"
	"github.com/genericcorp/platform/internal/awsvalue"
	"github.com/genericcorp/platform/internal/check"
	"github.com/genericcorp/platform/services/report/api"
)

// ReportArgs says who gets the report, when, and whom the function asks.
type ReportArgs struct {
	function.Settings

	ProvisionerName pulumi.StringInput // the environment's
	ProvisionerARN  pulumi.StringInput

	Addresses []string // that the report goes to
	Hour      int      // of UTC, at which it is sent
	Sender    string   // that it comes from: reports@ and the domain when empty
	// Domain is the environment's, of which ZoneID is the hosted zone. The sender is an address of it, or one that a person proves
	// to be his.
	Domain, ZoneID string
}

// withDefaults fills in what was left out.
func (a *ReportArgs) withDefaults() ReportArgs {
	if a == nil {
		a = &ReportArgs{}
	}
	full := *a
	full.Settings = full.WithDefaults(service)
	if full.Domain != "" {
		full.Sender = cmp.Or(full.Sender, "reports@"+full.Domain)
	}
	return full
}

// validate gives all problems at once.
func (a *ReportArgs) validate(name string) error {
	p := check.Under(fmt.Sprintf("report %q: ", name))
	a.Settings.Check(p)
	a.Check(p)
	p.Require(a.ProvisionerName != nil, "provisionerName", nil, "the name of the provisioner's function")
	p.Require(a.ProvisionerARN != nil, "provisionerArn", nil, "the ARN of the provisioner's function")
	return p.Err()
}

const lastHour = 23

// Check records what is wrong with the choices that nothing else decides, by the settings' names.
func (a *ReportArgs) Check(p *check.Problems) {
	full := a.withDefaults()
	awsvalue.Mail.CheckList(p, "addresses", full.Addresses, 1, api.MostAddresses, fmt.Sprintf("1 to %d different mail addresses", api.MostAddresses))
	p.Between("hour", full.Hour, 0, lastHour)
	awsvalue.Mail.Check(p, "sender", full.Sender)
}

// ofDomain says whether the sender is an address of the environment's domain, which its zone proves. Otherwise a person proves the address.
func (a *ReportArgs) ofDomain() bool {
	return a.Domain != "" && a.ZoneID != "" && strings.HasSuffix(strings.ToLower(a.Sender), "@"+strings.ToLower(a.Domain))
}

// inputs are the choices that the engine and policies see.
func (a *ReportArgs) inputs() pulumi.Map {
	return a.Inputs(pulumi.Map{"addresses": pulumi.Int(len(a.Addresses)), "hour": pulumi.Int(a.Hour)})
}
