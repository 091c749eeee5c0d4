package policies

import (
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"

	"github.com/genericcorp/platform/policies/exemptions"
	"github.com/genericcorp/platform/policies/policyconfig"
	"github.com/genericcorp/platform/policies/rules"
)

//go:embed exemptions.yaml
var exemptionsFile []byte

// released is the day of this pack's calendars. A clock that reads earlier is wrong, and expired exemptions and approvals
// would apply again.
var released = time.Date(2026, time.November, 23, 0, 0, 0, 0, time.UTC)

// settings is what the pack takes from the stack's configuration.
type settings struct {
	stack       string
	environment rules.Environment
	register    *exemptions.Register
	index       *index
	ownUsage    bool // see policyconfig.Config
}

// readSettings reads the stack's configuration and reports every mistake in it at once.
func readSettings(ctx *pulumi.Context, table *rules.Table, now time.Time) (settings, error) {
	if now.Before(released) {
		return settings{}, fmt.Errorf("the clock reads %s, before this policy pack was released: set it, or expired exemptions and approvals would apply again",
			now.Format(time.RFC3339))
	}
	get := func(key string) string {
		namespace, name, _ := strings.Cut(key, ":")
		return config.New(ctx, namespace).Get(name)
	}
	list, err := readExemptions(get(policyconfig.ExemptionsKey), table, now)
	c, configErr := policyconfig.Read(get, now)
	if err := errors.Join(err, configErr); err != nil {
		return settings{}, err
	}
	return settings{
		stack: ctx.Stack(), register: exemptions.NewRegister(list, now), index: &index{}, ownUsage: c.OwnUsage,
		environment: rules.Environment{
			Production: c.Production, Today: now, Prices: c.Prices, Limits: c.Allowed,
			Money: rules.NewMoney(c.Estimator, c.Limit, c.Bill, ctx.DryRun()),
		},
	}, nil
}

// readExemptions reads the exemptions of the repository, and those that a stack's configuration adds as a list in
// policies:exemptions.
func readExemptions(own string, table *rules.Table, now time.Time) ([]exemptions.Exemption, error) {
	list, err := exemptions.Load("policies/exemptions.yaml", exemptionsFile, table.Exemptible, now)
	if own == "" {
		return list, err
	}
	added, addedErr := exemptions.Load(policyconfig.ExemptionsKey, []byte(`{"exemptions": `+own+`}`), table.Exemptible, now)
	return slices.Concat(list, added), errors.Join(err, addedErr)
}
