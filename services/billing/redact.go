package main

import (
	"fmt"
	"log/slog"
	"regexp"
)

// secret is what looks like a key of Stripe, a secret of an endpoint, or an address. Stripe repeats in its messages what it was sent.
var secret = regexp.MustCompile(`\b(?:[sr]k_(?:live|test)|whsec)_[A-Za-z0-9_*]+|[^\s"'<>(),:;]+@[^\s"'<>(),:;]+`)

// redact keeps keys and addresses out of the log.
func redact(_ []string, a slog.Attr) slog.Attr {
	switch value := a.Value.Any().(type) {
	case string:
		a.Value = slog.StringValue(secret.ReplaceAllString(value, "[not logged]"))
	case error:
		a.Value = slog.StringValue(secret.ReplaceAllString(fmt.Sprint(value), "[not logged]"))
	}
	return a
}
