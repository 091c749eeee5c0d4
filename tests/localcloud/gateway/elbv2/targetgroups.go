package elbv2

import (
	"context"
	"net/url"
	"slices"
	"strconv"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// ofNetwork are the protocols of target groups of network load balancers.
var ofNetwork = []string{"TCP", "TLS", "UDP", "TCP_UDP"}

// checkTargetGroup refuses health checks that network load balancers do not make.
// Source: Elastic Load Balancing API Reference, CreateTargetGroup.
func (s *service) checkTargetGroup(_ context.Context, in url.Values) error {
	if !slices.Contains(ofNetwork, in.Get("Protocol")) {
		return nil
	}
	for _, limit := range []struct {
		field       string
		least, most int
	}{
		{"HealthCheckIntervalSeconds", 5, 300}, {"HealthCheckTimeoutSeconds", 2, 120}, {"HealthyThresholdCount", 2, 10}, {"UnhealthyThresholdCount", 2, 10},
		{"Port", 1, 65535},
	} {
		if err := within(limit.field, in.Get(limit.field), limit.least, limit.most); err != nil {
			return err
		}
	}
	if in.Get("HealthCheckProtocol") == "TCP" && (in.Get("HealthCheckPath") != "" || in.Get("Matcher.HttpCode") != "") {
		return awsapi.BadRequest("ValidationError", "a health check by TCP has neither a path nor a matcher (the local cloud)")
	}
	return nil
}

// checkTargetAttributes refuses times out of range.
// Source: Elastic Load Balancing, "Edit target group attributes for your Network Load Balancer", 2026-11.
func (s *service) checkTargetAttributes(_ context.Context, in url.Values) error {
	const draining, cut = "target_health_state.unhealthy.draining_interval_seconds", "target_health_state.unhealthy.connection_termination.enabled"
	if err := within(draining, attribute(in, draining), 0, 360000); err != nil {
		return err
	}
	if interval := attribute(in, draining); interval != "" && interval != "0" && attribute(in, cut) == "true" {
		return awsapi.BadRequest("InvalidConfigurationRequest", "%s is %s and %s is true: connections are cut, or go on for a time (the local cloud)", draining, interval, cut)
	}
	return nil
}

// within refuses a number outside its limits. Nothing is within them: there is a default.
func within(field, value string, least, most int) error {
	if value == "" {
		return nil
	}
	if number, err := strconv.Atoi(value); err != nil || number < least || number > most {
		return awsapi.BadRequest("ValidationError", "%s: got %s, expected %d to %d (the local cloud)", field, value, least, most)
	}
	return nil
}
