package progress

import (
	"fmt"
	"strings"
	"time"
)

// shown is how many running steps a line names.
const shown = 3

// Line is a snapshot in one line, for instance
// "02:13  42 of about 118 done; creating instance database 1m20s, creating cluster main 40s and 5 more".
func (s Snapshot) Line() string {
	var line strings.Builder
	fmt.Fprintf(&line, "%02d:%02d  %d", int(s.Elapsed.Minutes()), int(s.Elapsed.Seconds())%60, s.Done)
	if s.Expected > 0 {
		fmt.Fprintf(&line, " of about %d", max(s.Expected, s.Done+len(s.Running)))
	}
	line.WriteString(" done")
	for i, step := range s.Running {
		if i == shown {
			fmt.Fprintf(&line, " and %d more", len(s.Running)-shown)
			break
		}
		separator := ", "
		if i == 0 {
			separator = "; "
		}
		age := s.At.Sub(step.Since).Round(time.Second)
		fmt.Fprintf(&line, "%s%s %s %s %s", separator, verb(step.Action), ShortType(step.Type), step.Name, age)
	}
	return line.String()
}

// ShortType is the part of a type token that a person reads: "vpc" of "aws:ec2/vpc:Vpc".
func ShortType(token string) string {
	parts := strings.Split(token, ":")
	name := parts[len(parts)-1]
	return strings.ToLower(name[:min(1, len(name))]) + name[min(1, len(name)):]
}

func verb(action Action) string {
	switch action {
	case Create, CreateReplacement:
		return "creating"
	case Update:
		return "updating"
	case Delete, DeleteReplaced:
		return "deleting"
	case Read, Refresh:
		return "reading"
	default:
		return string(action)
	}
}

func (p Problem) String() string {
	word := "error: "
	if p.Warning {
		word = "warning: "
	}
	if p.Resource != "" {
		word += p.Resource + ": "
	}
	return word + p.Message
}
