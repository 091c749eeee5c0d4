package apigateway

import (
	"strings"

	"golang.org/x/time/rate"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// stage is what serves, as it was deployed last.
type stage struct {
	limit       *rate.Limiter
	group       string           // of the access log; empty: there is none
	format      string           // of the access log
	routes      map[string]route // by key
	integration map[string]object
}

type route struct{ key, integration string }

// What an account's APIs take together where a stage says nothing.
// Source: Developer Guide, "Throttle requests to your HTTP APIs for better throughput in API Gateway", 2026-11.
const (
	accountRate  = 10000 // a second
	accountBurst = 5000
)

// deploy serves what there is now, as a stage with autoDeploy does after each change. A stage whose limits are set to nothing takes nothing.
func (a *api) deploy() {
	fields, there := a.parts["stages"][defaultEndpoint]
	if !there {
		a.stage = nil
		return
	}
	perSecond, burst := float64(accountRate), float64(accountBurst)
	settings, _ := fields["defaultRouteSettings"].(object)
	if set, given := settings["throttlingRateLimit"].(float64); given {
		perSecond = set
	}
	if set, given := settings["throttlingBurstLimit"].(float64); given {
		burst = set
	}
	next := &stage{routes: map[string]route{}, integration: map[string]object{}}
	if a.stage != nil && a.stage.limit.Limit() == rate.Limit(perSecond) && a.stage.limit.Burst() == int(burst) {
		next.limit = a.stage.limit // what was used stays used
	} else {
		next.limit = rate.NewLimiter(rate.Limit(perSecond), int(burst))
	}
	logging, _ := fields["accessLogSettings"].(object)
	next.group, next.format = groupName(awsapi.Text(logging, "destinationArn")), awsapi.Text(logging, "format")
	for _, fields := range a.parts["routes"] {
		key := awsapi.Text(fields, "routeKey")
		next.routes[key] = route{key, strings.TrimPrefix(awsapi.Text(fields, "target"), "integrations/")}
	}
	for id, fields := range a.parts["integrations"] {
		next.integration[id] = fields
	}
	a.stage = next
}

// route finds that of a request: the method's own before ANY, and $default for what no other takes.
// Source: Developer Guide, "Create routes for HTTP APIs in API Gateway", 2026-11.
func (s *stage) route(method, path string) (route, bool) {
	for _, key := range []string{method + " " + path, "ANY " + path, "$default"} {
		if found, there := s.routes[key]; there {
			return found, true
		}
	}
	return route{}, false
}
