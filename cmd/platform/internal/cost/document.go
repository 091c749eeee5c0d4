// Package cost tells what a stack costs a month, from the documents that the engine writes: a preview, a plan or a
// stack's state. The amounts and the limit are those of the policy pack.
//
//page:none what was typed is wrong, and the message says what is right
package cost

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"

	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/internal/pricing/estimator"
	"github.com/genericcorp/platform/internal/printable"
)

// Document is what one of the engine's documents says of a stack.
type Document struct {
	Stack   string               // its name
	After   []estimator.Resource // what there is, or would be after the deployment
	Before  []estimator.Resource // what there is, when the document tells of a deployment
	Preview bool                 // After is planned, not there yet
	Config  map[string]string    // the stack's configuration, where the document has it
	Made    time.Time            // when the oldest resource of a state was made; zero where no one knows
}

// ReadFile reads what Read does from a file that a person has named; - is standard input.
func ReadFile(file string, stdin io.Reader) (document Document, err error) {
	var data []byte
	if file == "-" {
		data, err = io.ReadAll(stdin)
	} else {
		data, err = os.ReadFile(file)
	}
	if err != nil {
		return document, exit.Usagef("read the document: %w", err)
	}
	if document, err = Read(data); err != nil {
		return document, exit.Usagef("%s: %w", file, err)
	}
	return document, nil
}

// Read reads the output of `pulumi preview --json --show-sames` or of `pulumi stack export`.
func Read(data []byte) (Document, error) {
	var shape struct {
		Steps      *[]previewStep  `json:"steps"`
		Deployment json.RawMessage `json:"deployment"`
	}
	if err := json.Unmarshal(data, &shape); err != nil {
		return Document{}, fmt.Errorf("not a JSON document: %w", err)
	}
	switch {
	case shape.Steps != nil:
		return readPreview(data)
	case len(shape.Deployment) > 0:
		var deployment apitype.DeploymentV3
		if err := json.Unmarshal(shape.Deployment, &deployment); err != nil {
			return Document{}, fmt.Errorf("read the state: %w", err)
		}
		return FromState(deployment.Resources), nil
	default:
		return Document{}, errors.New("expected the output of `pulumi preview --json --show-sames` or of `pulumi stack export`")
	}
}

// FromState tells what a stack's state holds.
func FromState(resources []apitype.ResourceV3) Document {
	return Document{Stack: stackOf(resources), After: convert(resources), Made: madeAt(resources)}
}

func madeAt(resources []apitype.ResourceV3) (made time.Time) {
	for _, r := range resources {
		if r.Created != nil && (made.IsZero() || r.Created.Before(made)) {
			made = *r.Created
		}
	}
	return made
}

// Empty says that there is nothing to price: no resource but what the engine itself keeps.
func (d Document) Empty() bool {
	return !slices.ContainsFunc(d.After, func(r estimator.Resource) bool { return !strings.HasPrefix(r.Type, "pulumi:") })
}

// previewStep is one step of a preview, of which the engine's own type is not public.
type previewStep struct {
	Op       apitype.OpType      `json:"op"`
	URN      resource.URN        `json:"urn"`
	OldState *apitype.ResourceV3 `json:"oldState"`
	NewState *apitype.ResourceV3 `json:"newState"`
}

func readPreview(data []byte) (Document, error) {
	var preview struct {
		Config  map[string]string      `json:"config"`
		Steps   []previewStep          `json:"steps"`
		Summary map[apitype.OpType]int `json:"changeSummary"`
	}
	if err := json.Unmarshal(data, &preview); err != nil {
		return Document{}, fmt.Errorf("read the preview: %w", err)
	}
	var before, after states
	same := 0
	for _, step := range preview.Steps {
		if step.Op == apitype.OpSame {
			same++
		}
		before.put(step.old())
		if step.Op != apitype.OpDeleteReplaced {
			after.put(step.NewState)
		}
	}
	if hidden := preview.Summary[apitype.OpSame] - same; hidden > 0 {
		return Document{}, fmt.Errorf("the preview leaves out what does not change (%s), so that no total can be told: "+
			"preview again with --show-sames", printable.Count(hidden, "resource"))
	}
	if len(before.list)+len(after.list) == 0 {
		return Document{}, errors.New("there is nothing to price: no step of the preview has a resource")
	}
	return Document{
		Stack: stackOf(slices.Concat(after.list, before.list)), After: convert(after.list), Before: convert(before.list),
		Preview: true, Config: preview.Config,
	}, nil
}

// old is the state that the step starts from, when it counts. The engine marks what it replaces as to be deleted before
// it tells; what was marked by an earlier deployment is on its way out already.
func (s previewStep) old() *apitype.ResourceV3 {
	switch {
	case s.OldState == nil || s.Op == apitype.OpReplace || s.Op == apitype.OpDeleteReplaced:
		return nil // told by the other steps of the replacement
	case s.Op == apitype.OpCreateReplacement:
		state := *s.OldState
		state.Delete = false
		return &state
	default:
		return s.OldState
	}
}

// states are resources in the order in which they were first told of, each as it was told of last.
type states struct {
	list   []apitype.ResourceV3
	places map[resource.URN]int
}

func (s *states) put(r *apitype.ResourceV3) {
	if r == nil {
		return
	}
	if place, again := s.places[r.URN]; again {
		s.list[place] = *r
		return
	}
	if s.places == nil {
		s.places = map[resource.URN]int{}
	}
	s.places[r.URN] = len(s.list)
	s.list = append(s.list, *r)
}

func stackOf(resources []apitype.ResourceV3) string {
	for _, r := range resources {
		if r.URN.IsValid() {
			return r.URN.Stack().String()
		}
	}
	return ""
}

// convert gives resources as the estimator takes them, each with the region of its provider.
func convert(resources []apitype.ResourceV3) []estimator.Resource {
	regions := map[string]string{}
	for _, r := range resources {
		if strings.HasPrefix(string(r.Type), "pulumi:providers:") {
			regions[string(r.URN)], _ = r.Inputs["region"].(string)
		}
	}
	list := []estimator.Resource{}
	for _, r := range resources {
		if r.Delete || r.External { // on its way out, or read from elsewhere and not this stack's to pay
			continue
		}
		provider, _, _ := cutLast(r.Provider, "::")
		converted := estimator.Resource{
			URN: string(r.URN), Type: string(r.Type), Name: nameOf(r.URN), ID: r.ID.String(), Region: regions[provider],
			Properties: estimator.FromJSON(r.Inputs), Dependencies: map[string][]string{},
		}
		for property, urns := range r.PropertyDependencies {
			for _, u := range urns {
				converted.Dependencies[string(property)] = append(converted.Dependencies[string(property)], string(u))
			}
		}
		list = append(list, converted)
	}
	return list
}

func cutLast(text, separator string) (before, after string, found bool) {
	i := strings.LastIndex(text, separator)
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+len(separator):], true
}

// nameOf is a resource's name, also of a URN that is malformed.
func nameOf(u resource.URN) string {
	if !u.IsValid() {
		return string(u)
	}
	return u.Name()
}

// partOf names the part of the platform that a resource belongs to: the outermost of its components.
func partOf(text string) string {
	u := urn.URN(text)
	if !u.IsValid() {
		return otherPart
	}
	outermost, _, _ := strings.Cut(string(u.QualifiedType()), "$")
	if rest, ours := strings.CutPrefix(outermost, "genericcorp:"); ours {
		part, _, _ := strings.Cut(rest, ":")
		return part
	}
	return otherPart
}

// The parts that are no component.
const (
	otherPart   = "other"
	accountPart = "account"
)
