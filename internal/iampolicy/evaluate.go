package iampolicy

import (
	"errors"
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
	Why     string
}

// Evaluate decides as AWS does: an explicit denial anywhere wins; then service control policies, the resource's policy, the
// boundary, the session's policies and the identity's each must allow, except that within one account the resource's
// policy is enough by itself, and past boundary and session if it names the very session.
func Evaluate(r Request, p Policies) (Decision, error) {
	e := evaluation{request: r}
	f := findings{identity: e.any(p.Identity), boundary: e.any(p.Boundary), session: e.any(p.Session), control: true, reach: e.resource(p.Resource)}
	for _, level := range p.ServiceControl {
		f.control = e.any(level) && f.control
	}
	f.boundary = f.boundary || p.Boundary == nil
	f.session = f.session || p.Session == nil
	if e.err != nil {
		return Decision{}, e.err
	}
	if e.denied != "" {
		return Decision{Why: e.denied}, nil
	}
	return f.decide(r.Caller, p), nil
}

// findings are what each kind of policy says, explicit denials apart.
type findings struct {
	identity, boundary, session, control bool
	reach                                grant
}

func (f findings) decide(caller Caller, p Policies) Decision {
	own := caller.account()
	switch {
	case !f.control:
		return decide(false, "service control policy")
	case caller.Service != "" || caller.Federated != "": // has no policies of its own
		return decide(f.reach == toTheSession || f.reach == toRole, "policy of the resource")
	case p.ResourceAccount != "" && own != "" && p.ResourceAccount != own:
		return decide(f.reach != notNamed && f.identity && f.boundary && f.session, "the policies of both accounts")
	default:
		return f.withinTheAccount(p.ResourceDecides)
	}
}

func (f findings) withinTheAccount(resourceDecides bool) Decision {
	bounds := f.boundary && f.session
	switch {
	case f.reach == toTheSession:
		return decide(true, "policy of the resource, for this session")
	case f.reach == toRole:
		return decide(bounds, "policy of the resource, within boundary and session policy")
	case resourceDecides && f.reach == notNamed:
		return decide(false, "policy of the resource")
	case !f.identity:
		return decide(false, "policies of the identity")
	default:
		return decide(bounds, "policies of the identity, within boundary and session policy")
	}
}

func decide(allowed bool, by string) Decision {
	if allowed {
		return Decision{Allowed: true, Why: by}
	}
	return Decision{Why: "nothing allows it: " + by}
}

// evaluation collects what the documents say to one request.
type evaluation struct {
	request Request
	denied  string
	err     error
}

// any says whether a statement of the documents allows the request, and notes whether one denies it.
func (e *evaluation) any(documents []Document) bool {
	allowed := false
	for _, d := range documents {
		for _, s := range d.Statement {
			if !e.applies(s) {
				continue
			}
			e.note(s)
			allowed = allowed || s.Effect == Allow
		}
	}
	return allowed
}

// resource says how far a resource's policy lets the caller in, and notes whether it denies him.
func (e *evaluation) resource(documents []Document) grant {
	found := notNamed
	for _, d := range documents {
		for _, s := range d.Statement {
			if s.Principal == nil && s.NotPrincipal == nil {
				e.err = errors.Join(e.err, errors.New("policy of a resource: statement "+s.Sid+" names no principal"))
				continue
			}
			reach := s.Principal.reach(e.request.Caller)
			if s.NotPrincipal != nil && s.NotPrincipal.reach(e.request.Caller) == notNamed {
				reach = toRole
			}
			if reach == notNamed || !e.applies(s) {
				continue
			}
			e.note(s)
			if s.Effect == Allow {
				found = max(found, reach)
			}
		}
	}
	return found
}

func (e *evaluation) applies(s Statement) bool {
	if !s.covers(e.request.Action, e.request.Resource) {
		return false
	}
	holds, err := s.Condition.holds(e.request.Context)
	e.err = errors.Join(e.err, err)
	return holds
}

func (e *evaluation) note(s Statement) {
	if s.Effect == Deny {
		e.denied = "explicit denial " + s.Sid
	}
}
