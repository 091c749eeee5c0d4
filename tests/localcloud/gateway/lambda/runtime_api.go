package lambda

import (
	"io"
	"net/http"
	"strconv"
	"time"
)

// runtimeAPI is what the bootstrap speaks to.
func (e *environment) runtimeAPI() http.Handler {
	current := make(chan *invocation, 1) // what it works on
	take := func(r *http.Request) *invocation {
		select {
		case i := <-current:
			if i.id == r.PathValue("id") {
				return i
			}
			current <- i
		default:
		}
		return nil
	}
	routes := http.NewServeMux()
	routes.HandleFunc("GET /2018-06-01/runtime/invocation/next", func(w http.ResponseWriter, r *http.Request) {
		select {
		case e.ready <- struct{}{}:
		default: // it has asked before
		}
		select {
		case i := <-e.work:
			current <- i
			header := w.Header()
			header.Set("Content-Type", "application/json")
			header.Set("Lambda-Runtime-Aws-Request-Id", i.id)
			header.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(e.timeout()).UnixMilli(), 10))
			header.Set("Lambda-Runtime-Invoked-Function-Arn", e.settings.ARN)
			_, _ = w.Write(i.payload) // if it is gone, its end is noticed
		case <-r.Context().Done():
		}
	})
	respond := func(failed bool) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			i := take(r)
			if i == nil {
				http.Error(w, `{"errorType":"InvalidRequestID","errorMessage":"Invalid request ID"}`, http.StatusBadRequest)
				return
			}
			body, err := io.ReadAll(io.LimitReader(r.Body, payloadLimit+1))
			switch {
			case err != nil:
				i.result <- failure(i, "Runtime.TruncatedResponse", "%v", err)
			case len(body) > payloadLimit:
				i.result <- failure(i, "Function.ResponseSizeTooLarge", "Response payload size exceeded maximum allowed payload size (%d bytes).", payloadLimit)
				w.WriteHeader(http.StatusRequestEntityTooLarge)
				return
			default:
				i.result <- &invocationResult{payload: body, failed: failed}
			}
			w.WriteHeader(http.StatusAccepted)
		}
	}
	routes.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", respond(false))
	routes.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", respond(true))
	routes.HandleFunc("POST /2018-06-01/runtime/init/error", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(io.LimitReader(r.Body, payloadLimit)) // what arrived is enough
		select {
		case e.broken <- body:
		default: // it has reported one
		}
		w.WriteHeader(http.StatusAccepted)
	})
	return routes
}
