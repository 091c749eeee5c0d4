package deploy

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/cmd/platform/internal/previewreport"
)

// plan is what a preview would change: what a person approves, and from which a deployment must not depart. (The
// engine's own plans do not fit: a component of another language, as the cluster's is, is described otherwise in a
// preview than in the deployment, and the engine takes that for a departure.)
type plan struct {
	Stack   string                 `json:"stack"`
	Changes []previewreport.Change `json:"changes"`
}

// errDeparts says that a deployment would do something else than was approved. Nothing was changed.
//
//page:failed-or-stuck-deploy
var errDeparts = errors.New("the deployment would do something else than its plan says, and nothing was changed; " +
	"something else was deployed since, or the plan is of other code: make a new preview and have it approved")

func newPlan(r previewreport.Report) plan {
	p := plan{Stack: r.Stack, Changes: slices.Clone(r.Changes)}
	slices.SortFunc(p.Changes, func(a, b previewreport.Change) int {
		return cmp.Or(strings.Compare(a.Type, b.Type), strings.Compare(a.Name, b.Name), strings.Compare(string(a.Operation), string(b.Operation)))
	})
	for i := range p.Changes {
		p.Changes[i].Properties = slices.Sorted(slices.Values(p.Changes[i].Properties))
	}
	return p
}

func readPlan(file, stack string) (plan, error) {
	var p plan
	raw, err := os.ReadFile(file) // the file that the person named
	if err == nil {
		err = json.Unmarshal(raw, &p)
	}
	if err != nil {
		return p, exit.Usagef("--plan: %w", err)
	}
	if p.Stack != stack {
		return p, exit.Usagef("--plan: got a plan of stack %q, expected one of %q", p.Stack, stack)
	}
	return p, nil
}

func (p plan) write(file string) error {
	raw, err := json.MarshalIndent(p, "", "  ")
	if err == nil {
		err = os.WriteFile(file, append(raw, '\n'), 0o600)
	}
	if err != nil {
		return fmt.Errorf("write the plan: %w", err)
	}
	return nil
}

// require fails unless now is what p says, and names what differs.
func (p plan) require(now plan) error {
	approved, planned := lines(p), lines(now)
	var differences []string
	for line := range planned {
		if !approved[line] {
			differences = append(differences, "  not in the plan: "+line)
		}
	}
	for line := range approved {
		if !planned[line] {
			differences = append(differences, "  only in the plan: "+line)
		}
	}
	if len(differences) == 0 {
		return nil
	}
	slices.Sort(differences)
	const most = 10
	if rest := len(differences) - most; rest > 0 {
		differences = append(differences[:most], fmt.Sprintf("  and %d more", rest))
	}
	return fmt.Errorf("%w:\n%s", errDeparts, strings.Join(differences, "\n"))
}

// lines are the changes of a plan, each in one line.
func lines(p plan) map[string]bool {
	set := map[string]bool{}
	for _, c := range p.Changes {
		set[strings.TrimSpace(fmt.Sprintf("%s %s %s %s", c.Operation, c.Type, c.Name, strings.Join(c.Properties, ", ")))] = true
	}
	return set
}
