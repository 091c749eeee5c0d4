package iampolicy

import (
	"cmp"
	"errors"
	"strconv"
	"strings"
)

// Caller is who makes a request. Without anything set, only the identity's policies count.
type Caller struct {
	Role      string // ARN of the role, if it is a session of one
	Session   string // ARN of that session: arn:aws:sts::...:assumed-role/...
	User      string // ARN of a user
	Service   string // an AWS service in its own name, such as "cloudtrail.amazonaws.com"
	Federated string // ARN of an identity provider whose token asks for a role
}

func (c Caller) account() string {
	parts := strings.SplitN(c.Role+c.User, ":", arnParts)
	if len(parts) < arnParts {
		return ""
	}
	return parts[4]
}

// Request is one call as IAM sees it.
type Request struct {
	Caller   Caller
	Action   string // "s3:GetObject"
	Resource string // its ARN, or "*" for an action that knows no resource
	Context  Context
	// Knows says of a condition key that Context lacks whether it is known that AWS sends none. Where it is not, a statement that asks for the
	// key is an error. Without Knows, Context is complete.
	Knows func(key string) bool
}

// Policies are all that apply to a request. A kind that is nil does not apply; one that applies and allows nothing denies.
type Policies struct {
	Identity []Document
	Boundary []Document // the policy that is the permissions boundary of the role or user
	Session  []Document // what was handed over when the role was taken
	// ServiceControl holds the organisation's policies, level by level from its root to the account: each level must allow.
	ServiceControl [][]Document
	Resource       []Document // the policy of the resource: at most one
	// ResourceDecides is true of keys of KMS and of the trust of roles: without their own policy's word nobody gets in.
	ResourceDecides bool
	ResourceAccount string // whose the resource is; the caller's own when empty
}

// Decision says whether a request is allowed, and by what.
type Decision struct {
	Allowed bool
	// Why is the reason in AWS's words, such as "because no identity-based policy allows the s3:GetObject action" (IAM User Guide,
	// "Troubleshoot access denied error messages").
	Why string
	// By is the statement that decided, such as "statement KeepArchives of inline policy provisioner"; empty where none speaks of the request.
	By string
}

// Evaluate decides as AWS does: an explicit denial anywhere wins; then service control policies, the resource's policy, the
// boundary, the session's policies and the identity's each must allow, except that within one account the resource's
// policy is enough by itself, and past boundary and session if it names the very session. What cannot be decided is an error, unless
// another statement denies.
func Evaluate(r Request, p Policies) (Decision, error) {
	e := evaluation{request: r}
	f := findings{identity: e.any(identityBased, p.Identity), boundary: e.any(boundary, p.Boundary), session: e.any(sessionPolicy, p.Session), controlled: true}
	f.reach, f.resource = e.resource(p.Resource)
	for _, level := range p.ServiceControl {
		f.controlled = e.any(serviceControl, level) != "" && f.controlled
	}
	f.bounded = p.Boundary == nil || f.boundary != ""
	f.within = p.Session == nil || f.session != ""
	if e.denied != nil {
		return *e.denied, nil
	}
	if e.err != nil {
		return Decision{}, e.err
	}
	return f.decide(r, p), nil
}

// The kinds of policy, as AWS's messages name them.
const (
	identityBased  = "identity-based policy"
	boundary       = "permissions boundary"
	sessionPolicy  = "session policy"
	serviceControl = "service control policy"
	resourceBased  = "resource-based policy"
)

// findings are what each kind of policy says, explicit denials apart: the statement that allows, if one does.
type findings struct {
	identity, boundary, session, resource string
	// Whether what bounds a request lets it through, or is not there.
	bounded, within, controlled bool
	reach                       grant
}

func (f findings) decide(r Request, p Policies) Decision {
	own := r.Caller.account()
	switch {
	case !f.controlled:
		return r.nothing(serviceControl)
	case r.Caller.Service != "" || r.Caller.Federated != "": // has no policies of its own
		return r.unless(f.reach != toTheSession && f.reach != toRole, resourceBased, f.resource)
	case p.ResourceAccount != "" && own != "" && p.ResourceAccount != own:
		if f.reach == notNamed {
			return r.nothing(resourceBased)
		}
		return f.limit(r, r.unless(f.identity == "", identityBased, f.identity))
	default:
		return f.withinTheAccount(r, p.ResourceDecides)
	}
}

func (f findings) withinTheAccount(r Request, resourceDecides bool) Decision {
	switch {
	case f.reach == toTheSession:
		return Decision{Allowed: true, By: f.resource}
	case f.reach == toRole:
		return f.limit(r, Decision{Allowed: true, By: f.resource})
	case resourceDecides && f.reach == notNamed:
		return r.nothing(resourceBased)
	}
	return f.limit(r, r.unless(f.identity == "", identityBased, f.identity))
}

// limit is a way in as far as boundary and session policy let it through.
func (f findings) limit(r Request, way Decision) Decision {
	switch {
	case !way.Allowed:
		return way
	case !f.bounded:
		return r.nothing(boundary)
	case !f.within:
		return r.nothing(sessionPolicy)
	}
	return way
}

func (r Request) unless(missing bool, kind, by string) Decision {
	if missing {
		return r.nothing(kind)
	}
	return Decision{Allowed: true, By: by}
}

func (r Request) nothing(kind string) Decision {
	return Decision{Why: "because no " + kind + " allows the " + r.Action + " action"}
}

// evaluation collects what the documents say to one request.
type evaluation struct {
	request Request
	denied  *Decision
	err     error
}

// any gives the first statement of the documents that allows the request, and notes whether one denies it.
func (e *evaluation) any(kind string, documents []Document) (allows string) {
	for _, d := range documents {
		for i, s := range d.Statement {
			if !e.applies(s) {
				continue
			}
			e.note(kind, d, i)
			if s.Effect == Allow && allows == "" {
				allows = d.statement(kind, i)
			}
		}
	}
	return allows
}

// resource says how far a resource's policy lets the caller in, and by which statement, and notes whether it denies him.
func (e *evaluation) resource(documents []Document) (found grant, by string) {
	for _, d := range documents {
		for i, s := range d.Statement {
			if s.Principal == nil && s.NotPrincipal == nil {
				e.err = errors.Join(e.err, errors.New("policy of a resource: statement "+s.Sid+" names no principal"))
				continue
			}
			reach := s.Principal.reach(e.request.Caller)
			if s.NotPrincipal != nil && !s.NotPrincipal.spares(e.request.Caller) {
				reach = toRole
			}
			if reach == notNamed || !e.applies(s) {
				continue
			}
			e.note(resourceBased, d, i)
			if s.Effect == Allow && reach > found {
				found, by = reach, d.statement(resourceBased, i)
			}
		}
	}
	return found, by
}

func (e *evaluation) applies(s Statement) bool {
	covers, err := e.request.covers(s)
	if covers {
		covers, err = e.request.meets(s.Condition)
	}
	e.err = errors.Join(e.err, err)
	return covers
}

func (e *evaluation) note(kind string, d Document, i int) {
	if d.Statement[i].Effect == Deny && e.denied == nil {
		article := "a "
		if kind == identityBased {
			article = "an "
		}
		e.denied = &Decision{Why: "with an explicit deny in " + article + kind, By: d.statement(kind, i)}
	}
}

// statement names one, by its number from 1 if it has no name.
func (d Document) statement(kind string, i int) string {
	return "statement " + cmp.Or(d.Statement[i].Sid, strconv.Itoa(i+1)) + " of " + cmp.Or(d.Name, d.ID, kind)
}
