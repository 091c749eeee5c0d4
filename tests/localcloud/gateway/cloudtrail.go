package gateway

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
)

// cloudtrail names trails as the emulator does: it fails on an ARN where AWS takes either.
type cloudtrail struct{}

func (cloudtrail) serve(_ http.ResponseWriter, r *http.Request) bool {
	body, err := peek(r)
	in := object{}
	if err != nil || json.Unmarshal(body, &in) != nil {
		return false // the emulator says what is wrong
	}
	_, name, isARN := strings.Cut(text(in, "Name"), ":trail/")
	if !isARN {
		return false
	}
	in["Name"] = name
	if body, err = json.Marshal(in); err == nil {
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	}
	return false
}
