package cost

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// FromPlan tells what a deployment that was planned by `pulumi preview --save-plan` would make of a stack's state. A plan
// holds the changes of properties alone, so that it needs the state that it was made on.
func FromPlan(data []byte, state []apitype.ResourceV3) (Document, error) {
	plan, err := readPlan(data)
	if err != nil {
		return Document{}, err
	}
	old := map[resource.URN]apitype.ResourceV3{}
	for _, r := range state {
		if !r.Delete {
			old[r.URN] = r
		}
	}
	var after []apitype.ResourceV3
	for _, u := range slices.Sorted(maps.Keys(plan.ResourcePlans)) {
		planned := plan.ResourcePlans[u]
		if planned.Goal == nil || len(planned.Steps) > 0 && slices.Contains(ends, planned.Steps[len(planned.Steps)-1]) {
			continue
		}
		last := old[u]
		after = append(after, apitype.ResourceV3{
			URN: u, Type: planned.Goal.Type, Custom: planned.Goal.Custom, Parent: planned.Goal.Parent, Provider: planned.Goal.Provider,
			ID: last.ID, Inputs: changed(last.Inputs, planned.Goal.InputDiff), PropertyDependencies: planned.Goal.PropertyDependencies,
		})
	}
	return Document{
		Stack: stackOf(append(after, state...)), After: convert(after), Before: convert(state), Preview: true,
	}, nil
}

// ends are the steps after which a resource is gone.
var ends = []apitype.OpType{apitype.OpDelete, apitype.OpReadDiscard}

func readPlan(data []byte) (apitype.DeploymentPlanV1, error) {
	var versioned apitype.VersionedDeploymentPlan
	var plan apitype.DeploymentPlanV1
	if err := json.Unmarshal(data, &versioned); err == nil && len(versioned.Plan) > 0 {
		data = versioned.Plan
	}
	if err := json.Unmarshal(data, &plan); err != nil {
		return plan, fmt.Errorf("read the plan: %w", err)
	}
	return plan, nil
}

// changed applies a plan's changes to the properties that there are.
func changed(inputs map[string]any, diff apitype.PlanDiffV1) map[string]any {
	result := maps.Clone(inputs)
	if result == nil {
		result = map[string]any{}
	}
	maps.Copy(result, diff.Adds)
	maps.Copy(result, diff.Updates)
	for _, name := range diff.Deletes {
		delete(result, name)
	}
	return result
}
