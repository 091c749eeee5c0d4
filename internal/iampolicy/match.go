package iampolicy

import (
	"slices"
	"strings"
)

// glob says whether a text fits a pattern in which * is any text and ? is any character.
func glob(pattern, text string) bool {
	star, mark := -1, 0 // where the last * was, and how much of the text it has taken so far
	p, t := 0, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p, t = p+1, t+1
		case star >= 0:
			mark++
			p, t = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// arnParts is how many parts of an ARN there are between colons; the last one may contain more of them.
const arnParts = 6

// arnLike compares ARNs part by part: a wildcard does not reach over a colon, except in the last part.
func arnLike(pattern, arn string) bool {
	if pattern == "*" {
		return true
	}
	want, got := strings.SplitN(pattern, ":", arnParts), strings.SplitN(arn, ":", arnParts)
	if len(want) != arnParts || len(got) != arnParts {
		return false
	}
	for i := range want {
		if !glob(want[i], got[i]) {
			return false
		}
	}
	return true
}

// covers says whether a statement is about an action on a resource. Actions know no upper case, resources do.
func (s Statement) covers(action, resource string) bool {
	fits := func(pattern string) bool { return glob(strings.ToLower(pattern), strings.ToLower(action)) }
	if len(s.NotAction) > 0 && slices.ContainsFunc(s.NotAction, fits) || len(s.NotAction) == 0 && !slices.ContainsFunc(s.Action, fits) {
		return false
	}
	about := func(pattern string) bool { return arnLike(pattern, resource) }
	switch {
	case len(s.NotResource) > 0:
		return !slices.ContainsFunc(s.NotResource, about)
	case len(s.Resource) > 0:
		return slices.ContainsFunc(s.Resource, about)
	default: // the trust of a role names no resource: it is the role's own
		return true
	}
}

// grant is how a resource's policy reaches a principal.
type grant int

const (
	notNamed     grant = iota
	toAccount          // the principal's account, whose own policies decide then
	toRole             // the role, whatever its session is called, or everybody
	toTheSession       // this very session, user or service
)

// reach says how a list of principals takes in a caller.
func (p *Principals) reach(caller Caller) grant {
	found := notNamed
	if p == nil {
		return found
	}
	for kind, list := range *p {
		for _, named := range list {
			found = max(found, reachOf(kind, named, caller))
		}
	}
	return found
}

func reachOf(kind, named string, caller Caller) grant {
	switch kind {
	case "*":
		return toRole
	case "Service":
		return when(named == caller.Service, toTheSession)
	case "Federated":
		return when(named == caller.Federated, toTheSession)
	case "AWS":
		return max(
			when(named == "*" || named == caller.Role, toRole),
			when(named == caller.Session || named == caller.User, toTheSession),
			when(caller.account() != "" && (named == caller.account() || named == "arn:aws:iam::"+caller.account()+":root"), toAccount),
		)
	default:
		return notNamed
	}
}

func when(is bool, reach grant) grant {
	if is {
		return reach
	}
	return notNamed
}
