// Package decision says whether a request may pass the edge: a pure function of the request, of the time, and of what is known of its
// tenant.
package decision

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/genericcorp/platform/internal/edge"
	"github.com/genericcorp/platform/internal/tiers"
	"github.com/genericcorp/platform/services/gate/api"
	"github.com/genericcorp/platform/services/gate/internal/directory"
	"github.com/genericcorp/platform/services/gate/internal/host"
)

// Request is what a decision needs of a request.
type Request struct {
	Method, Path string
	Host         string // as sent, with its port
	SNI          string // empty where another machine has ended TLS
	// Headers are by name, in lower case. The proxy passes on only those that a decision needs.
	Headers map[string]string
}

// Decision is an admission, or a denial.
type Decision struct {
	Tenant directory.Tenant // of an admission
	Tier   tiers.Tier       // the tenant's
	Denial *Denial          // nil: the request may pass
}

// Denial is what the client is told.
type Denial struct {
	Status     int
	Error      api.Error
	RetryAfter time.Duration // 0: it does not help to come back
	// Headers are beside those that each denial has.
	Headers map[string]string
	// Tenant is whose request was denied, where gate knows that; empty: nobody's.
	Tenant string
	// Cause is for the log: what the client is not told. It quotes nothing that the client sent but its host.
	Cause string
}

// Knowledge is who is known.
type Knowledge interface {
	// Find gives the tenant of that slug. An error says that nobody knows.
	Find(slug string) (t directory.Tenant, found bool, err error)
}

// Gate decides.
type Gate struct {
	Domain    host.Domain
	Knowledge Knowledge
	Contact   string
	Now       func() time.Time
}

const (
	retryUnavailable = 5 * time.Second
	unavailable      = "this service does not know at the moment whom it may serve: try again"
)

// Decide judges a request.
func (g Gate) Decide(r Request) Decision {
	if denial := malformed(r); denial != nil {
		return Decision{Denial: denial}
	}
	slug, err := g.Domain.Tenant(r.Host, r.SNI)
	if err != nil {
		return Decision{Denial: misnamed(err)}
	}
	tenant, found, err := g.Knowledge.Find(slug)
	if err != nil {
		return Decision{Denial: unknowing(err.Error())}
	}
	if !found {
		return Decision{Denial: unknown("there is no tenant " + slug)}
	}
	tier, denial := g.judge(tenant, r)
	if denial != nil {
		denial.Tenant = tenant.Slug
		return Decision{Denial: denial}
	}
	return Decision{Tenant: tenant, Tier: tier}
}

// judge refuses a request of a tenant that is known.
func (g Gate) judge(t directory.Tenant, r Request) (tiers.Tier, *Denial) {
	tier, err := tiers.Find(t.Tier)
	if err != nil {
		return tier, unknowing("tenant " + t.Slug + ": " + err.Error())
	}
	if denial := g.held(t, r); denial != nil {
		return tier, denial
	}
	return tier, g.spent(t.Today, tier.Limits)
}

// malformed refuses what no client of ours sends, and what parts behind the edge could read in another way.
func malformed(r Request) *Denial {
	if !slices.Contains(methods, r.Method) {
		return deny(http.StatusMethodNotAllowed, api.CodeMethod, "this method is not served", "the method is not served")
	}
	if !strings.HasPrefix(r.Path, "/") {
		return deny(http.StatusBadRequest, api.CodeMalformed, "the path does not begin with a slash", "the path does not begin with a slash")
	}
	if host, sent := r.Headers["host"]; sent && host != r.Host {
		return deny(http.StatusBadRequest, api.CodeMalformed, "the request names two hosts", "its header Host is not its authority")
	}
	if strings.HasPrefix(strings.ToLower(r.Headers["content-type"]), "application/grpc") {
		// It can be a stream, of which any number of messages would be counted as one request.
		return deny(http.StatusUnsupportedMediaType, api.CodeMalformed, "gRPC is not served", "it is a gRPC call")
	}
	for name := range r.Headers {
		if strings.HasPrefix(strings.ToLower(name), edge.ReservedPrefix) {
			// Refused and not removed: who sends it believes that it works, or tries whether it does.
			return deny(http.StatusBadRequest, api.CodeReserved, "headers that begin with X-Tenant are set by this service alone", "it came with a header that only the edge sets")
		}
	}
	return nil
}

// methods are those that are served: TRACE would show headers that the edge sets, and CONNECT would open a way around it.
var methods = []string{http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

func misnamed(err error) *Denial {
	switch {
	case errors.Is(err, host.ErrMisdirected):
		return deny(http.StatusMisdirectedRequest, api.CodeMisdirected, "this connection was opened for another host", err.Error())
	case errors.Is(err, host.ErrForeign):
		return unknown(err.Error())
	}
	return deny(http.StatusBadRequest, api.CodeMalformed, err.Error(), err.Error())
}

// held refuses what a tenant may not do because of its state. Of a state that is not known, nothing is allowed.
func (g Gate) held(t directory.Tenant, r Request) *Denial {
	switch t.State {
	case directory.Active:
		return nil
	case directory.Limited:
		if reads(r) {
			return nil
		}
		return g.contact(deny(http.StatusPaymentRequired, api.CodeLimited, "this account may read at the moment, and not write", "the tenant is limited"))
	case directory.Suspended:
		return g.contact(deny(http.StatusForbidden, api.CodeSuspended, "this account is suspended", "the tenant is suspended"))
	}
	return unknowing("tenant " + t.Slug + ": its state " + string(t.State) + " is not known here")
}

// reads tells whether the request only reads, whatever the application makes of it: one that stands for another method does not.
func reads(r Request) bool {
	for _, header := range edge.MethodOverrides() {
		if _, sent := r.Headers[header]; sent {
			return false
		}
	}
	return r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions
}

func (g Gate) contact(d *Denial) *Denial {
	d.Error.Contact = g.Contact
	return d
}

func unknowing(cause string) *Denial {
	d := deny(http.StatusServiceUnavailable, api.CodeUnavailable, unavailable, cause)
	d.RetryAfter = retryUnavailable
	return d
}

// unknown is the same for every name that is nobody's, so that nobody learns who exists.
func unknown(cause string) *Denial {
	return deny(http.StatusNotFound, api.CodeUnknown, "there is nothing here", cause)
}

func deny(status int, code api.Code, message, cause string) *Denial {
	return &Denial{Status: status, Error: api.Error{Code: code, Message: message}, Cause: cause}
}
