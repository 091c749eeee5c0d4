package engine

import (
	"regexp"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"

	"github.com/genericcorp/platform/cmd/platform/internal/progress"
)

// translate tells an observer of the engine's events what a person wants to know of them.
func translate(to progress.Observer) func(apitype.EngineEvent) {
	return func(event apitype.EngineEvent) {
		switch {
		case event.ResourcePreEvent != nil:
			if m := event.ResourcePreEvent.Metadata; ofInterest(m) && m.Op != apitype.OpSame {
				to.Begin(stepOf(m))
			}
		case event.ResOutputsEvent != nil:
			if m := event.ResOutputsEvent.Metadata; ofInterest(m) {
				to.Done(stepOf(m))
			}
		case event.ResOpFailedEvent != nil:
			to.Failed(stepOf(event.ResOpFailedEvent.Metadata))
		case event.DiagnosticEvent != nil:
			diagnose(to, event.DiagnosticEvent)
		case event.PolicyEvent != nil:
			reportPolicy(to, event.PolicyEvent)
		case event.ErrorEvent != nil:
			report(to, progress.Problem{Message: event.ErrorEvent.Error})
		}
	}
}

func diagnose(to progress.Observer, d *apitype.DiagnosticEvent) {
	if d.Ephemeral || (d.Severity != "error" && d.Severity != "warning") {
		return
	}
	report(to, progress.Problem{Warning: d.Severity == "warning", Resource: resourceOf(d.URN), Message: plain(d.Message)})
}

func reportPolicy(to progress.Observer, p *apitype.PolicyEvent) {
	message := plain(p.Message)
	if _, violation, described := strings.Cut(message, "\n"); described { // the policy's description is the first line
		message = violation
	}
	if !strings.HasPrefix(message, p.PolicyName+": ") {
		message = p.PolicyName + ": " + message
	}
	report(to, progress.Problem{
		Warning:  p.EnforcementLevel != "mandatory",
		Resource: resourceOf(p.ResourceURN),
		Message:  "policy " + message,
	})
}

// report leaves out the marks in which Terraform's providers wrap the second copy of each error.
func report(to progress.Observer, p progress.Problem) {
	p.Message = strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(p.Message, "[ERROR] : "), ":"))
	if !closing.MatchString(p.Message) && !lateToClose.MatchString(p.Message) && !ownProvider.MatchString(p.Message) {
		to.Report(p)
	}
}

// closing are the engine's last words, which say nothing new.
var closing = regexp.MustCompile(`^(update|preview|destroy|refresh) (failed|canceled)$`)

// ofInterest leaves out what is only bookkeeping: components, providers and the logical half of a replacement.
func ofInterest(m apitype.StepEventMetadata) bool {
	state := m.New
	if state == nil {
		state = m.Old
	}
	return state != nil && state.Custom && !strings.HasPrefix(m.Type, "pulumi:") && m.Op != apitype.OpReplace
}

func stepOf(m apitype.StepEventMetadata) progress.Step {
	return progress.Step{Action: progress.Action(m.Op), Type: m.Type, Name: urn.URN(m.URN).Name(), ID: m.URN, Diffs: m.Diffs}
}

func resourceOf(text string) string {
	u := urn.URN(text)
	if !u.IsValid() || strings.HasPrefix(string(u.Type()), "pulumi:pulumi:") {
		return ""
	}
	return string(u.Type()) + " " + u.Name()
}

// plain removes the engine's marks for colours, such as <{%fg 1%}>, and space around the text.
func plain(text string) string {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, "<{%")
		out.WriteString(before)
		if !found {
			return strings.TrimSpace(out.String())
		}
		_, text, _ = strings.Cut(rest, "%}>")
	}
}

// lateToClose is what the engine says when all is done of a plugin that has not answered within five seconds, on a busy machine, that it may
// end (host.Close in github.com/pulumi/pulumi/pkg/v3/host, https://github.com/pulumi/pulumi/issues/22662). It comes after the last operation,
// and changes nothing. A plugin that really broke fails the operations that it had, and what it wrote at its end follows the message.
var lateToClose = regexp.MustCompile(`(?s)^Detected that \S+ exited prematurely\..*STDOUT and STDERR streams of the plugin:?$`)
