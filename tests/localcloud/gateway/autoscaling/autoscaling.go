// Package autoscaling emulates what of Amazon EC2 Auto Scaling people do to the machines behind nodes.
package autoscaling

import (
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// Nodes are the machines of node groups.
type Nodes interface {
	// Replace drains and ends the node of an instance, for which another one starts; it reports whether there is such a node.
	Replace(instance string) bool
}

// New serves the end of one instance of a node group. All else is the emulator's; so is everything where there are no nodes.
func New(nodes Nodes, emulator http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		in, err := awsapi.Form(r)
		if err != nil {
			awsapi.WriteError(w, r, err)
			return
		}
		const action = "TerminateInstanceInAutoScalingGroup"
		if nodes == nil || in.Get("Action") != action {
			emulator.ServeHTTP(w, r)
			return
		}
		if in.Get("ShouldDecrementDesiredCapacity") != "false" {
			awsapi.WriteError(w, r, awsapi.BadRequest("ValidationError", "a node is replaced; a group gets smaller by eks:UpdateNodegroupConfig (the local cloud)"))
			return
		}
		instance := in.Get("InstanceId")
		if !nodes.Replace(instance) {
			awsapi.WriteError(w, r, awsapi.BadRequest("ValidationError", "Instance Id not found - No managed instance found for instance ID: %s", instance))
			return
		}
		// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_Activity.html
		awsapi.WriteQuery(w, action, struct{ Activity activity }{activity{
			ActivityID: uuid.NewString(), Cause: "a user took the instance out of service", Description: "Terminating EC2 instance: " + instance,
			StartTime: time.Now().UTC().Format(time.RFC3339), StatusCode: "InProgress",
		}})
	})
}

type activity struct {
	ActivityID  string `xml:"ActivityId"`
	Cause       string
	Description string
	StartTime   string
	StatusCode  string
}
