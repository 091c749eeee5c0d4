package main

import (
	"context"
	"fmt"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/policyx"
)

// threeRules are those of node/index.js.
func threeRules(*pulumi.Context) (policyx.PolicyPack, error) {
	resource := func(name, description string, validate func(policyx.AnalyzerResource) string) policyx.Policy {
		return policyx.NewResourceValidationPolicy(name, policyx.ResourceValidationPolicyArgs{
			Description: description, EnforcementLevel: policyx.EnforcementLevelMandatory,
			ValidateResource: func(_ context.Context, args policyx.ResourceValidationArgs) error {
				if message := validate(args.Resource); message != "" {
					args.Manager.ReportViolation(message, args.Resource.URN)
				}
				return nil
			},
		})
	}
	return policyx.NewPolicyPack("packbench-go", semver.MustParse("0.0.0"), policyx.EnforcementLevelMandatory, []policyx.Policy{
		resource("storage-encrypted", "A database must be encrypted at rest.", func(r policyx.AnalyzerResource) string {
			if v := r.Properties.Get("storageEncrypted"); r.Type == databaseType && (!v.IsBool() || !v.AsBool()) {
				return "storageEncrypted must be true"
			}
			return ""
		}),
		resource("no-open-shell", "Nobody may reach a shell from everywhere.", func(r policyx.AnalyzerResource) string {
			network, from, to := r.Properties.Get("cidrIpv4"), r.Properties.Get("fromPort"), r.Properties.Get("toPort")
			open := network.IsString() && network.AsString() == "0.0.0.0/0" && from.IsNumber() && to.IsNumber()
			if r.Type == ruleType && open && from.AsNumber() <= 22 && to.AsNumber() >= 22 {
				return "port 22 must not be open to 0.0.0.0/0"
			}
			return ""
		}),
		policyx.NewStackValidationPolicy("few-gateways", policyx.StackValidationPolicyArgs{
			Description: "A stack must not have too many NAT gateways.", EnforcementLevel: policyx.EnforcementLevelMandatory,
			ValidateStack: func(_ context.Context, args policyx.StackValidationArgs) error {
				count := 0
				for _, r := range args.Resources {
					if r.Type == gatewayType {
						count++
					}
				}
				if count > 1000 {
					args.Manager.ReportViolation(fmt.Sprintf("%d NAT gateways, 1000 are allowed", count), "")
				}
				return nil
			},
		}),
	})
}
