package engine

import (
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/cmd/platform/internal/progress"
)

const prefix = "urn:pulumi:local::platform::genericcorp:database:Database$"

func metadata(op apitype.OpType, token, name string, custom bool) apitype.StepEventMetadata {
	return apitype.StepEventMetadata{
		Op: op, Type: token, URN: prefix + token + "::" + name,
		New: &apitype.StepEventStateMetadata{Custom: custom},
	}
}

func begin(m apitype.StepEventMetadata) apitype.EngineEvent {
	return apitype.EngineEvent{ResourcePreEvent: &apitype.ResourcePreEvent{Metadata: m}}
}

func end(m apitype.StepEventMetadata) apitype.EngineEvent {
	return apitype.EngineEvent{ResOutputsEvent: &apitype.ResOutputsEvent{Metadata: m}}
}

func fail(m apitype.StepEventMetadata) apitype.EngineEvent {
	return apitype.EngineEvent{ResOpFailedEvent: &apitype.ResOpFailedEvent{Metadata: m}}
}

func diagnostic(severity, urn, message string) apitype.EngineEvent {
	return apitype.EngineEvent{DiagnosticEvent: &apitype.DiagnosticEvent{Severity: severity, URN: urn, Message: message}}
}

const (
	instance = "aws:rds/instance:Instance"
	topic    = "aws:sns/topic:Topic"
)

// observed is what a tracker has of events.
func observed(events ...apitype.EngineEvent) progress.Snapshot {
	tracker := progress.NewTracker(0, time.Now)
	for _, event := range events {
		translate(tracker)(event)
	}
	return tracker.Snapshot()
}

func TestTrackerCountsWhatIsManagedAndForgetsBookkeeping(t *testing.T) {
	t.Parallel()
	s := observed(
		begin(metadata(apitype.OpCreate, "genericcorp:database:Database", "database", false)),
		begin(metadata(apitype.OpCreate, "pulumi:providers:kubernetes", "cluster", true)),
		begin(metadata(apitype.OpCreate, instance, "database", true)),
		begin(metadata(apitype.OpReplace, topic, "alerts", true)),
		begin(metadata(apitype.OpSame, topic, "same", true)),
		end(metadata(apitype.OpSame, topic, "same", true)),
		end(metadata(apitype.OpReplace, topic, "alerts", true)),
		end(metadata(apitype.OpCreate, "pulumi:providers:kubernetes", "cluster", true)),
		apitype.EngineEvent{SummaryEvent: &apitype.SummaryEvent{}},
	)
	require.Equal(t, 1, s.Done)
	require.Equal(t, map[progress.Action]int{progress.Same: 1}, s.Changes)
	require.Empty(t, s.Changed)
	require.Len(t, s.Running, 1)
	require.Equal(t, "database", s.Running[0].Name)
}

func TestAFailedStepIsNeitherRunningNorDone(t *testing.T) {
	t.Parallel()
	m := metadata(apitype.OpCreate, instance, "database", true)
	s := observed(begin(m), fail(m))
	require.Zero(t, s.Done)
	require.Empty(t, s.Running)
}

func TestADeletedResourceIsKnownByItsOldState(t *testing.T) {
	t.Parallel()
	m := metadata(apitype.OpDelete, instance, "database", true)
	m.Old, m.New = m.New, nil
	s := observed(begin(m), end(m))
	require.Equal(t, map[progress.Action]int{progress.Delete: 1}, s.Changes)
	require.Len(t, s.Changed, 1)
}

// early is how the engine begins to say that a plugin ended before it was told to.
const early = "Detected that /plugins/pulumi-resource-kubernetes exited prematurely. \n       This is *always* a bug in the provider. " +
	"Please report the issue to the provider author as appropriate.\n       To assist with debugging we have dumped the STDOUT and STDERR streams of the plugin:"

func TestProblemsAreGatheredOnceInPlainText(t *testing.T) {
	t.Parallel()
	s := observed(
		diagnostic("info", "", "chatter"),
		diagnostic("error", "", "update failed"),
		diagnostic("error", "", "destroy canceled"),
		diagnostic("warning", "", "using pulumi-resource-betterstack from $PATH at /home/a/.cache/genericcorp-platform/bin/providers-0123456789ab/pulumi-resource-betterstack"),
		diagnostic("warning", "", "using pulumi-resource-betterstack from $PATH at /usr/local/bin/pulumi-resource-betterstack"),
		diagnostic("error", prefix+instance+"::database", "[ERROR] : no such class"),
		diagnostic("error", prefix+instance+"::database", "no such class:"),
		diagnostic("error", prefix+instance+"::database", "<{%reset%}>no such <{%fg 1%}>class<{%reset%}>\n"),
		diagnostic("error", prefix+instance+"::database", "no such class"),
		diagnostic("warning", "urn:pulumi:local::platform::pulumi:pulumi:Stack::platform-local", "old setting"),
		diagnostic("error", "", early+"\n"),
		diagnostic("error", "", early+"panic: no such class\n"),
		apitype.EngineEvent{PolicyEvent: &apitype.PolicyEvent{EnforcementLevel: "mandatory", PolicyName: "stack-cost", Message: "stack-cost: too expensive"}},
		apitype.EngineEvent{PolicyEvent: &apitype.PolicyEvent{EnforcementLevel: "advisory", PolicyName: "advice", Message: "<{%fg 1%}>Should be so.\nkey: turn it<{%reset%}>\n"}},
		apitype.EngineEvent{ErrorEvent: &apitype.ErrorEvent{Error: "engine broke"}},
		apitype.EngineEvent{DiagnosticEvent: &apitype.DiagnosticEvent{Severity: "error", Ephemeral: true, Message: "retrying"}},
	)
	var texts []string
	for _, p := range s.Problems {
		texts = append(texts, p.String())
	}
	require.Equal(t, []string{
		"warning: using pulumi-resource-betterstack from $PATH at /usr/local/bin/pulumi-resource-betterstack",
		"error: aws:rds/instance:Instance database: no such class",
		"warning: old setting",
		"error: " + early + "panic: no such class",
		"error: policy stack-cost: too expensive",
		"warning: policy advice: key: turn it",
		"error: engine broke",
	}, texts)
}
