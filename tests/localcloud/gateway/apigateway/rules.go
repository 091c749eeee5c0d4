package apigateway

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// What one request may take and last.
// Source: API Gateway Developer Guide, "Quotas for configuring and running an HTTP API in API Gateway", 2026-11; none can be raised.
const (
	longest     = 30 * time.Second // of an integration
	mostBody    = 10_000_000       // bytes
	mostHeaders = 10240            // bytes of the request line and the values of headers
	mostFormat  = 3 << 10          // bytes of an access log's template
)

// defaultEndpoint is the one stage whose name is in no address.
const defaultEndpoint = "$default"

func notHere(format string, args ...any) error {
	return awsapi.BadRequest(awsapi.NotImplemented, "the local cloud "+format, args...)
}

func wrong(format string, args ...any) error {
	return awsapi.BadRequest("BadRequestException", format, args...)
}

// only refuses what is set beside the fields that are known here.
func only(fields object, what string, known ...string) error {
	for key, value := range fields {
		list, isList := value.([]any)
		nested, isObject := value.(object)
		if empty := value == nil || value == "" || value == false || isList && len(list) == 0 || isObject && len(nested) == 0; !empty && !slices.Contains(known, key) {
			return notHere("knows no %s of %s", key, what)
		}
	}
	return nil
}

func checkAPI(fields object) error {
	if protocol := awsapi.Text(fields, "protocolType"); protocol != "HTTP" {
		return notHere("has HTTP APIs, and none of protocol %q", protocol)
	}
	if awsapi.Text(fields, "name") == "" {
		return wrong("Name must be specified") // API Gateway API reference, CreateApi: required
	}
	return only(fields, "APIs", "apiEndpoint", "apiId", "apiKeySelectionExpression", "createdDate", "description", "disableExecuteApiEndpoint", "ipAddressType", "name",
		"protocolType", "routeSelectionExpression", "tags", "version")
}

// checkIntegration knows integrations with functions. Source: API Gateway API reference (version 2), CreateIntegration, 2026-11.
func (s *Service) checkIntegration(_ *http.Request, _ *api, _ string, fields object) error {
	if kind := awsapi.Text(fields, "integrationType"); kind != "AWS_PROXY" || fields["integrationSubtype"] != nil {
		return notHere("integrates Lambda functions, by AWS_PROXY; got %q", kind)
	}
	if uri := awsapi.Text(fields, "integrationUri"); !strings.HasPrefix(uri, s.config.Account.ARN("lambda", "function:")) {
		return wrong("Invalid function ARN or invocation Uri: %s", uri)
	}
	switch version := awsapi.Text(fields, "payloadFormatVersion"); version {
	case "2.0":
	case "1.0":
		return notHere("calls functions with payload format 2.0")
	default:
		// Developer Guide, "Create AWS Lambda proxy integrations for HTTP APIs": it must be given, except in the console.
		return wrong("PayloadFormatVersion is a required parameter for integration: got %q", version)
	}
	limit, _ := fields["timeoutInMillis"].(float64)
	if limit < 50 || limit > float64(longest.Milliseconds()) {
		return wrong("Timeout should be between 50 ms and %d ms", longest.Milliseconds())
	}
	return only(fields, "integrations", "connectionType", "description", "integrationId", "integrationMethod", "integrationType", "integrationUri", "payloadFormatVersion", "timeoutInMillis")
}

// methods are those of routes. Source: Developer Guide, "Create routes for HTTP APIs in API Gateway", 2026-11.
var methods = []string{"ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}

func (s *Service) checkRoute(_ *http.Request, a *api, id string, fields object) error {
	key := awsapi.Text(fields, "routeKey")
	method, path, _ := strings.Cut(key, " ")
	if key != "$default" && (!slices.Contains(methods, method) || !strings.HasPrefix(path, "/")) {
		return wrong("The provided route key is not formatted properly for HTTP protocol. Format should be \"<HTTP METHOD> /<RESOURCE PATH>\" or \"$default\": %s", key)
	}
	if strings.ContainsAny(path, "{}") {
		return notHere("knows no parameters in the paths of routes: %s", key)
	}
	for other, route := range a.parts["routes"] {
		if other != id && route["routeKey"] == key {
			return conflict(fmt.Sprintf("Route with key %s already exists for this API", key))
		}
	}
	integration, _ := strings.CutPrefix(awsapi.Text(fields, "target"), "integrations/")
	if _, there := a.parts["integrations"][integration]; !there {
		return wrong("Target must be the integration of a route: got %q", awsapi.Text(fields, "target"))
	}
	if awsapi.Text(fields, "authorizationType") != "NONE" {
		return notHere("authorizes nobody at APIs: authorizationType is NONE")
	}
	return only(fields, "routes", "apiKeyRequired", "authorizationType", "routeId", "routeKey", "target")
}

func (s *Service) checkStage(r *http.Request, _ *api, id string, fields object) error {
	if id != defaultEndpoint || fields["autoDeploy"] != true {
		return notHere("serves the stage $default, with autoDeploy: got %q", id)
	}
	logging, _ := fields["accessLogSettings"].(object)
	if logging != nil {
		if err := s.checkAccessLog(r, awsapi.Text(logging, "destinationArn"), awsapi.Text(logging, "format")); err != nil {
			return err
		}
	}
	settings, _ := fields["defaultRouteSettings"].(object)
	for _, key := range []string{"throttlingRateLimit", "throttlingBurstLimit"} {
		if limit, given := settings[key].(float64); given && limit < 0 {
			return wrong("Invalid value for %s: %v", key, limit)
		}
	}
	if err := only(settings, "the routes of stages", "detailedMetricsEnabled", "throttlingRateLimit", "throttlingBurstLimit"); err != nil {
		return err
	}
	return only(fields, "stages", "accessLogSettings", "autoDeploy", "defaultRouteSettings", "description", "stageName", "tags")
}

// checkAccessLog refuses a template and a group that AWS refuses. Sources: the quota above;
// https://github.com/ministryofjustice/cloud-platform-environments/pull/12962 (one line);
// https://github.com/aws/aws-cdk/pull/22591 (one of two IDs); https://github.com/sst/sst/issues/125 (what is said of a group that cannot be written to).
func (s *Service) checkAccessLog(r *http.Request, group, format string) error {
	switch {
	case len(format) > mostFormat:
		return wrong("Access Log format must be at most %d bytes", mostFormat)
	case strings.Contains(strings.TrimSuffix(format, "\n"), "\n"):
		return wrong("Access Log format must be single line, new line character is allowed only at end of the format")
	case !strings.Contains(format, "$context.requestId") && !strings.Contains(format, "$context.extendedRequestId"):
		return wrong("Access Log format must contain $context.requestId or $context.extendedRequestId")
	}
	found, err := s.config.Account.Ask(r.Context(), s.emulator, "logs", "Logs_20140328.DescribeLogGroups", object{"logGroupNamePrefix": groupName(group)})
	if err != nil {
		return err
	}
	groups, _ := found["logGroups"].([]any)
	for _, each := range groups {
		if one, ok := each.(object); ok && awsapi.Text(one, "logGroupName") == groupName(group) {
			return nil
		}
	}
	return wrong("Insufficient permissions to enable logging (The local cloud adds: there is no log group %s.)", group)
}

// groupName is that of a log group's ARN.
func groupName(arn string) string {
	_, name, _ := strings.Cut(arn, ":log-group:")
	return strings.TrimSuffix(name, ":*")
}
