package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/costexplorer"
	cetypes "github.com/aws/aws-sdk-go-v2/service/costexplorer/types"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/smithy-go"
)

// billingRegion is where the services of billing and of organisations are.
const billingRegion = "us-east-1"

// notEnabled is what Cost Explorer says of an account that never opened it, and of a member whose payer keeps it closed.
// Source: https://github.com/aws-samples/aws-cost-explorer-report/issues/15
const notEnabled = "not enabled for cost explorer"

// lacks lists all that the account's billing has not got and a deployment, or the limit on its cost, relies on. AWS charges a cent
// for asking.
func lacks(ctx context.Context, config aws.Config, account string, now time.Time) ([]string, error) {
	config = config.Copy()
	config.Region = billingRegion
	payer, err := payerOf(ctx, config)
	if err != nil {
		return nil, err
	}
	costs, err := costExplorer(ctx, config, payer, account, now)
	if err != nil {
		return nil, err
	}
	var list []string
	if costs != "" {
		list = append(list, costs)
	}
	if payer != "" && payer != account {
		// Source: https://github.com/2i2c-org/infrastructure/pull/4932 ("Linked account doesn't have access to cost allocation tags"),
		// https://github.com/hashicorp/terraform-provider-aws/issues/37636 (of the anomaly monitor).
		list = append(list, fmt.Sprintf("account %s is a member of the organisation of account %s, which pays: only there can the cost allocation tags "+
			"(docs/first-deploy.md, step 7) be activated, and budgets of an environment or a tenant see no cost before; have whoever administers %s do that. "+
			"AWS may refuse an anomaly monitor here, too: then make it there, and write its ARN into budget.anomalyMonitorArn", account, payer, payer))
	}
	return list, nil
}

// payerOf is the account that pays for the organisation that these credentials' account is in; empty: it is in none.
func payerOf(ctx context.Context, config aws.Config) (string, error) {
	out, err := organizations.NewFromConfig(config).DescribeOrganization(ctx, &organizations.DescribeOrganizationInput{})
	switch {
	case isCode(err, "AWSOrganizationsNotInUseException"):
		return "", nil
	case err != nil:
		return "", fmt.Errorf("ask AWS which organisation the account is in: %w", err)
	}
	return aws.ToString(out.Organization.MasterAccountId), nil
}

// costExplorer says what there is to do until Cost Explorer answers; empty: nothing.
func costExplorer(ctx context.Context, config aws.Config, payer, account string, now time.Time) (string, error) {
	_, err := costexplorer.NewFromConfig(config).GetCostAndUsage(ctx, &costexplorer.GetCostAndUsageInput{
		Granularity: cetypes.GranularityDaily, Metrics: []string{"UnblendedCost"},
		TimePeriod: &cetypes.DateInterval{Start: aws.String(now.AddDate(0, 0, -1).Format(time.DateOnly)), End: aws.String(now.Format(time.DateOnly))},
	})
	var failure smithy.APIError
	if err == nil || !errors.As(err, &failure) {
		return "", err
	}
	const waits = "AWS makes no anomaly monitor before, and an environment cannot be deployed without"
	switch said := failure.ErrorMessage(); {
	case failure.ErrorCode() == "DataUnavailableException":
		return "Cost Explorer is enabled and has no data yet: wait up to a day; " + waits, nil
	case failure.ErrorCode() == "AccessDeniedException" && strings.Contains(said, notEnabled):
		where := "open Cost Explorer once in the Billing console"
		if payer != "" && payer != account {
			where = "have whoever administers account " + payer + ", which pays, open Cost Explorer to its members (Billing console, Cost Management preferences)"
		}
		return "Cost Explorer is not enabled: " + where + ", then wait up to a day; " + waits, nil
	case failure.ErrorCode() == "AccessDeniedException":
		return "these credentials may not see what the account costs (" + said + "): as the root user, switch on \"IAM user and role access to billing information\" (Account), " +
			"or take an administrator's credentials", nil
	}
	return "", fmt.Errorf("ask Cost Explorer whether it is enabled: %w", err)
}

// LacksError says what the account's billing has not got. Nothing was made.
type LacksError struct {
	Account string
	Lacks   []string
}

func (e *LacksError) Error() string {
	return fmt.Sprintf("account %s is not ready for a deployment, and nothing was made:\n- %s\n--billing-later makes it ready for all else", e.Account, strings.Join(e.Lacks, "\n- "))
}
