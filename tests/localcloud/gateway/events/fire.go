package events

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
	"github.com/genericcorp/platform/tests/localcloud/gateway/caller"
)

// fire calls the targets of a rule side by side, and waits until all have ended.
func (s *Service) fire(ctx context.Context, rule, arn string, at time.Time) error {
	targets, err := s.list("ListTargetsByRule", "Targets", object{"Rule": rule})
	if err != nil {
		return err
	}
	failures := make(chan error, len(targets))
	for _, target := range targets {
		go func() { failures <- s.call(ctx, arn, target, at) }()
	}
	var all []error
	for range targets {
		select {
		case err := <-failures:
			all = append(all, err)
		case <-ctx.Done(): // whoever was called goes on, as on AWS
			return ctx.Err()
		}
	}
	return errors.Join(all...)
}

// call calls a function as EventBridge does, and has Lambda's asynchronous calls repeat it.
func (s *Service) call(ctx context.Context, rule string, target object, at time.Time) error {
	function := awsapi.Text(target, "Arn")
	name, isFunction := caller.Name(function)
	if !isFunction || target["InputPath"] != nil || target["InputTransformer"] != nil {
		return fmt.Errorf("target %s: the local cloud calls Lambda functions, with a constant input or the event", function)
	}
	events := caller.Caller{Account: s.config.Account, Functions: s.config.Functions, Service: "events.amazonaws.com"}
	if err := events.Permit(ctx, rule, function); err != nil {
		return err
	}
	input := awsapi.Text(target, "Input")
	if input == "" {
		event, err := json.Marshal(object{
			"version": "0", "id": uuid.NewString(), "detail-type": "Scheduled Event", "source": "aws.events", "account": s.config.Account.ID,
			"time": at.UTC().Format(time.RFC3339), "region": s.config.Account.Region, "resources": []string{rule}, "detail": object{},
		})
		if err != nil {
			return err
		}
		input = string(event)
	}
	retries, age := s.repetition(ctx, name)
	// Source: AWS Lambda Developer Guide, "How Lambda handles errors and retries with asynchronous invocation": a minute, then two.
	for attempt := 0; ; attempt++ {
		_, err := events.Call(ctx, function, []byte(input))
		pause := time.Duration(attempt+1) * time.Minute
		if err == nil || attempt >= retries || time.Since(at)+pause > age || !wait(ctx, time.Now().Add(pause)) {
			return err
		}
	}
}

// repetition is how often a failed call is repeated, and how old it may be then.
// Source: AWS Lambda API Reference, PutFunctionEventInvokeConfig: 2 and six hours, unless set.
func (s *Service) repetition(ctx context.Context, name string) (retries int, age time.Duration) {
	var set struct{ MaximumRetryAttempts, MaximumEventAgeInSeconds *int }
	response, err := s.config.Account.Get(ctx, s.config.Functions, "lambda", "/2019-09-25/functions/"+name+"/event-invoke-config")
	if err == nil && response.OK() {
		_ = json.Unmarshal([]byte(response.Text()), &set) // what is not said is as AWS has it
	}
	retries, age = 2, 6*time.Hour
	if set.MaximumRetryAttempts != nil {
		retries = *set.MaximumRetryAttempts
	}
	if set.MaximumEventAgeInSeconds != nil {
		age = time.Duration(*set.MaximumEventAgeInSeconds) * time.Second
	}
	return retries, age
}
