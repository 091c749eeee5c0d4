package apigateway

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-lambda-go/events"
)

// timeFormat is that of requestContext.time and of $context.requestTime.
const timeFormat = "02/Jan/2006:15:04:05 -0700"

// event is what the function is called with, in payload format 2.0: names of headers in lower case, and what is there twice joined by commas.
// Source: Developer Guide, "Create AWS Lambda proxy integrations for HTTP APIs in API Gateway", 2026-11. As there, the request came by https.
func (s *Service) event(id string, v *visit, body []byte) events.APIGatewayV2HTTPRequest {
	r := v.request
	headers := map[string]string{"host": r.Host, "content-length": strconv.Itoa(len(body))}
	var cookies []string
	for name, values := range r.Header {
		if name == "Cookie" {
			for _, value := range values {
				cookies = append(cookies, strings.Split(value, "; ")...)
			}
			continue
		}
		headers[strings.ToLower(name)] = strings.Join(values, ",")
	}
	headers["x-forwarded-for"], headers["x-forwarded-port"], headers["x-forwarded-proto"] = v.address(), "443", "https"
	var query map[string]string
	for name, values := range r.URL.Query() {
		if query == nil {
			query = map[string]string{}
		}
		query[name] = strings.Join(values, ",")
	}
	event := events.APIGatewayV2HTTPRequest{
		Version: "2.0", RouteKey: v.key, RawPath: r.URL.Path, RawQueryString: r.URL.RawQuery, Cookies: cookies, Headers: headers, QueryStringParameters: query,
		RequestContext: events.APIGatewayV2HTTPRequestContext{
			RouteKey: v.key, AccountID: s.config.Account.ID, Stage: defaultEndpoint, RequestID: v.id, APIID: id,
			DomainName: id + ".execute-api." + s.config.Account.Region + ".amazonaws.com", DomainPrefix: id,
			Time: v.at.UTC().Format(timeFormat), TimeEpoch: v.at.UnixMilli(),
			HTTP: events.APIGatewayV2HTTPRequestContextHTTPDescription{Method: r.Method, Path: r.URL.Path, Protocol: r.Proto, SourceIP: v.address(), UserAgent: r.UserAgent()},
		},
	}
	if len(body) == 0 {
		return event
	}
	event.Body = string(body)
	if !isText(r.Header.Get("Content-Type")) {
		event.Body, event.IsBase64Encoded = base64.StdEncoding.EncodeToString(body), true
	}
	return event
}

// isText says which bodies are handed on as they are. All others are in base64, also those of which nobody says what they are.
// Source: https://github.com/ministackorg/ministack/pull/766, which tried it on AWS, 2026-06: the documentation has no list.
func isText(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	return err == nil && (strings.HasPrefix(kind, "text/") || slices.Contains([]string{"application/json", "application/xml", "application/javascript"}, kind))
}

var errResponse = errors.New("the response from the Lambda function doesn't match the format that API Gateway expects")

// read is what a function's answer means in payload format 2.0: with a status code it is the response, and without one its body.
// Source: as of event, "Lambda function response for format 2.0".
func read(returned []byte) (answer, error) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(returned, &fields) != nil || fields["statusCode"] == nil {
		var text string
		if json.Unmarshal(returned, &text) == nil {
			returned = []byte(text)
		}
		return answer{http.StatusOK, http.Header{"Content-Type": {"application/json"}}, returned}, nil
	}
	var response events.APIGatewayV2HTTPResponse
	if err := json.Unmarshal(returned, &response); err != nil {
		return answer{}, fmt.Errorf("%w: %w", errResponse, err)
	}
	if response.StatusCode < http.StatusOK || response.StatusCode > 599 {
		return answer{}, fmt.Errorf("%w: status code %d", errResponse, response.StatusCode)
	}
	out := answer{response.StatusCode, http.Header{}, []byte(response.Body)}
	for name, value := range response.Headers {
		out.header.Set(name, value)
	}
	for name, values := range response.MultiValueHeaders {
		out.header[http.CanonicalHeaderKey(name)] = values
	}
	out.header.Del("Content-Length") // it is that of the body
	for _, cookie := range response.Cookies {
		out.header.Add("Set-Cookie", cookie)
	}
	if response.IsBase64Encoded {
		decoded, err := base64.StdEncoding.DecodeString(response.Body)
		if err != nil {
			return answer{}, fmt.Errorf("%w: %w", errResponse, err)
		}
		out.body = decoded
	}
	return out, nil
}
