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

	"github.com/genericcorp/platform/policies/exempt"
	"github.com/genericcorp/platform/policies/rules"
)

//go:embed exemptions.yaml
var exemptions []byte

// released is the day of this pack's calendars. A clock that reads earlier is wrong, and with it exemptions that
// have expired would hold again.
var released = time.Date(2026, time.November, 23, 0, 0, 0, 0, time.UTC)

// relaxed are the environments in which the rules of production only advise. Every other one, and one whose
// settings cannot be read, is held to them.
var relaxed = []string{"dev", "local"}

// settings is what the pack takes from the stack's configuration.
type settings struct {
	stack       string
	environment rules.Environment
	register    *exempt.Register
}

// readSettings reads the stack's configuration; every mistake in it is named at once.
func readSettings(ctx *pulumi.Context, table *rules.Table, now time.Time) (settings, error) {
	if now.Before(released) {
		return settings{}, fmt.Errorf("the clock reads %s, before this policy pack was released: set it, or exemptions and approvals that have expired would hold again",
			now.Format(time.RFC3339))
	}
	isRule := func(id string) bool { _, ok := table.Rule(id); return ok }
	list, err := exempt.Load("policies/exemptions.yaml", exemptions, isRule, now)
	own, ownErr := ownExemptions(config.New(ctx, "platform").Get("exemptions"), isRule, now)
	if err := errors.Join(err, ownErr); err != nil {
		return settings{}, err
	}
	return settings{
		stack:       ctx.Stack(),
		environment: rules.Environment{Production: isProduction(config.New(ctx, "platform").Get("settings")), Today: now},
		register:    exempt.NewRegister(slices.Concat(list, own), now),
	}, nil
}

// ownExemptions reads those that a stack's configuration adds, a list in platform:exemptions.
func ownExemptions(text string, isRule func(string) bool, now time.Time) ([]exempt.Exemption, error) {
	if text == "" {
		return nil, nil
	}
	return exempt.Load("platform:exemptions", []byte(`{"exemptions": `+text+`}`), isRule, now)
}

// isProduction tells from platform:settings whether the rules of production hold. The program itself reports
// settings that are wrong; to the pack they are production's.
func isProduction(text string) bool {
	var given struct {
		Environment string `json:"environment"`
	}
	if json.Unmarshal([]byte(text), &given) != nil {
		return true
	}
	return !slices.Contains(relaxed, given.Environment)
}
