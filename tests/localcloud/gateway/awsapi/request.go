package awsapi

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// bodyLimit bounds the requests that are read into memory; uploads are not among them.
const bodyLimit = 16 << 20

// ReadBody reads the body and puts it back, so that the request can still be sent on.
func ReadBody(r *http.Request) ([]byte, error) { return ReadBodyUpTo(r, bodyLimit) }

// ReadBodyUpTo is ReadBody with a limit of its own, in bytes.
func ReadBodyUpTo(r *http.Request, limit int64) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(body)) > limit {
		return nil, &Error{Status: http.StatusRequestEntityTooLarge, Code: "RequestTooLargeException",
			Message: fmt.Sprintf("the request is larger than %d bytes", limit)}
	}
	ReplaceBody(r, body)
	return body, nil
}

// ReplaceBody gives the request another body.
func ReplaceBody(r *http.Request, body []byte) {
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
}

// Form reads the parameters of a request of the query protocol, which can still be sent on.
func Form(r *http.Request) (url.Values, error) {
	if r.Form != nil {
		return r.Form, nil
	}
	body, err := ReadBody(r)
	if err != nil {
		return nil, err
	}
	r.Form, err = url.ParseQuery(string(body))
	return r.Form, err
}

// Members lists what a request carries under a prefix that the query protocol numbers from 1.
func Members(in url.Values, prefix string) []string {
	var list []string
	for i := 1; ; i++ {
		value := in.Get(prefix + "." + strconv.Itoa(i))
		if value == "" {
			return list
		}
		list = append(list, value)
	}
}

// Numbered lists the prefixes of the structures that a request carries under a prefix that the query protocol numbers from 1, such as
// "Attributes.member.1".
func Numbered(in url.Values, prefix string) []string {
	has := map[string]bool{}
	for key := range in {
		if rest, below := strings.CutPrefix(key, prefix+"."); below {
			number, _, _ := strings.Cut(rest, ".")
			has[number] = true
		}
	}
	var list []string
	for i := 1; has[strconv.Itoa(i)]; i++ {
		list = append(list, prefix+"."+strconv.Itoa(i))
	}
	return list
}
