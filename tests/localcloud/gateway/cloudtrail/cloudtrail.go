// Package cloudtrail completes the emulator's AWS CloudTrail.
package cloudtrail

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// New names trails as the emulator does: it fails on an ARN where AWS takes either.
func New(emulator http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		nameTrail(r)
		emulator.ServeHTTP(w, r)
	})
}

// nameTrail replaces an ARN by the trail's name. Of a request that is wrong in any way the emulator says what is wrong.
func nameTrail(r *http.Request) {
	body, err := awsapi.ReadBody(r)
	in := map[string]any{}
	if err != nil || json.Unmarshal(body, &in) != nil {
		return
	}
	_, name, isARN := strings.Cut(awsapi.Text(in, "Name"), ":trail/")
	if !isARN {
		return
	}
	in["Name"] = name
	if body, err = json.Marshal(in); err == nil {
		awsapi.ReplaceBody(r, body)
	}
}
