package tenant

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/genericcorp/platform/services/provisioner/api"
	reportapi "github.com/genericcorp/platform/services/report/api"
)

// Reports are the days whose morning reports were mailed, or may have been, the latest first.
type Reports struct {
	Environment string       `json:"environment"`
	Reports     []api.Report `json:"reports"`
}

// Reports tells which days' reports were mailed.
func (t *Tenants) Reports(ctx context.Context) (*Reports, error) {
	response, err := t.call(ctx, api.Request{Action: api.ActionReports})
	if err != nil {
		return nil, err
	}
	return &Reports{Environment: t.Environment.Name(), Reports: append([]api.Report{}, response.Reports...)}, nil
}

// SendReports has the report's function mail what is asked for, now.
func (t *Tenants) SendReports(ctx context.Context, request reportapi.Request) (response reportapi.Response, err error) {
	if _, err := t.output(ctx, "region"); err != nil { // an environment that is not deployed
		return response, err
	}
	function, _ := t.outputs["reportFunctionName"].(string)
	if function == "" {
		//page:none the message says what to do
		return response, fmt.Errorf("environment %s mails no report: name who gets it in its setting report.addresses, and deploy it", t.Environment.Name())
	}
	result, err := t.invoke(ctx, function, request)
	var gone *types.ResourceNotFoundException
	switch {
	case errors.As(err, &gone):
		//page:failed-or-stuck-deploy
		return response, fmt.Errorf("environment %s has no function %s: deploy it, with `platform up --stack %s`", t.Environment.Name(), function, t.Environment.Name())
	case err != nil && ctx.Err() != nil:
		//page:report-missing
		return response, fmt.Errorf("%w: the report's function was called and ends that by itself: `platform report sent` tells what became of it", context.Cause(ctx))
	case err != nil:
		return response, fmt.Errorf("call the function %s: %w", function, err)
	case result.FunctionError != nil:
		//page:report-missing
		return response, fmt.Errorf("the report's function failed: %s", failureOf(result.Payload).Message)
	}
	if err := json.Unmarshal(result.Payload, &response); err != nil {
		return response, fmt.Errorf("read the response of the report's function: %w", err)
	}
	return response, nil
}
