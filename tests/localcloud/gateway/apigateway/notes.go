package apigateway

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"time"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// note writes a request into the access log, and counts it. What fails here nobody hears, as on AWS: it is in the gateway's log.
func (s *Service) note(id string, stage *stage, v *visit, response answer) {
	ctx := context.WithoutCancel(v.request.Context())
	err := s.count(ctx, id, response.status)
	if stage.group != "" {
		err = errors.Join(err, s.log(ctx, stage.group, id, line(stage.format, id, v, response)))
	}
	if err != nil {
		s.config.Log.Error("note a request of an API", "api", id, "error", err)
	}
}

// variable is one of an access log's template. One that has no value is a hyphen.
var variable = regexp.MustCompile(`\$context(\.[A-Za-z]+)+`)

// line is the entry of an access log.
// Source: Developer Guide, "Customize HTTP API access logs in API Gateway", 2026-11.
func line(format, id string, v *visit, response answer) string {
	values := map[string]string{
		"apiId": id, "stage": defaultEndpoint, "requestId": v.id, "extendedRequestId": v.id, "requestTime": v.at.UTC().Format(timeFormat),
		"requestTimeEpoch": strconv.FormatInt(v.at.UnixMilli(), 10), "httpMethod": v.request.Method, "path": v.request.URL.Path, "protocol": v.request.Proto,
		"routeKey": v.key, "status": strconv.Itoa(response.status), "responseLength": strconv.Itoa(len(response.body)),
		"responseLatency": strconv.FormatInt(time.Since(v.at).Milliseconds(), 10), "identity.sourceIp": v.address(), "identity.userAgent": v.request.UserAgent(),
		"integrationErrorMessage": v.failure, "integration.error": v.failure,
	}
	return variable.ReplaceAllStringFunc(format, func(name string) string {
		if value := values[name[len("$context."):]]; value != "" {
			return value
		}
		return "-"
	})
}

// log writes one entry into the group, in a stream of the API.
func (s *Service) log(ctx context.Context, group, stream, entry string) error {
	const service = "Logs_20140328."
	named := object{"logGroupName": group, "logStreamName": stream}
	_, err := s.config.Account.Ask(ctx, s.emulator, "logs", service+"CreateLogStream", named)
	if failure := (*awsapi.Error)(nil); err != nil && (!errors.As(err, &failure) || failure.Code != "ResourceAlreadyExistsException") {
		return err
	}
	named["logEvents"] = []object{{"timestamp": time.Now().UnixMilli(), "message": entry}}
	_, err = s.config.Account.Ask(ctx, s.emulator, "logs", service+"PutLogEvents", named)
	return err
}

// count publishes the metrics of a request, for the API and for its stage.
// Source: Developer Guide, "Monitor CloudWatch metrics for HTTP APIs in API Gateway", 2026-11.
func (s *Service) count(ctx context.Context, id string, status int) error {
	in := url.Values{"Action": {"PutMetricData"}, "Version": {"2010-08-01"}, "Namespace": {"AWS/ApiGateway"}}
	number := 0
	for _, metric := range []struct {
		name string
		is   bool
	}{{"Count", true}, {"4xx", status/100 == 4}, {"5xx", status/100 == 5}} {
		for _, dimensions := range [][]string{{"ApiId", id}, {"ApiId", id, "Stage", defaultEndpoint}} {
			number++
			datum := fmt.Sprintf("MetricData.member.%d.", number)
			value := "0"
			if metric.is {
				value = "1"
			}
			in.Set(datum+"MetricName", metric.name)
			in.Set(datum+"Value", value)
			in.Set(datum+"Unit", "Count")
			in.Set(datum+"Timestamp", time.Now().UTC().Format(time.RFC3339))
			for i := 0; i < len(dimensions); i += 2 {
				at := fmt.Sprintf("%sDimensions.member.%d.", datum, i/2+1)
				in.Set(at+"Name", dimensions[i])
				in.Set(at+"Value", dimensions[i+1])
			}
		}
	}
	response, err := s.config.Account.Query(ctx, s.emulator, "monitoring", in)
	if err == nil && !response.OK() {
		err = fmt.Errorf("PutMetricData: %s", response.Text())
	}
	return err
}
