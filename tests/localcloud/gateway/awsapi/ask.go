package awsapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Ask asks the emulator in the gateway's own name, for an operation of a service that speaks JSON with the operation in a
// header ("TrentService.DescribeKey"). The emulator's error is an Error.
func (a Account) Ask(ctx context.Context, emulator http.Handler, service, target string, in map[string]any) (map[string]any, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	r, err := a.request(ctx, http.MethodPost, service, "/", string(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("X-Amz-Target", target)
	r.Header.Set("Content-Type", jsonProtocol.contentType())
	response := Forward(emulator, r)
	out := object{}
	if response.body.Len() == 0 && response.OK() { // as of operations that answer nothing
		return out, nil
	}
	if err := json.Unmarshal(response.body.Bytes(), &out); err != nil {
		return nil, fmt.Errorf("%s: read the emulator's response: %w", target, err)
	}
	if !response.OK() {
		code := Text(out, "__type")
		return nil, &Error{Status: response.status, Code: code[strings.LastIndex(code, "#")+1:], Message: firstText(out, "message", "Message")}
	}
	return out, nil
}

// Query asks the emulator for an action of a service that is asked by a form and responds with XML.
func (a Account) Query(ctx context.Context, emulator http.Handler, service string, in url.Values) (*Response, error) {
	r, err := a.request(ctx, http.MethodPost, service, "/", in.Encode())
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	return Forward(emulator, r), nil
}

// Get asks the emulator for what stands at a path of a service, with its query.
func (a Account) Get(ctx context.Context, emulator http.Handler, service, path string) (*Response, error) {
	r, err := a.request(ctx, http.MethodGet, service, path, "")
	if err != nil {
		return nil, err
	}
	return Forward(emulator, r), nil
}

// request is signed for a service of the account's region, by nobody: the emulator does not check who asks.
func (a Account) request(ctx context.Context, method, service, path, body string) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, method, "http://"+service+"."+a.Region+".amazonaws.com"+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.RequestURI = r.URL.RequestURI()
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=local/20260101/"+a.Region+"/"+service+"/aws4_request, SignedHeaders=host, Signature=0")
	return r, nil
}

func firstText(in object, keys ...string) string {
	for _, key := range keys {
		if text := Text(in, key); text != "" {
			return text
		}
	}
	return ""
}
