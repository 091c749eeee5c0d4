// Package explorer reads AWS's bill by its Cost Explorer. Each request costs USD 0.01.
package explorer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/costexplorer"
	"github.com/aws/aws-sdk-go-v2/service/costexplorer/types"
	"github.com/aws/smithy-go"
	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/internal/pricing/billed"
	"github.com/genericcorp/platform/internal/pricing/pricesheet"
)

const (
	// region is where Cost Explorer is, for all regions.
	region = "us-east-1"
	// mostPages are read of one answer. AWS charges each, and does not say how long one is.
	mostPages = 4
	patience  = 30 * time.Second
	metric    = "UnblendedCost"
)

// Bill reads what the account of these credentials was charged in a span of whole days, by service and kind of usage, without credits and
// refunds: what was used is compared with the estimate, and not what was given. It asks once, and again where an answer has more pages.
func Bill(ctx context.Context, account aws.Config, span pricesheet.Span) (bill billed.Bill, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	client := costexplorer.NewFromConfig(account, func(o *costexplorer.Options) {
		o.Region, o.Retryer = region, aws.NopRetryer{}
	})
	dimension := func(of types.Dimension) types.GroupDefinition {
		return types.GroupDefinition{Type: types.GroupDefinitionTypeDimension, Key: aws.String(string(of))}
	}
	ask := &costexplorer.GetCostAndUsageInput{
		Granularity: types.GranularityDaily, Metrics: []string{metric},
		TimePeriod: &types.DateInterval{Start: aws.String(span.From.Format(time.DateOnly)), End: aws.String(span.To.Format(time.DateOnly))},
		GroupBy:    []types.GroupDefinition{dimension(types.DimensionService), dimension(types.DimensionUsageType)},
		Filter:     &types.Expression{Not: &types.Expression{Dimensions: &types.DimensionValues{Key: types.DimensionRecordType, Values: []string{"Credit", "Refund"}}}},
	}
	for range mostPages {
		answer, err := client.GetCostAndUsage(ctx, ask)
		if err != nil {
			return billed.Bill{}, explain(err)
		}
		for _, result := range answer.ResultsByTime {
			if err := add(&bill, result); err != nil {
				return billed.Bill{}, fmt.Errorf("read the answer of Cost Explorer: %w", err)
			}
		}
		if ask.NextPageToken = answer.NextPageToken; aws.ToString(ask.NextPageToken) == "" {
			return bill, nil
		}
	}
	return billed.Bill{}, fmt.Errorf("ask Cost Explorer: got more than %d pages, which AWS charges one by one, expected fewer services", mostPages)
}

// explain keeps of a refusal what a person reads.
func explain(err error) error {
	if refused := (smithy.APIError)(nil); errors.As(err, &refused) {
		err = errors.New(refused.ErrorCode() + ": " + refused.ErrorMessage())
	}
	//page:none the report goes on without the bill, and says so
	return fmt.Errorf("ask Cost Explorer: %w", err)
}

// add adds what the answer has of a day. What cannot be is refused, as a bill that lacks something looks cheap.
func add(bill *billed.Bill, result types.ResultByTime) error {
	if len(result.Groups) == 0 {
		return nil
	}
	if result.TimePeriod == nil {
		return errors.New("got a day without a date, expected one such as 2026-11-28")
	}
	day, err := time.Parse(time.DateOnly, aws.ToString(result.TimePeriod.Start))
	if err != nil {
		return err
	}
	bill.Open = bill.Open || result.Estimated
	for _, group := range result.Groups {
		cost := group.Metrics[metric]
		if len(group.Keys) != 2 || aws.ToString(cost.Unit) != "USD" {
			return fmt.Errorf("%s: got %q in %q, expected a service and a kind of usage, in USD", day.Format(time.DateOnly), group.Keys, aws.ToString(cost.Unit))
		}
		usd, err := decimal.NewFromString(aws.ToString(cost.Amount))
		if err != nil {
			return fmt.Errorf("%s, %s: got %q, expected an amount", day.Format(time.DateOnly), group.Keys[0], aws.ToString(cost.Amount))
		}
		if !usd.IsZero() {
			bill.Charges = append(bill.Charges, billed.Charge{Day: day, Service: group.Keys[0], Usage: group.Keys[1], USD: usd})
		}
	}
	return nil
}
