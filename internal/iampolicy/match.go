package iampolicy

import (
	"errors"
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

// actionLike says whether an action is one that a policy's Action means. Actions know no upper case.
func actionLike(pattern, action string) bool {
	return glob(strings.ToLower(pattern), strings.ToLower(action))
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

// resourceLike compares an ARN with one of a policy's Resource: a wildcard stays within its part, except that a star at a part's end may
// go on past the colon, and that the last part may contain colons (IAM User Guide, "IAM JSON policy elements: Resource", "Using
// wildcards in resource ARNs"). It follows all ways in which the pattern may fit at once, by the positions in it.
func resourceLike(pattern, arn string) bool {
	wide := widths(pattern)
	// takes says whether the pattern's character at p may be the ARN's at i.
	takes := func(p, i int) bool {
		if pattern[p] == '*' || pattern[p] == '?' {
			return arn[i] != ':' || wide[p]
		}
		return pattern[p] == arn[i]
	}
	at := pastStars(nil, pattern, 0) // sorted, no position twice
	for i := 0; i < len(arn) && len(at) > 0; i++ {
		var next []int
		for _, p := range at {
			if p == len(pattern) || !takes(p, i) {
				continue
			}
			if pattern[p] != '*' {
				p++
			}
			next = pastStars(next, pattern, p)
		}
		at = next
	}
	return slices.Contains(at, len(pattern))
}

// widths says of each place in a pattern whether a wildcard there takes a colon.
func widths(pattern string) []bool {
	wide := make([]bool, len(pattern))
	colons := 0
	for i := range pattern {
		if pattern[i] == ':' {
			colons++
		}
		wide[i] = colons >= arnParts-1 || pattern[i] == '*' && (i+1 == len(pattern) || pattern[i+1] == ':')
	}
	return wide
}

// pastStars adds a position and, where a star may be nothing, those behind it.
func pastStars(at []int, pattern string, p int) []int {
	for {
		if len(at) == 0 || at[len(at)-1] < p {
			at = append(at, p)
		}
		if p == len(pattern) || pattern[p] != '*' {
			return at
		}
		p++
	}
}

// covers says whether a statement is about the request's action on its resource. Resources know upper case.
func (r Request) covers(s Statement) (bool, error) {
	fits := func(pattern string) bool { return actionLike(pattern, r.Action) }
	if len(s.NotAction) > 0 && slices.ContainsFunc(s.NotAction, fits) || len(s.NotAction) == 0 && !slices.ContainsFunc(s.Action, fits) {
		return false, nil
	}
	about := func(pattern string) bool { return resourceLike(pattern, r.Resource) }
	switch {
	case len(s.NotResource) > 0:
		return !slices.ContainsFunc(s.NotResource, about), nil
	case len(s.Resource) > 0:
		var unsure error
		for _, pattern := range s.Resource {
			filled, ok, err := r.fill([]string{pattern}, true)
			if ok && about(filled[0]) {
				return true, nil
			}
			unsure = errors.Join(unsure, err)
		}
		return false, unsure
	default: // the trust of a role names no resource: it is the role's own
		return true, nil
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

// spares says whether a denial of all but these principals leaves the caller out: of a role's session it must name session, role and
// account (IAM User Guide, "AWS JSON policy elements: NotPrincipal").
func (p *Principals) spares(caller Caller) bool {
	if caller.Role == "" {
		return p.reach(caller) == toTheSession || p.reach(caller) == toRole
	}
	role, everybody := Caller{Role: caller.Role}, (*p)["*"] != nil
	named := func(c Caller, want grant) bool { return p.reach(c) >= want }
	account := Caller{User: "arn:aws:iam::" + caller.account() + ":"} // nobody in it: only the account is named of him
	return everybody || caller.Session != "" && named(caller, toTheSession) && named(role, toRole) && named(account, toAccount)
}

func when(is bool, reach grant) grant {
	if is {
		return reach
	}
	return notNamed
}
