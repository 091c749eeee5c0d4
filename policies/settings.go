package main

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/policies/catalogue"
	"github.com/genericcorp/platform/policies/estimator"
	"github.com/genericcorp/platform/policies/exempt"
	"github.com/genericcorp/platform/policies/limits"
	"github.com/genericcorp/platform/policies/rules"
	"github.com/genericcorp/platform/policies/usage"
)

//go:embed exemptions.yaml
var exemptions []byte

// released is the day of this pack's calendars. A clock that reads earlier is wrong, and with it exemptions and
// approvals that have expired would hold again.
var released = time.Date(2026, time.November, 23, 0, 0, 0, 0, time.UTC)

// relaxed are the environments in which the rules of production only advise. Every other one, and one whose
// settings cannot be read, is held to them.
var relaxed = []string{"dev", "local"}

// settings is what the pack takes from the stack's configuration.
type settings struct {
	stack       string
	environment rules.Environment
	register    *exempt.Register
	index       *index
}

// program is the little that the pack reads of the program's own settings. The program itself reports settings that
// are wrong; where the pack cannot read them it holds the stack to production's rules and the tightest limits.
type program struct {
	Kind        string `json:"kind"`
	Environment string `json:"environment"`
	Tier        string `json:"tier"`
	Budget      struct {
		MonthlyLimitUSD decimal.Decimal `json:"monthlyLimitUsd"`
	} `json:"budget"`
}

const kindTenant = "tenant"

// readSettings reads the stack's configuration; every mistake in it is named at once.
func readSettings(ctx *pulumi.Context, table *rules.Table, now time.Time) (settings, error) {
	if now.Before(released) {
		return settings{}, fmt.Errorf("the clock reads %s, before this policy pack was released: set it, or exemptions and approvals that have expired would hold again",
			now.Format(time.RFC3339))
	}
	var p program
	if json.Unmarshal([]byte(config.New(ctx, "platform").Get("settings")), &p) != nil {
		p = program{}
	}
	own := config.New(ctx, "policies")
	list, err := readExemptions(own.Get("exemptions"), table, now)
	environment, environmentErr := readEnvironment(ctx, p, own.Get("costLimit"), now)
	if err := errors.Join(err, environmentErr); err != nil {
		return settings{}, err
	}
	return settings{stack: ctx.Stack(), environment: environment, register: exempt.NewRegister(list, now), index: &index{}}, nil
}

// readExemptions reads those that hold wherever the pack runs, and those that a stack's configuration adds as a
// list in policies:exemptions.
func readExemptions(own string, table *rules.Table, now time.Time) ([]exempt.Exemption, error) {
	list, err := exempt.Load("policies/exemptions.yaml", exemptions, table.Exemptible, now)
	if own == "" {
		return list, err
	}
	added, addedErr := exempt.Load("policies:exemptions", []byte(`{"exemptions": `+own+`}`), table.Exemptible, now)
	return slices.Concat(list, added), errors.Join(err, addedErr)
}

func readEnvironment(ctx *pulumi.Context, p program, approval string, now time.Time) (rules.Environment, error) {
	prices, err := catalogue.Embedded()
	book, bookErr := limits.Embedded()
	approved, approvalErr := readApproval(approval, now)
	if err := errors.Join(err, bookErr, approvalErr); err != nil {
		return rules.Environment{}, err
	}
	allowed := book.For(p.Environment)
	monthly := allowed.MonthlyUSD
	if p.Kind == kindTenant {
		monthly = book.ForTenant(p.Tier)
	}
	profile, err := usage.Default(profileOf(p))
	if err != nil {
		return rules.Environment{}, err
	}
	pricing, err := estimator.New(prices, profile, estimator.Options{Now: now, Ceilings: ceilings(allowed)})
	if err != nil {
		return rules.Environment{}, err
	}
	return rules.Environment{
		Production: !slices.Contains(relaxed, p.Environment),
		Today:      now,
		Prices:     prices,
		Limits:     allowed,
		Money:      rules.NewMoney(pricing, limits.Settle(monthly, p.Budget.MonthlyLimitUSD, approved, now), ctx.DryRun()),
	}, nil
}

func readApproval(text string, now time.Time) (*limits.Approval, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // no approval is no mistake
	}
	approval, err := limits.ParseApproval("policies:costLimit", []byte(text), now)
	return &approval, err
}

// profileOf chooses the assumptions about usage; those of production are the largest.
func profileOf(p program) usage.Environment {
	switch name := usage.Environment(p.Environment); {
	case p.Kind == kindTenant:
		return usage.Tenant
	case name == usage.Dev || name == usage.Local:
		return name
	default:
		return usage.Prod
	}
}

// ceilings are the worst that the rules would let an unknown value be.
func ceilings(l limits.Limits) estimator.Ceilings {
	return estimator.Ceilings{
		InstanceTypes: l.InstanceTypes, DatabaseClasses: l.DatabaseClasses, CacheNodeTypes: l.CacheNodeTypes,
		Nodes: l.Nodes, CacheNodes: l.CacheNodes,
	}
}
