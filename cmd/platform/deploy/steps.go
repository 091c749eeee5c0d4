package deploy

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
)

// steps collects every step of a preview in the form in which `pulumi preview --json` tells them, so that
// `platform cost --file` says what the plan costs. The engine hides secrets in it.
type steps struct {
	Steps []previewStep `json:"steps"`
}

type previewStep struct {
	Op       apitype.OpType      `json:"op"`
	URN      string              `json:"urn"`
	OldState *apitype.ResourceV3 `json:"oldState,omitempty"`
	NewState *apitype.ResourceV3 `json:"newState,omitempty"`
}

// observe takes in one event of the engine.
func (s *steps) observe(event apitype.EngineEvent) {
	if event.ResOutputsEvent == nil {
		return
	}
	m := event.ResOutputsEvent.Metadata
	s.Steps = append(s.Steps, previewStep{Op: m.Op, URN: m.URN, OldState: stateOf(m.Old), NewState: stateOf(m.New)})
}

func stateOf(m *apitype.StepEventStateMetadata) *apitype.ResourceV3 {
	if m == nil {
		return nil
	}
	return &apitype.ResourceV3{
		URN: resource.URN(m.URN), Type: tokens.Type(m.Type), Custom: m.Custom, Delete: m.Delete, ID: resource.ID(m.ID),
		Parent: resource.URN(m.Parent), Protect: m.Protect, Inputs: m.Inputs, Outputs: m.Outputs, Provider: m.Provider,
	}
}

// write writes the steps to a file.
func (s *steps) write(file string) error {
	raw, err := json.Marshal(s)
	if err == nil {
		err = os.WriteFile(file, raw, 0o600)
	}
	if err != nil {
		return fmt.Errorf("write the steps: %w", err)
	}
	return nil
}
