package lambda

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// invoke runs a function and responds as Lambda does.
func (s *Service) invoke(w http.ResponseWriter, r *http.Request) error {
	f, err := s.find(r)
	if err != nil {
		return err
	}
	payload, err := io.ReadAll(io.LimitReader(r.Body, payloadLimit+1))
	switch {
	case err != nil:
		return err
	case len(payload) > payloadLimit:
		return &awsapi.Error{Status: http.StatusRequestEntityTooLarge, Code: "RequestTooLargeException",
			Message: fmt.Sprintf("Request must be smaller than %d bytes for the InvokeFunction operation", payloadLimit)}
	case len(payload) == 0:
		payload = []byte("{}")
	case !json.Valid(payload):
		return awsapi.BadRequest("InvalidRequestContentException", "Could not parse request body into json")
	}
	switch kind := r.Header.Get("X-Amz-Invocation-Type"); kind {
	case "DryRun":
		w.WriteHeader(http.StatusNoContent)
		return nil
	case "Event":
		s.running.Go(func() {
			if _, err := f.run(payload); err != nil {
				s.config.Log.Error("lambda", "function", f.name, "error", err)
			}
		})
		w.WriteHeader(http.StatusAccepted)
		return nil
	case "", "RequestResponse":
	default:
		return awsapi.BadRequest("InvalidParameterValueException", "InvocationType is %q, Event, RequestResponse or DryRun is expected", kind)
	}
	result, err := f.run(payload)
	if err != nil {
		return err
	}
	result.send(w, r.Header.Get("X-Amz-Log-Type") == "Tail")
	return nil
}
