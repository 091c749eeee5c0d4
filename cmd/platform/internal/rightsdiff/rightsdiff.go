// Package rightsdiff tells in words what a deployment changes in rights: who may what, whom the policies of resources let in, whom
// roles trust. It compares statements, not texts: what only moves from one statement to another is no change.
package rightsdiff

import (
	"slices"
	"strings"

	"github.com/genericcorp/platform/internal/pricing/estimator"
)

// Change is a right that comes or goes.
type Change struct {
	// More says that somebody may more than before: an allowance comes, or a denial or a boundary goes.
	More      bool     `json:"more"`
	Text      string   `json:"text"`
	Wildcards []string `json:"wildcards"` // of what comes
}

// Diff is what changes in rights.
type Diff struct {
	Changes []Change `json:"changes"`
	Unknown []string `json:"unknown"` // the policies that cannot be compared, and why
}

// Compare tells what changes from one list of resources to another.
func Compare(before, after []estimator.Resource) Diff {
	was, will := read(before), read(after)
	d := Diff{Changes: []Change{}, Unknown: []string{}}
	for policy, why := range will.unknown {
		d.Unknown = append(d.Unknown, policy+": "+why)
	}
	for policy, why := range was.unknown {
		if _, told := will.unknown[policy]; !told {
			d.Unknown = append(d.Unknown, policy+", as it is: "+why)
		}
	}
	slices.Sort(d.Unknown)
	for _, s := range join(without(will, was)) {
		d.Changes = append(d.Changes, s.comes())
	}
	for _, s := range join(without(was, will)) {
		d.Changes = append(d.Changes, s.goes())
	}
	slices.SortFunc(d.Changes, func(a, b Change) int { return strings.Compare(a.Text, b.Text) })
	return d
}

// without are the rights that the other side has not. Of a policy that cannot be read there nothing is said.
func without(one, other found) []right {
	var list []right
	for r, policies := range one.rights {
		unread := func(policy string) bool { return other.unknown[policy] != "" }
		if other.rights[r] == nil && !slices.ContainsFunc(policies, unread) {
			list = append(list, r)
		}
	}
	return list
}

// sentence is rights that differ in their actions and resources alone: it has all of both.
type sentence struct {
	right

	actions, resources []string
}

// join puts rights together that differ in their action alone, and then those that differ in their resource alone.
func join(rights []right) []sentence {
	byResource := gather(rights, func(r right) (right, string) {
		action := r.action
		r.action = ""
		return r, action
	})
	type actions struct {
		right

		all string
	}
	const separator = "\x00"
	about := make([]actions, 0, len(byResource))
	for r, list := range byResource {
		about = append(about, actions{r, strings.Join(list, separator)})
	}
	var sentences []sentence
	for a, resources := range gather(about, func(a actions) (actions, string) {
		resource := a.resource
		a.resource = ""
		return a, resource
	}) {
		sentences = append(sentences, sentence{a.right, strings.Split(a.all, separator), resources})
	}
	return sentences
}

// gather puts together what differs in one part alone, and sorts these parts.
func gather[T comparable](list []T, part func(T) (rest T, part string)) map[T][]string {
	all := map[T][]string{}
	for _, each := range list {
		rest, one := part(each)
		all[rest] = append(all[rest], one)
	}
	for _, parts := range all {
		slices.Sort(parts)
	}
	return all
}
