// Package stripeapi reads what Stripe has and does what a plan says, by Stripe's SDK.
//
//page:none the messages are of the function's log
package stripeapi

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v85"
)

// Client is of one environment and one mode.
type Client struct {
	stripe      *stripe.Client
	environment string
	live        bool
	daysToPay   int64
}

// Settings are how Stripe is reached.
type Settings struct {
	Environment string
	Key         string // secret; never in a message
	Live        bool   // the second switch: without it a live key is refused, and with it a test key
	DaysToPay   int    // until an invoice is overdue
	URL         string // empty: Stripe's own
	Retries     int    // by the SDK, with growing pauses, after 409, 429, 5xx and broken connections
}

const (
	// patience is for one request: Stripe's slowest take some seconds.
	patience = 30 * time.Second
	// most is the largest page. https://docs.stripe.com/api/pagination
	most = 100
)

// New checks the settings.
func New(s Settings) (*Client, error) {
	if err := checkKey(s.Key, s.Live); err != nil {
		return nil, err
	}
	if s.DaysToPay < 1 || s.DaysToPay > 90 {
		return nil, fmt.Errorf("days to pay: got %d, expected 1 to 90", s.DaysToPay)
	}
	if s.Environment == "" {
		return nil, errors.New("environment: got none, expected its name")
	}
	config := &stripe.BackendConfig{
		HTTPClient: &http.Client{Timeout: patience}, LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull},
		MaxNetworkRetries: stripe.Int64(int64(s.Retries)), EnableTelemetry: stripe.Bool(false),
	}
	if s.URL != "" {
		config.URL = stripe.String(s.URL)
	}
	return &Client{
		stripe: stripe.NewClient(s.Key, stripe.WithBackends(stripe.NewBackendsWithConfig(config))), environment: s.Environment, live: s.Live, daysToPay: int64(s.DaysToPay),
	}, nil
}

// checkKey holds the key to the mode: real money takes a live key and the switch. https://docs.stripe.com/keys
func checkKey(key string, live bool) error {
	hasPrefix := func(mode string) bool {
		return strings.HasPrefix(key, "sk_"+mode+"_") || strings.HasPrefix(key, "rk_"+mode+"_")
	}
	switch {
	case hasPrefix("test") && live:
		return errors.New("key of Stripe: got one of test mode, expected sk_live_ or rk_live_: the settings say live mode")
	case hasPrefix("live") && !live:
		return errors.New("key of Stripe: got one of live mode, expected sk_test_ or rk_test_: the settings do not say live mode")
	case !hasPrefix("test") && !hasPrefix("live"):
		return errors.New("key of Stripe: expected sk_test_, rk_test_, sk_live_ or rk_live_; what it is instead is not printed")
	}
	return nil
}

// checkMode refuses to believe an object of the other mode.
func (c *Client) checkMode(what string, live bool) error {
	if live != c.live {
		return fmt.Errorf("%s: got livemode %t, expected %t", what, live, c.live)
	}
	return nil
}

// Refused says that Stripe will not do this however often it is asked: a person must look.
func Refused(err error) bool {
	var said *stripe.Error
	if !errors.As(err, &said) {
		return false
	}
	switch said.HTTPStatusCode {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusConflict, http.StatusTooManyRequests:
		return false // it is about the key or the moment, and not about the request
	}
	return said.HTTPStatusCode >= 400 && said.HTTPStatusCode < 500
}
