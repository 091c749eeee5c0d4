package rightsdiff

import (
	"fmt"
	"slices"
	"strings"

	"github.com/genericcorp/platform/internal/printable"
)

// kind is how a right is said.
type kind struct {
	now, gone string // between the subject and the rest
	less      bool   // who has it may less
	resource  string // in front of the resources; empty: they are not said
}

// The kinds of rights. In those of policies of resources, %s is who is let in.
var (
	may      = &kind{now: "may now", gone: "may no longer", resource: " on "}
	mayNot   = &kind{now: "is now denied", gone: "is no longer denied", less: true, resource: " on "}
	lets     = &kind{now: "now lets %s", gone: "no longer lets %s", resource: " on "}
	refuses  = &kind{now: "now refuses %s", gone: "no longer refuses %s", less: true, resource: " on "}
	opens    = &kind{now: "now lets %s", gone: "no longer lets %s"} // itself, by whatever name
	closes   = &kind{now: "now refuses %s", gone: "no longer refuses %s", less: true}
	trusts   = &kind{now: "now trusts %s:", gone: "no longer trusts %s:"}
	distrust = &kind{now: "now turns %s away:", gone: "no longer turns %s away:", less: true}
	has      = &kind{now: "now has", gone: "no longer has"}
	within   = &kind{now: "is now within", gone: "is no longer within", less: true}
)

func (s sentence) comes() Change {
	return Change{More: !s.kind.less, Text: s.text(s.kind.now), Wildcards: s.wildcards()}
}

func (s sentence) goes() Change {
	return Change{More: s.kind.less, Text: s.text(s.kind.gone), Wildcards: []string{}}
}

func (s sentence) text(verb string) string {
	if strings.Contains(verb, "%s") {
		verb = fmt.Sprintf(verb, s.who)
	}
	text := s.subject + " " + verb + " " + strings.Join(s.actions, ", ")
	if s.kind.resource != "" && !slices.Equal(s.resources, []string{""}) {
		text += s.kind.resource + strings.Join(s.resources, ", ")
	}
	if s.when != "" {
		text += ", when " + s.when
	}
	return text
}

// wildcards are those that a reader should look at: in actions, in whom it lets in, and where it is about every resource. An ARN that ends
// with one is usual.
func (s sentence) wildcards() []string {
	wild := []string{}
	if s.kind.less || s.kind == has {
		return wild
	}
	for _, action := range s.actions {
		if strings.ContainsAny(action, "*?") || strings.HasPrefix(action, allBut) {
			wild = append(wild, action)
		}
	}
	if strings.Contains(s.who, "*") || strings.HasPrefix(s.who, allBut) || s.who == everybody {
		wild = append(wild, s.who)
	}
	if s.kind.resource == "" {
		return wild
	}
	for _, resource := range s.resources {
		if resource == "*" || strings.HasPrefix(resource, allBut) {
			wild = append(wild, "any resource")
		}
	}
	return wild
}

// Text is the change in lines that each are one right: + where somebody may more, - where somebody may less, ? where nobody knows. The
// first line sums up.
func (d Diff) Text() string {
	lines := []string{d.summary()}
	for _, c := range d.Changes {
		sign, marks := "-", ""
		if c.More {
			sign = "+"
		}
		if len(c.Wildcards) > 0 {
			marks = " [wildcard: " + strings.Join(c.Wildcards, ", ") + "]"
		}
		lines = append(lines, printable.Line(sign+" "+c.Text+marks))
	}
	for _, policy := range d.Unknown {
		lines = append(lines, printable.Line("? "+policy))
	}
	return strings.Join(lines, "\n")
}

func (d Diff) summary() string {
	more, wild := 0, 0
	for _, c := range d.Changes {
		if c.More {
			more++
		}
		if len(c.Wildcards) > 0 {
			wild++
		}
	}
	var parts []string
	if more > 0 {
		parts = append(parts, fmt.Sprintf("%d more", more))
	}
	if less := len(d.Changes) - more; less > 0 {
		parts = append(parts, fmt.Sprintf("%d less", less))
	}
	if wild > 0 {
		parts = append(parts, printable.Count(wild, "wildcard"))
	}
	if unknown := len(d.Unknown); unknown > 0 {
		parts = append(parts, fmt.Sprintf("%d not known", unknown))
	}
	if len(parts) == 0 {
		return "Rights: no change"
	}
	return "Rights: " + strings.Join(parts, ", ")
}
