package apigateway

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// visit is one request, with what is noted of it.
type visit struct {
	request *http.Request
	id      string
	at      time.Time
	key     string // its route's; a hyphen: it has none
	failure string // of the integration, which its caller does not hear
}

// answer is what is responded.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// refusal is an answer of API Gateway's own, such as {"message":"Not Found"}.
func refusal(status int, message string) answer {
	body, _ := json.Marshal(map[string]string{"message": message}) //nolint:errchkjson // strings alone
	return answer{status, http.Header{"Content-Type": {"application/json"}}, body}
}

// door serves an API.
func (s *Service) door(id string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := &visit{request: r, id: uuid.NewString(), at: time.Now(), key: "-"}
		stage := s.stageOf(id)
		response := s.answer(id, stage, v)
		for name, values := range response.header {
			w.Header()[name] = values
		}
		w.Header().Set("Apigw-Requestid", v.id)
		w.WriteHeader(response.status)
		_, _ = w.Write(response.body) // the client may be gone
		if stage != nil {
			s.note(id, stage, v, response)
		}
	})
}

// stageOf is what an API serves; nil: nothing.
func (s *Service) stageOf(id string) *stage {
	s.Lock()
	defer s.Unlock()
	a, known := s.apis[id]
	if !known || a.fields["disableExecuteApiEndpoint"] == true {
		return nil
	}
	return a.stage
}

// answer refuses what API Gateway refuses, and has the function answer everything else.
func (s *Service) answer(id string, stage *stage, v *visit) answer {
	r := v.request
	if stage == nil {
		return refusal(http.StatusNotFound, "Not Found")
	}
	if sizeOfHeaders(r) > mostHeaders {
		return refusal(http.StatusRequestHeaderFieldsTooLarge, "Request Header Fields Too Large")
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, mostBody))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return refusal(http.StatusRequestEntityTooLarge, "Request Entity Too Large")
	case err != nil:
		return refusal(http.StatusBadRequest, "Bad Request")
	}
	found, there := stage.route(r.Method, r.URL.Path)
	if !there {
		return refusal(http.StatusNotFound, "Not Found")
	}
	v.key = found.key
	if !stage.limit.Allow() {
		return refusal(http.StatusTooManyRequests, "Too Many Requests")
	}
	return s.integrate(id, stage.integration[found.integration], v, body)
}

// sizeOfHeaders counts what the quota counts.
func sizeOfHeaders(r *http.Request) int {
	size := len(r.Method) + len(r.RequestURI) + len(r.Proto)
	for _, values := range r.Header {
		for _, value := range values {
			size += len(value)
		}
	}
	return size
}

// errLate says that the function has not answered within the integration's time. It goes on, as on AWS.
var errLate = errors.New("Endpoint request timed out") //nolint:staticcheck // AWS's words

// integrate calls the function, if it lets the API.
// Source of what is answered and noted: https://github.com/terraform-aws-modules/terraform-aws-apigateway-v2/issues/87 and
// AWS re:Post, "How do I troubleshoot HTTP 500 and 503 errors from API Gateway HTTP APIs", 2026-11.
func (s *Service) integrate(id string, integration object, v *visit, body []byte) answer {
	function := awsapi.Text(integration, "integrationUri")
	source := s.config.Account.ARN("execute-api", id+"/$default/"+strings.Replace(v.key, " ", "", 1))
	ctx := context.WithoutCancel(v.request.Context()) // a client that goes away does not end a function
	if err := s.caller.Permit(ctx, source, function); err != nil {
		s.config.Log.Warn("an API may not call its function", "api", id, "error", err)
		v.failure = "The IAM role configured on the integration or API Gateway doesn't have permissions to call the integration. Check the permissions and try again."
		return refusal(http.StatusInternalServerError, "Internal Server Error")
	}
	event, err := json.Marshal(s.event(id, v, body))
	if err != nil {
		v.failure = err.Error()
		return refusal(http.StatusInternalServerError, "Internal Server Error")
	}
	milliseconds, _ := integration["timeoutInMillis"].(float64) // a rule sees that it is there
	returned, err := s.call(ctx, function, event, time.Duration(milliseconds)*time.Millisecond)
	if errors.Is(err, errLate) {
		v.failure = err.Error()
		return refusal(http.StatusServiceUnavailable, "Service Unavailable")
	}
	var response answer
	if err == nil {
		response, err = read(returned)
	}
	if err != nil {
		v.failure = err.Error()
		return refusal(http.StatusInternalServerError, "Internal Server Error")
	}
	return response
}

// call waits for the function as long as the integration may take.
func (s *Service) call(ctx context.Context, function string, event []byte, most time.Duration) ([]byte, error) {
	type result struct {
		returned []byte
		err      error
	}
	done := make(chan result, 1)
	go func() {
		returned, err := s.caller.Call(ctx, function, event)
		done <- result{returned, err}
	}()
	limit := time.NewTimer(most)
	defer limit.Stop()
	select {
	case r := <-done:
		return r.returned, r.err
	case <-limit.C:
		return nil, errLate
	}
}

// address is the client's, without its port.
func (v *visit) address() string {
	host, _, err := net.SplitHostPort(v.request.RemoteAddr)
	if err != nil {
		return v.request.RemoteAddr
	}
	return host
}
