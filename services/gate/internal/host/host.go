// Package host finds the tenant that a request names. It is pure, and strict: what a part behind the edge might read in another way
// than this package does not pass.
//
//page:none the client's mistake, and the message says what is right
package host

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/genericcorp/platform/internal/check"
	"github.com/genericcorp/platform/internal/tenant/slug"
)

// The ways in which a request names no tenant.
var (
	// ErrMalformed is of a name that no client sends that follows the address it was given.
	ErrMalformed = errors.New("the request's host is malformed")
	// ErrForeign is of a name that is well formed and not a tenant's.
	ErrForeign = errors.New("the request's host is not a tenant's")
	// ErrMisdirected is of a connection that was opened for another name than the request's.
	ErrMisdirected = errors.New("the connection was opened for another host")
)

// Domain is what tenants' names end with, and the port that clients use.
type Domain struct {
	suffix string // with the dot before it
	port   string
}

// mostName is DNS's limit of a name.
const mostName = 253

// New makes a domain ("app.genericcorp.example"). Every part of it is lower-case letters, digits and hyphens.
func New(name string, port int) (Domain, error) {
	p := check.Under("")
	p.Require(len(name) <= mostName && name != "" && labels(name), "domain", name, "a DNS name of lower-case letters, digits, hyphens and dots")
	p.Between("port", port, 1, 1<<16-1)
	return Domain{suffix: "." + name, port: strconv.Itoa(port)}, p.Err()
}

// Tenant gives the slug of a request's tenant. authority is the request's host as the client sent it, with or without a port; sni is
// the name for which a TLS connection was opened, empty where another machine has ended TLS.
//
// Upper case is taken as lower case, as hosts have no case (RFC 9110, 4.2.3), and proxies and caches may have changed it. All else
// that could be normalised is refused: a final dot, escapes, other scripts, spellings of an IP address. Browsers take such a host for
// another origin, and no part behind the edge needs to know how to read one.
func (d Domain) Tenant(authority, sni string) (string, error) {
	name, err := d.name(authority)
	if err != nil {
		return "", err
	}
	if sni != "" && lower(sni) != name {
		return "", ErrMisdirected
	}
	label, found := strings.CutSuffix(name, d.suffix)
	if !found || strings.Contains(label, ".") || slug.Check(label) != nil {
		return "", ErrForeign
	}
	return label, nil
}

// name is the authority without its port, in lower case.
func (d Domain) name(authority string) (string, error) {
	if len(authority) > mostName+len(":65535") {
		return "", fmt.Errorf("%w: it has %d bytes", ErrMalformed, len(authority))
	}
	name, port, hasPort := strings.Cut(lower(authority), ":")
	if hasPort && port != d.port || !hasPort && d.port != "443" {
		return "", fmt.Errorf("%w: got port %q, expected %s", ErrMalformed, port, d.port)
	}
	if len(name) > mostName || !labels(name) {
		return "", fmt.Errorf("%w: expected letters, digits, hyphens and dots", ErrMalformed)
	}
	return name, nil
}

// lower is ASCII's lower case alone: other scripts have letters whose lower case is ASCII, such as the Kelvin sign.
func lower(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, text)
}

// labels tells whether a name consists of DNS labels in lower case. A comma, with which proxies join two hosts, is in none.
func labels(name string) bool {
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := range len(label) {
			c := label[i]
			if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
				return false
			}
		}
	}
	return true
}
