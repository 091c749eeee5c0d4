// Package identity is the short-lived, signed statement whose request one is. Gate signs it at the edge, and a workload verifies it
// before it opens a tenant's data: so it believes no header that anybody inside the cluster could have set.
//
// The statement is a JSON Web Token (RFC 7519) in the header Header, signed with Ed25519 (RFC 8037): gate alone has the private keys,
// and a workload that is broken into can make no statement. Keys are JSON Web Key Sets (RFC 7517) in files that are read again every
// few seconds. A new key is put into the verifiers' file first, then at the head of the signer's; the old one leaves the verifiers'
// file once the last token that it signed has expired. docs/application.md shows the same in Node.
//
//page:none who sees them is the workload that is asked without a right identity, and the messages say what is right
package identity

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/genericcorp/platform/internal/edge"
	"github.com/genericcorp/platform/internal/tenant/slug"
)

const (
	// Header is where the token is.
	Header = edge.HeaderIdentity
	// Issuer is who signs.
	Issuer = "platform-gate"
	// Lifetime is how long a token is good: longer than a request waits, and hardly longer.
	Lifetime = time.Minute
	// Leeway is by how much clocks may differ.
	Leeway = 5 * time.Second

	mostBytes = 2048 // of a token: ours has about 400
)

// Identity is whose request it is.
type Identity struct {
	Tenant string // its slug
	Tier   string
}

// claims are the token's, beside the registered ones: iss is Issuer, aud the domain of the tenants' names, sub the tenant.
type claims struct {
	jwt.Claims

	Tier string `json:"tier"`
}

// Signer makes tokens.
type Signer struct {
	keys   *keyFile
	domain string

	mu     sync.Mutex
	second int64             // of Unix time, in which made was made
	made   map[signed]string // a token has no finer time: of the same second it is the same
}

type signed struct {
	Identity

	key string
}

// NewSigner reads a file of private keys, of which the first signs. The tokens are good for workloads of that domain.
func NewSigner(file, domain string) (*Signer, error) {
	keys, err := openKeys(file, true)
	return &Signer{keys: keys, domain: domain}, err
}

// Sign makes a token that is good from now on for Lifetime.
func (s *Signer) Sign(i Identity, now time.Time) (string, error) {
	key := s.keys.current(now)[0]
	what, second := signed{i, key.KeyID}, now.Unix()
	s.mu.Lock()
	if s.second != second {
		s.second, s.made = second, map[signed]string{}
	}
	token, there := s.made[what]
	s.mu.Unlock()
	if there {
		return token, nil
	}
	token, err := s.sign(key, i, now)
	if err != nil {
		return "", fmt.Errorf("sign an identity: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.second == second {
		s.made[what] = token
	}
	return token, nil
}

func (s *Signer) sign(key jose.JSONWebKey, i Identity, now time.Time) (string, error) {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.EdDSA, Key: key}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return "", err
	}
	return jwt.Signed(signer).Claims(claims{
		Claims: jwt.Claims{
			Issuer: Issuer, Subject: i.Tenant, Audience: jwt.Audience{s.domain}, IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(Lifetime)),
		},
		Tier: i.Tier,
	}).Serialize()
}

// Verifier checks tokens.
type Verifier struct {
	keys   *keyFile
	domain string
}

// NewVerifier reads a file of public keys, each of which may have signed. A file with a private key is refused: no workload needs one.
func NewVerifier(file, domain string) (*Verifier, error) {
	keys, err := openKeys(file, false)
	return &Verifier{keys, domain}, err
}

// ErrRefused is above every reason for which a token is not good.
var ErrRefused = errors.New("the request has no identity that is good here")

// Verify gives whose request it is that came with the token. Its error is an ErrRefused, and quotes nothing of the token.
func (v *Verifier) Verify(token string, now time.Time) (Identity, error) {
	i, err := v.verify(token, now)
	if err != nil {
		return Identity{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return i, nil
}

func (v *Verifier) verify(token string, now time.Time) (Identity, error) {
	if token == "" || len(token) > mostBytes {
		return Identity{}, fmt.Errorf("it has %d bytes, expected 1 to %d", len(token), mostBytes)
	}
	parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.EdDSA})
	if err != nil {
		return Identity{}, errors.New("it is not a token that Ed25519 has signed")
	}
	var c claims
	for _, key := range v.keys.current(now) {
		if key.KeyID == parsed.Headers[0].KeyID {
			err = parsed.Claims(key.Key, &c)
			break
		}
		err = errors.New("no key")
	}
	if err != nil {
		return Identity{}, errors.New("it is signed with no key that is known here")
	}
	if err := c.ValidateWithLeeway(jwt.Expected{Issuer: Issuer, AnyAudience: jwt.Audience{v.domain}, Time: now}, Leeway); err != nil {
		return Identity{}, err
	}
	// A token without these would be good for ever.
	if c.Expiry == nil || c.IssuedAt == nil || c.Expiry.Time().Sub(c.IssuedAt.Time()) > Lifetime {
		return Identity{}, fmt.Errorf("it is good for longer than %s", Lifetime)
	}
	if err := slug.Check(c.Subject); err != nil {
		return Identity{}, err
	}
	return Identity{Tenant: c.Subject, Tier: c.Tier}, nil
}
