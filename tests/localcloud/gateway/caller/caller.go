// Package caller calls Lambda functions in the name of another service of AWS, where the functions' own policies let it.
package caller

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/genericcorp/platform/internal/iampolicy"
	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// Caller is one service.
type Caller struct {
	Account   awsapi.Account
	Functions http.Handler // AWS Lambda
	Service   string       // such as events.amazonaws.com
}

// Name is the function's in an ARN; false: it is no function's.
func Name(arn string) (name string, is bool) {
	_, name, is = strings.Cut(arn, ":function:")
	return name, is
}

// Permit refuses where the function's own policy does not let the service call it for source, the ARN of what of the service asks.
func (c Caller) Permit(ctx context.Context, source, function string) error {
	name, _ := Name(function)
	response, err := c.Account.Get(ctx, c.Functions, "lambda", "/2015-03-31/functions/"+name+"/policy")
	if err != nil {
		return err
	}
	var policies []iampolicy.Document
	if response.OK() {
		var found struct{ Policy string }
		if err := json.Unmarshal([]byte(response.Text()), &found); err != nil {
			return fmt.Errorf("policy of %s: %w", name, err)
		}
		policy, err := iampolicy.Parse(found.Policy)
		if err != nil {
			return fmt.Errorf("policy of %s: %w", name, err)
		}
		policies = append(policies, policy)
	}
	decision, err := iampolicy.Evaluate(iampolicy.Request{
		Caller: iampolicy.Caller{Service: c.Service}, Action: "lambda:InvokeFunction", Resource: function,
		Context: iampolicy.Context{"aws:SourceArn": {source}, "aws:SourceAccount": {c.Account.ID}},
	}, iampolicy.Policies{Resource: policies, ResourceDecides: true})
	if err != nil {
		return fmt.Errorf("policy of %s: %w", name, err)
	}
	if !decision.Allowed {
		return fmt.Errorf("function %s: its policy does not let %s call it for %s", name, c.Service, source)
	}
	return nil
}

// Call does one call and waits for its end. It gives what the function returned. What a function says of its failure is in its log alone.
func (c Caller) Call(ctx context.Context, function string, payload []byte) ([]byte, error) {
	name, _ := Name(function)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://lambda/2015-03-31/functions/"+name+"/invocations", bytes.NewReader(payload))
	if err != nil {
		return nil, err
	}
	response := awsapi.Forward(c.Functions, r)
	if !response.OK() {
		return nil, fmt.Errorf("call %s: %s", name, response.Text())
	}
	if kind := response.Header().Get("X-Amz-Function-Error"); kind != "" {
		return nil, fmt.Errorf("call %s: it failed (%s); its log says why", name, kind)
	}
	return []byte(response.Text()), nil
}
