// Package awsapi holds what emulated AWS services share: the protocols in which they are spoken to, their errors, and the
// way to the emulator behind them.
package awsapi

import (
	"fmt"
	"net/http"
	"strings"
)

// Account is the account and the region that appear in the names of what services keep.
type Account struct {
	ID     string
	Region string
}

// ARN names a resource of a regional service.
func (a Account) ARN(service, resource string) string {
	return fmt.Sprintf("arn:aws:%s:%s:%s:%s", service, a.Region, a.ID, resource)
}

// SigningName is the service in the scope of the request's signature, such as "eks", or nothing.
func SigningName(r *http.Request) string {
	if scope := credential(r); len(scope) >= 5 {
		return scope[len(scope)-2]
	}
	return ""
}

// AccessKey is the access key of whoever signed the request, or nothing.
func AccessKey(r *http.Request) string { return credential(r)[0] }

// credential is the scope of the request's signature, with the access key before it.
func credential(r *http.Request) []string {
	// AWS4-HMAC-SHA256 Credential=<key>/<day>/<region>/<service>/aws4_request, SignedHeaders=...
	_, credential, found := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	if found {
		credential, _, _ = strings.Cut(credential, ",")
	} else {
		credential = r.URL.Query().Get("X-Amz-Credential")
	}
	return strings.Split(credential, "/")
}

// JSONName is the name of the operation in a request that speaks JSON, or nothing.
func JSONName(r *http.Request) string {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	return operation
}

// Operation names what a request asks for, for messages.
func Operation(r *http.Request) string {
	service := SigningName(r)
	if operation := JSONName(r); operation != "" {
		return service + ":" + operation
	}
	if operation := r.Form.Get("Action"); operation != "" {
		return service + ":" + operation
	}
	return service + " " + r.Method + " " + r.URL.Path
}
