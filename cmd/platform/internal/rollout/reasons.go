package rollout

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/genericcorp/platform/components/workload"
	"github.com/genericcorp/platform/internal/printable"
)

const (
	mostLines  = 5   // of one kind
	mostLength = 400 // of one line, in bytes
)

// reasons are lines that say why a version does not come up: what Kubernetes says of the Deployment and of its pods, the newest warnings
// about them, and the last lines that its program has written. What cannot be asked is left out: the version is put back all the same.
func (k Kubectl) reasons(ctx context.Context, d object, version *object) (lines []string) {
	if c := d.condition("ReplicaFailure"); c.Status == "True" {
		lines = add(lines, "Kubernetes: ", c.Reason+": "+c.Message)
	}
	if version == nil {
		return lines
	}
	in := []string{"--namespace", d.Metadata.Namespace}
	ofVersion := append(slices.Clone(in), "--selector", workload.LabelName+"="+d.Metadata.Labels[workload.LabelName]+","+labelHash+"="+version.Metadata.Labels[labelHash])
	var pods struct {
		Items []pod `json:"items"`
	}
	k.ask(ctx, &pods, append([]string{"get", "pods"}, ofVersion...))
	for _, p := range pods.Items {
		lines = add(lines, "pod "+p.Metadata.Name+": ", p.complaints()...)
	}
	var events struct {
		Items []event `json:"items"`
	}
	k.ask(ctx, &events, append([]string{"get", "events", "--field-selector", "type=Warning"}, in...))
	var warnings []string
	for _, e := range events.Items {
		if about := e.About.Name; about == version.Metadata.Name || strings.HasPrefix(about, version.Metadata.Name+"-") {
			warnings = append(warnings, e.Reason+": "+e.Message)
		}
	}
	lines = add(lines, "event: ", warnings...)
	said, err := k.Run(ctx, nil, append([]string{"logs", "--tail", strconv.Itoa(mostLines), "--container", d.Metadata.Name}, ofVersion...)...)
	if err == nil {
		lines = add(lines, "log: ", strings.Split(strings.TrimSpace(string(said)), "\n")...)
	}
	return lines
}

// ask decodes what kubectl lists.
func (k Kubectl) ask(ctx context.Context, into any, args []string) {
	if text, err := k.Run(ctx, nil, append(args, "--output", "json")...); err == nil {
		_ = json.Unmarshal(text, into) // what does not decode is left out, too
	}
}

// add adds the last few of some lines that say something new.
func add(lines []string, mark string, more ...string) []string {
	for _, line := range more[max(0, len(more)-mostLines):] {
		line = printable.Line(strings.TrimSpace(line))
		if line = mark + strings.ToValidUTF8(line[:min(len(line), mostLength)], ""); line != mark && !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return lines
}

type event struct {
	Reason  string `json:"reason"`
	Message string `json:"message"`
	About   struct {
		Name string `json:"name"`
	} `json:"involvedObject"`
}

type pod struct {
	Metadata metadata `json:"metadata"`
	Status   struct {
		Conditions     []condition       `json:"conditions"`
		InitContainers []containerStatus `json:"initContainerStatuses"`
		Containers     []containerStatus `json:"containerStatuses"`
	} `json:"status"`
}

type containerStatus struct {
	Name  string         `json:"name"`
	State containerState `json:"state"`
	Last  containerState `json:"lastState"`
}

type containerState struct {
	Waiting    *ended `json:"waiting"`
	Terminated *ended `json:"terminated"`
}

type ended struct {
	Reason   string `json:"reason"`
	Message  string `json:"message"`
	ExitCode int    `json:"exitCode"`
}

// complaints are why the pod has no node, and why its containers do not run.
func (p pod) complaints() (lines []string) {
	for _, c := range p.Status.Conditions {
		if c.Type == "PodScheduled" && c.Status == "False" {
			lines = append(lines, c.Reason+": "+c.Message)
		}
	}
	for _, c := range slices.Concat(p.Status.InitContainers, p.Status.Containers) {
		if w := c.State.Waiting; w != nil {
			lines = append(lines, c.Name+": "+w.Reason+": "+w.Message)
		}
		for _, t := range []*ended{c.State.Terminated, c.Last.Terminated} {
			if t != nil && t.ExitCode != 0 {
				lines = append(lines, c.Name+": exit code "+strconv.Itoa(t.ExitCode)+" ("+t.Reason+"): "+t.Message)
			}
		}
	}
	return lines
}
