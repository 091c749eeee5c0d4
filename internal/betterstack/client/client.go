// Package client talks to Better Stack's Uptime API. What fails by chance is tried again within a limit, and what is made is made once,
// also when the answer to that was lost.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/genericcorp/platform/internal/betterstack"
)

const (
	// attemptTimeout is how long one answer may take. Their own provider waits as long.
	attemptTimeout = 60 * time.Second
	// maxTries is how often a call is made, at most.
	maxTries = 6
	// maxElapsed is how long a call may take with all its tries. A wait that would end later is not begun.
	maxElapsed = 3 * time.Minute
	// firstWait doubles with each try.
	firstWait = time.Second
	// maxBody is more than a page of 250 monitors has.
	maxBody = 8 << 20
	// perPage is the most that a list gives at once. Source: https://betterstack.com/docs/uptime/api/pagination, 2026-11.
	perPage = 250
)

// Client calls the API as the owner of a token.
type Client struct {
	url       string
	token     func(context.Context) (string, error)
	http      *http.Client
	firstWait time.Duration
}

// New returns a client of the API at the URL. The token is asked for before each call, and is in no error of the client's.
func New(address string, token func(context.Context) (string, error)) *Client {
	return &Client{
		url: strings.TrimSuffix(address, "/"), token: token, firstWait: firstWait,
		http: &http.Client{
			Timeout:       attemptTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // the token goes nowhere else
		},
	}
}

// Impatient waits for no longer than the duration where it would first wait for a second, and gives up on an answer just as fast. It is for tests.
func (c *Client) Impatient(wait, answer time.Duration) *Client {
	c.firstWait, c.http.Timeout = wait, answer
	return c
}

// Object is an object of the API.
type Object struct {
	ID         string         `json:"id"`
	Attributes map[string]any `json:"attributes"`
}

// Get reads an object; ok is false when there is none.
func (c *Client) Get(ctx context.Context, k *betterstack.Kind, page, id string) (object Object, ok bool, err error) {
	err = c.try(ctx, http.MethodGet, path(k, page)+"/"+url.PathEscape(id), nil, &object)
	if isStatus(err, http.StatusNotFound) {
		return Object{}, false, nil
	}
	return object, err == nil, err
}

// Update changes attributes of an object, and leaves the others.
func (c *Client) Update(ctx context.Context, k *betterstack.Kind, page, id string, attributes map[string]any) (object Object, err error) {
	err = c.try(ctx, http.MethodPatch, path(k, page)+"/"+url.PathEscape(id), attributes, &object)
	return object, err
}

// Delete removes an object. One that is gone already is no error.
func (c *Client) Delete(ctx context.Context, k *betterstack.Kind, page, id string) error {
	err := c.try(ctx, http.MethodDelete, path(k, page)+"/"+url.PathEscape(id), nil, nil)
	if isStatus(err, http.StatusNotFound) {
		return nil
	}
	return err
}

// path is where all objects of a kind are.
func path(k *betterstack.Kind, page string) string {
	return strings.ReplaceAll(k.Path, "{page}", url.PathEscape(page))
}

// try makes a call that may be made again, until it is answered.
func (c *Client) try(ctx context.Context, method, path string, body, into any) error {
	return c.repeat(ctx, func() error { return c.call(ctx, method, path, body, into) })
}

// repeat makes a call again while it fails by chance, and says so when that does not end.
func (c *Client) repeat(ctx context.Context, call func() error) error {
	waits := backoff.NewExponentialBackOff()
	waits.InitialInterval = c.firstWait
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		err := call()
		var away *awayError
		switch {
		case err == nil:
			return struct{}{}, nil
		case !errors.As(err, &away):
			return struct{}{}, backoff.Permanent(err)
		case away.wait > 0:
			return struct{}{}, errors.Join(err, &backoff.RetryAfterError{Duration: away.wait})
		default:
			return struct{}{}, err
		}
	}, backoff.WithBackOff(waits), backoff.WithMaxTries(maxTries), backoff.WithMaxElapsedTime(maxElapsed))
	var away *awayError
	if errors.As(err, &away) {
		return away
	}
	return err
}

// call makes a call once. The object is what the API has as data.
func (c *Client) call(ctx context.Context, method, path string, body, into any) error {
	token, err := c.token(ctx)
	if err != nil {
		return err
	}
	var reader io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("write %s %s: %w", method, path, err)
		}
		reader = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.url+path, reader)
	if err != nil {
		return fmt.Errorf("write %s %s: %w", method, path, err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Accept", "application/json")
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := c.http.Do(request)
	if err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return &awayError{call: method + " " + path, reason: redact(err.Error(), token)}
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxBody))
	if err != nil { // whatever the answer was, what was asked for may have been done
		return &awayError{call: method + " " + path, reason: redact(err.Error(), token)}
	}
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return refusal(method+" "+path, response, redact(string(text), token))
	}
	if into == nil {
		return nil
	}
	if list, ok := into.(*list); ok {
		err = json.Unmarshal(text, list)
	} else {
		err = json.Unmarshal(text, &struct {
			Data any `json:"data"`
		}{into})
	}
	if err != nil {
		return fmt.Errorf("read Better Stack's answer to %s %s: %w", method, path, err)
	}
	return nil
}

// refusal is the error of an answer that is none.
func refusal(call string, response *http.Response, text string) error {
	said := explain(text)
	status := response.StatusCode
	if status == http.StatusTooManyRequests || status >= http.StatusInternalServerError {
		return &awayError{call: call, reason: said, status: status, wait: retryAfter(response.Header.Get("Retry-After"))}
	}
	return &Error{Call: call, Status: status, Said: said}
}

// retryAfter is how long an answer asks to wait; 0 when it does not say.
func retryAfter(header string) time.Duration {
	if seconds, err := strconv.Atoi(header); err == nil && seconds > 0 {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(time.Until(at), 0)
	}
	return 0
}
