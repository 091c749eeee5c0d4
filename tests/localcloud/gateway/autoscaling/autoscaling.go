// Package autoscaling emulates what of Amazon EC2 Auto Scaling people do to the machines behind nodes, and what has these machines be
// targets of load balancers.
package autoscaling

import (
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// Nodes are the machines of node groups.
type Nodes interface {
	// Replace drains and ends the node of an instance, for which another one starts; it reports whether there is such a node.
	Replace(instance string) bool
}

// Config says whose groups there are.
type Config struct {
	Account awsapi.Account
	Nodes   Nodes // nil where there are none
	Groups  Groups
}

// Service is an http.Handler.
type Service struct {
	Config
	emulator http.Handler

	mu       sync.Mutex
	attached map[string][]string // target groups by Auto Scaling group
}

// New serves the groups of node groups: the target groups that they are attached to, and, where there are nodes, the end of one instance.
// All else is the emulator's.
func New(config Config, emulator http.Handler) *Service {
	return &Service{Config: config, emulator: emulator, attached: map[string][]string{}}
}

// ServeHTTP implements http.Handler.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	in, err := awsapi.Form(r)
	if err != nil {
		awsapi.WriteError(w, r, err)
		return
	}
	serve, known := map[string]func(http.ResponseWriter, *http.Request, url.Values){
		"DescribeAutoScalingGroups":           s.describe,
		"AttachLoadBalancerTargetGroups":      s.attach,
		"DetachLoadBalancerTargetGroups":      s.detach,
		"TerminateInstanceInAutoScalingGroup": s.terminate,
	}[in.Get("Action")]
	if !known {
		s.emulator.ServeHTTP(w, r)
		return
	}
	serve(w, r, in)
}

func (s *Service) terminate(w http.ResponseWriter, r *http.Request, in url.Values) {
	if s.Nodes == nil {
		s.emulator.ServeHTTP(w, r)
		return
	}
	if in.Get("ShouldDecrementDesiredCapacity") != "false" {
		awsapi.WriteError(w, r, awsapi.BadRequest("ValidationError", "a node is replaced; a group gets smaller by eks:UpdateNodegroupConfig (the local cloud)"))
		return
	}
	instance := in.Get("InstanceId")
	if !s.Nodes.Replace(instance) {
		awsapi.WriteError(w, r, awsapi.BadRequest("ValidationError", "Instance Id not found - No managed instance found for instance ID: %s", instance))
		return
	}
	// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_Activity.html
	awsapi.WriteQuery(w, in.Get("Action"), struct{ Activity activity }{activity{
		ActivityID: uuid.NewString(), Cause: "a user took the instance out of service", Description: "Terminating EC2 instance: " + instance,
		StartTime: time.Now().UTC().Format(time.RFC3339), StatusCode: "InProgress",
	}})
}

type activity struct {
	ActivityID  string `xml:"ActivityId"`
	Cause       string
	Description string
	StartTime   string
	StatusCode  string
}
