// Package reminders is the application's workflow: notes that are made again and again, also after the program, the server of Temporal
// or the database was away. Temporal keeps how far a reminder has come; no pod has to remember it.
//
//page:none the application's users see these, and the messages say what is right
package reminders

import (
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/genericcorp/platform/services/sample/api"
)

const (
	activityAdd = "AddNote"
	addTimeout  = 20 * time.Second // above a new connection to the database and to the cache
	addPause    = time.Minute      // the longest between two attempts, of which there may be any number
)

// addition is what the activity is asked.
type addition struct {
	Tenant, Key, Text string
}

// remind is the workflow. It is run again from its beginning by whoever goes on with it, with the results that are known, so it may do
// nothing but ask for activities and timers.
func remind(ctx workflow.Context, r api.Reminder) (int, error) {
	if err := check(r); err != nil {
		return 0, temporal.NewNonRetryableApplicationError(err.Error(), string(api.CodeInvalid), nil)
	}
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: addTimeout, RetryPolicy: &temporal.RetryPolicy{InitialInterval: time.Second, MaximumInterval: addPause},
	})
	id := workflow.GetInfo(ctx).WorkflowExecution.ID
	for made := range r.Times {
		if made > 0 {
			if err := workflow.Sleep(ctx, time.Duration(r.EverySeconds)*time.Second); err != nil {
				return made, err
			}
		}
		note := addition{Tenant: r.Tenant, Key: fmt.Sprintf("%s/%d", id, made+1), Text: r.Text}
		if err := workflow.ExecuteActivity(ctx, activityAdd, note).Get(ctx, nil); err != nil {
			return made, err
		}
	}
	return r.Times, nil
}

func check(r api.Reminder) (err error) {
	if r.Times < 1 || r.Times > api.MaxReminders {
		err = fmt.Errorf("times: got %d, expected 1 to %d", r.Times, api.MaxReminders)
	}
	if r.EverySeconds < 0 {
		err = errors.Join(err, fmt.Errorf("everySeconds: got %d, expected 0 or more", r.EverySeconds))
	}
	return err
}
