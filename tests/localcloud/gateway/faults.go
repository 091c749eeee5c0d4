package gateway

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// FaultsPath is where tests say what AWS is to refuse: PUT takes a list of Fault, which replaces the one before, and GET shows it.
const FaultsPath = "/_localcloud/faults"

// Fault is an error that AWS gives to an operation: a quota that is reached, a session that has expired, a service that is down.
type Fault struct {
	Operation string `json:"operation"` // "rds:CreateDBInstance", "eks POST /clusters", or "*" for every one
	Status    int    `json:"status"`
	Code      string `json:"code"` // "InstanceQuotaExceeded"
	Message   string `json:"message"`
	// After lets that many requests of the operation through before.
	After int `json:"after,omitempty"`
}

// faults is what AWS is to refuse now.
type faults struct {
	mu   sync.Mutex
	list []Fault
}

// serve takes or shows the list.
func (f *faults) serve(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r.Method == http.MethodPut {
		var list []Fault
		decoder := json.NewDecoder(r.Body)
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&list); err != nil {
			http.Error(w, "faults: "+err.Error(), http.StatusBadRequest)
			return
		}
		for _, fault := range list {
			if fault.Operation == "" || fault.Code == "" || fault.Status < http.StatusBadRequest {
				http.Error(w, "faults: expected operation, code and a status from 400 on in each", http.StatusBadRequest)
				return
			}
		}
		f.list = list
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(f.list) // the client may be gone
}

// refuse gives the error of the fault that a request meets, if it meets one.
func (f *faults) refuse(r *http.Request) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.list) == 0 {
		return nil
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		if _, err := awsapi.Form(r); err != nil {
			return err
		}
	}
	at := slices.IndexFunc(f.list, func(fault Fault) bool { return fault.Operation == "*" || fault.Operation == awsapi.Operation(r) })
	if at < 0 {
		return nil
	}
	fault := &f.list[at]
	if fault.After > 0 {
		fault.After--
		return nil
	}
	return &awsapi.Error{Status: fault.Status, Code: fault.Code, Message: fault.Message}
}
