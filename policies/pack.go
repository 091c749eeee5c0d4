package policies

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/policyx"

	"github.com/genericcorp/platform/policies/policyconfig"
	"github.com/genericcorp/platform/policies/rules"
)

const packName = "genericcorp-platform"

var packVersion = semver.MustParse("0.1.0")

// newPack makes the pack for one operation of one stack.
func newPack(ctx *pulumi.Context) (policyx.PolicyPack, error) {
	table := rules.All()
	s, err := readSettings(ctx, table, time.Now().UTC())
	if err != nil {
		return nil, fmt.Errorf("policies: %w", err)
	}
	// The level of the pack is ignored by the SDK: each policy has its own.
	return policyx.NewPolicyPack(packName, packVersion, policyx.EnforcementLevelMandatory, policies(table, s))
}

// policies turns the table into policies of the SDK. The rules of single resources share two policies, one that
// refuses and one that advises: the SDK decodes a resource again for each policy, which with one policy a rule
// would cost ten seconds for a stack of 5,000 resources. A rule of the whole stack is a policy of its own.
func policies(table *rules.Table, s settings) []policyx.Policy {
	list := []policyx.Policy{
		resourcePolicy("guardrails", "Must be so before the resource is created.", policyx.EnforcementLevelMandatory,
			table.Binding(s.environment, true), s),
		resourcePolicy("recommendations", "Should be so.", policyx.EnforcementLevelAdvisory,
			table.Binding(s.environment, false), s),
	}
	for _, rule := range table.Rules {
		if rule.OfStack() {
			list = append(list, stackPolicy(rule, s))
		}
	}
	return append(list, estimateReport(s), exemptionReport(s)) // last, when it is known which were used
}

func resourcePolicy(name, description string, level policyx.EnforcementLevel, table *rules.Table, s settings) policyx.Policy {
	return policyx.NewResourceValidationPolicy(name, policyx.ResourceValidationPolicyArgs{
		Description:      description,
		EnforcementLevel: level,
		ValidateResource: func(_ context.Context, args policyx.ResourceValidationArgs) error {
			s.report(args.Manager, table.Evaluate(s.environment, rules.Of(args.Resource)))
			return nil
		},
	})
}

func stackPolicy(rule *rules.Rule, s settings) policyx.Policy {
	level := policyx.EnforcementLevelAdvisory
	if s.environment.Binding(rule.Severity) {
		level = policyx.EnforcementLevelMandatory
	}
	return policyx.NewStackValidationPolicy(rule.ID, policyx.StackValidationPolicyArgs{
		Description:      "Evaluated when the whole stack is known.",
		EnforcementLevel: level,
		ValidateStack: func(_ context.Context, args policyx.StackValidationArgs) error {
			s.report(args.Manager, rule.EvaluateStack(s.environment, s.index.stackOf(args.Resources)))
			return nil
		},
	})
}

// estimateReport tells what the stack will cost, whether or not that is too much.
func estimateReport(s settings) policyx.Policy {
	return policyx.NewStackValidationPolicy("cost-estimate", policyx.StackValidationPolicyArgs{
		Description:      "What the stack costs a month.",
		EnforcementLevel: policyx.EnforcementLevelAdvisory,
		ValidateStack: func(_ context.Context, args policyx.StackValidationArgs) error {
			summary := s.environment.Money.Summary(s.index.stackOf(args.Resources))
			if s.ownUsage {
				summary += " The stack's configuration overrides assumed usage (" + policyconfig.UsageKey + ")."
			}
			args.Manager.ReportViolation(summary, "")
			return nil
		},
	})
}

// exemptionReport lists every exemption, so that none is forgotten.
func exemptionReport(s settings) policyx.Policy {
	return policyx.NewStackValidationPolicy("exemptions", policyx.StackValidationPolicyArgs{
		Description:      "Exemptions from the rules.",
		EnforcementLevel: policyx.EnforcementLevelAdvisory,
		ValidateStack: func(_ context.Context, args policyx.StackValidationArgs) error {
			for _, line := range s.register.Report(s.stack) {
				args.Manager.ReportViolation(line, "")
			}
			return nil
		},
	})
}

// report hands over the violations that no exemption covers.
func (s settings) report(manager policyx.PolicyManager, violations []rules.Violation) {
	for _, v := range violations {
		if !s.register.Exempts(v.Rule.ID, v.URN) {
			manager.ReportViolation(v.Message, v.URN)
		}
	}
}

// index gives the resources of one analysis indexed. The policies of the stack get the same list one after the
// other, so the last index is kept.
type index struct {
	mu    sync.Mutex
	of    []policyx.AnalyzerResource
	stack *rules.Stack
}

func (x *index) stackOf(resources []policyx.AnalyzerResource) *rules.Stack {
	x.mu.Lock()
	defer x.mu.Unlock()
	same := x.stack != nil && len(x.of) == len(resources) && len(resources) > 0 && &x.of[0] == &resources[0]
	if !same {
		list := make([]*rules.Resource, 0, len(resources))
		for _, r := range resources {
			list = append(list, rules.Of(r))
		}
		x.of, x.stack = resources, rules.NewStack(list)
	}
	return x.stack
}
