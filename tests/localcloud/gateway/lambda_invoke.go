package gateway

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// invoke runs a function and answers as Lambda does.
func (l *lambda) invoke(w http.ResponseWriter, r *http.Request) error {
	f, err := l.function(r)
	if err != nil {
		return err
	}
	payload, err := io.ReadAll(io.LimitReader(r.Body, payloadLimit+1))
	switch {
	case err != nil:
		return err
	case len(payload) > payloadLimit:
		return &apiError{Status: http.StatusRequestEntityTooLarge, Code: "RequestTooLargeException",
			Message: fmt.Sprintf("Request must be smaller than %d bytes for the InvokeFunction operation", payloadLimit)}
	case len(payload) == 0:
		payload = []byte("{}")
	case !json.Valid(payload):
		return badRequest("InvalidRequestContentException", "Could not parse request body into json")
	}
	switch kind := r.Header.Get("X-Amz-Invocation-Type"); kind {
	case "DryRun":
		w.WriteHeader(http.StatusNoContent)
		return nil
	case "Event":
		l.running.Go(func() {
			if _, err := f.run(payload); err != nil {
				l.config.Log.Error("lambda", "function", f.name, "error", err)
			}
		})
		w.WriteHeader(http.StatusAccepted)
		return nil
	case "", "RequestResponse":
	default:
		return badRequest("InvalidParameterValueException", "InvocationType is %q, Event, RequestResponse or DryRun is expected", kind)
	}
	result, err := f.run(payload)
	if err != nil {
		return err
	}
	result.send(w, r.Header.Get("X-Amz-Log-Type") == "Tail")
	return nil
}
