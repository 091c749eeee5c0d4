package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/genericcorp/platform/internal/printable"
)

// Error is a call that Better Stack refuses, and would refuse again.
type Error struct {
	Call   string // method and path
	Status int
	Said   string // what Better Stack says about it
}

func (e *Error) Error() string {
	if e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden {
		return fmt.Sprintf("Better Stack refuses the token (%d to %s): %s", e.Status, e.Call, e.Said)
	}
	return fmt.Sprintf("Better Stack refuses %s (%d): %s", e.Call, e.Status, e.Said)
}

// RefusesToken says whether an error is about the token alone.
func RefusesToken(err error) bool {
	return isStatus(err, http.StatusUnauthorized) || isStatus(err, http.StatusForbidden)
}

func isStatus(err error, status int) bool {
	var refused *Error
	return errors.As(err, &refused) && refused.Status == status
}

// awayError is a call that was not answered, or not by what the API says of it.
type awayError struct {
	call, reason string
	status       int // 0 without an answer
	wait         time.Duration
}

func (e *awayError) Error() string {
	about := e.call
	if e.status > 0 {
		about = fmt.Sprintf("%d to %s", e.status, e.call)
	}
	return fmt.Sprintf("Better Stack is away or too busy (%s): %s. Once it is back, run the same again (docs/betterstack.md)", about, e.reason)
}

// longest is how much of an answer is repeated in a message.
const longest = 500

// explain is what an answer says, in one line. Better Stack has errors as a text, a list, or lists by field, and beside them what would have
// been right. Sources: issues 68 and 76 of github.com/BetterStackHQ/terraform-provider-better-uptime.
func explain(text string) string {
	var answer struct {
		Errors  any            `json:"errors"`
		Allowed map[string]any `json:"allowed_values"`
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil || answer.Errors == nil {
		return short(text)
	}
	said := flatten(answer.Errors)
	if answer.Allowed != nil {
		said += "; allowed: " + flatten(answer.Allowed)
	}
	return short(said)
}

func flatten(value any) string {
	var parts []string
	switch v := value.(type) {
	case string:
		return v
	case []any:
		for _, element := range v {
			parts = append(parts, flatten(element))
		}
		return strings.Join(parts, ", ")
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, key+": "+flatten(v[key]))
		}
		return strings.Join(parts, "; ")
	default:
		return fmt.Sprint(v)
	}
}

// short is a text in one line, as far as a message takes it.
func short(text string) string {
	text = printable.Line(strings.Join(strings.Fields(text), " "))
	if text == "" {
		return "no reason given"
	}
	if len(text) > longest {
		text = strings.ToValidUTF8(text[:longest], "") + "..."
	}
	return text
}

// redact takes the token out of a text.
func redact(text, token string) string {
	if token == "" {
		return text
	}
	return strings.ReplaceAll(text, token, "[token]")
}
