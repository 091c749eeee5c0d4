package bootstrap

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	aatypes "github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"
	"github.com/aws/aws-sdk-go-v2/service/guardduty"
	gdtypes "github.com/aws/aws-sdk-go-v2/service/guardduty/types"
)

// What watches the account is the account's, not an environment's: AWS takes one detector an account and region, and one analyzer
// of external access. So bootstrap makes them: a destroyed environment leaves nobody blind, two environments in one account or a
// second program do not fight about them, and no workflow needs a right over what watches it.
// Source: GuardDuty API Reference, CreateDetector ("You can have only one detector per account per Region"); IAM User Guide, "IAM and
// AWS STS quotas", "Access Analyzer quotas" (one analyzer of the type ACCOUNT per Region).

// analyzer wants an analyzer of what others than the account's own may reach. It costs nothing.
func (a *account) analyzer() []desired {
	const on = "on"
	return []desired{{
		resource: "access analyzer", aspect: "external access", want: on,
		read: func(ctx context.Context) (string, error) {
			pages := accessanalyzer.NewListAnalyzersPaginator(a.analyzers, &accessanalyzer.ListAnalyzersInput{Type: aatypes.TypeAccount})
			for pages.HasMorePages() {
				page, err := pages.NextPage(ctx)
				if err != nil {
					return "", err
				}
				if len(page.Analyzers) > 0 {
					return on, nil // under whatever name
				}
			}
			return "", errAbsent
		},
		write: func(ctx context.Context) error {
			_, err := a.analyzers.CreateAnalyzer(ctx, &accessanalyzer.CreateAnalyzerInput{AnalyzerName: aws.String("platform"), Type: aatypes.TypeAccount})
			return err
		},
	}}
}

// protections are what a detector watches beside CloudTrail, flow logs and DNS, and whether it shall. AWS switches all on in a new
// detector; those that are off here read what the platform hardly has, at a price by the gigabyte.
var protections = []struct {
	name gdtypes.DetectorFeature
	on   bool
}{
	{gdtypes.DetectorFeatureEksAuditLogs, true},
	{gdtypes.DetectorFeatureRdsLoginEvents, true},
	{gdtypes.DetectorFeatureS3DataEvents, false},
	{gdtypes.DetectorFeatureEbsMalwareProtection, false},
	{gdtypes.DetectorFeatureLambdaNetworkLogs, false},
}

// detector wants GuardDuty on, with the protections that shall be on. What somebody has switched on beside them stays.
func (a *account) detector() []desired {
	var id string
	return []desired{{
		resource: "threat detector", aspect: "protections", want: detectorWanted(), same: containsAll,
		read: func(ctx context.Context) (string, error) {
			list, err := a.threats.ListDetectors(ctx, &guardduty.ListDetectorsInput{})
			if err != nil {
				return "", err
			}
			if len(list.DetectorIds) == 0 {
				return "", errAbsent
			}
			id = list.DetectorIds[0]
			out, err := a.threats.GetDetector(ctx, &guardduty.GetDetectorInput{DetectorId: &id})
			if err != nil {
				return "", fmt.Errorf("detector %s: %w", id, err)
			}
			found := []string{string(out.Status)}
			for _, feature := range out.Features {
				if feature.Status == gdtypes.FeatureStatusEnabled {
					found = append(found, string(feature.Name))
				}
			}
			return strings.Join(found, " "), nil
		},
		write: func(ctx context.Context) error {
			features := []gdtypes.DetectorFeatureConfiguration{}
			for _, p := range protections {
				switch {
				case p.on:
					features = append(features, gdtypes.DetectorFeatureConfiguration{Name: p.name, Status: gdtypes.FeatureStatusEnabled})
				case id == "":
					features = append(features, gdtypes.DetectorFeatureConfiguration{Name: p.name, Status: gdtypes.FeatureStatusDisabled})
				}
			}
			if id != "" {
				_, err := a.threats.UpdateDetector(ctx, &guardduty.UpdateDetectorInput{DetectorId: &id, Enable: aws.Bool(true), Features: features})
				return err
			}
			_, err := a.threats.CreateDetector(ctx, &guardduty.CreateDetectorInput{
				Enable: aws.Bool(true), Features: features, FindingPublishingFrequency: gdtypes.FindingPublishingFrequencyFifteenMinutes,
			})
			return err
		},
	}}
}

func detectorWanted() string {
	want := []string{string(gdtypes.DetectorStatusEnabled)}
	for _, p := range protections {
		if p.on {
			want = append(want, string(p.name))
		}
	}
	return strings.Join(want, " ")
}

func containsAll(found, want string) bool {
	has := strings.Fields(found)
	return !slices.ContainsFunc(strings.Fields(want), func(word string) bool { return !slices.Contains(has, word) })
}
