package bootstrap

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// requiredChecks are the jobs, by name, without whose success nothing is merged: the preview under the policy pack of the
// branch that is merged into (a fork has no other), the pack's own tests, all tests, and those of them that need the race detector apart.
var requiredChecks = []string{"on the local cloud", "policy", "race", "test"}

const (
	rulesetName   = "platform"
	actionsNumber = 15368 // GitHub Actions itself: no other app can report these checks
)

// ruleset applies to the branch and to everybody: nobody may bypass it, not even administrators.
func (r *repository) ruleset() map[string]any {
	checks := make([]any, len(requiredChecks))
	for i, name := range requiredChecks {
		checks[i] = map[string]any{"context": name, "integration_id": actionsNumber}
	}
	return map[string]any{
		"name": rulesetName, "target": "branch", "enforcement": "active", "bypass_actors": []any{},
		"conditions": map[string]any{"ref_name": map[string]any{"include": []any{"refs/heads/" + r.Branch}, "exclude": []any{}}},
		"rules": []any{
			map[string]any{"type": "deletion"},
			map[string]any{"type": "non_fast_forward"},
			map[string]any{"type": "pull_request", "parameters": map[string]any{
				"required_approving_review_count": 1, "require_code_owner_review": true, "require_last_push_approval": true,
				"dismiss_stale_reviews_on_push": true, "required_review_thread_resolution": true,
			}},
			map[string]any{"type": "required_status_checks", "parameters": map[string]any{
				"strict_required_status_checks_policy": true, "required_status_checks": checks,
			}},
		},
	}
}

// rules wants the rules of the branch.
func (r *repository) rules() desired {
	ruleset := r.ruleset()
	text, err := json.Marshal(ruleset)
	if err != nil {
		panic(fmt.Sprintf("a ruleset that is no JSON: %v", err)) // the values above cannot bring this about
	}
	path := r.path("/rulesets")
	return desired{
		resource: "branch " + r.Branch, aspect: "rules", want: string(text), same: covers,
		read: func(ctx context.Context) (string, error) {
			id, err := r.findRuleset(ctx, path)
			if err != nil {
				return "", err
			}
			var found json.RawMessage
			err = r.call(ctx, "GET", fmt.Sprintf("%s/%d", path, id), nil, &found)
			return string(found), err
		},
		write: func(ctx context.Context) error {
			id, err := r.findRuleset(ctx, path)
			switch {
			case err == nil:
				return r.call(ctx, "PUT", fmt.Sprintf("%s/%d", path, id), ruleset, nil)
			case errors.Is(err, errAbsent):
				return r.call(ctx, "POST", path, ruleset, nil)
			default:
				return err
			}
		},
	}
}

// findRuleset gives the number of our ruleset, or errAbsent.
func (r *repository) findRuleset(ctx context.Context, path string) (int64, error) {
	var list []struct {
		ID   int64
		Name string
	}
	if err := r.call(ctx, "GET", path+"?includes_parents=false&per_page=100", nil, &list); err != nil {
		return 0, err
	}
	for _, one := range list {
		if one.Name == rulesetName {
			return one.ID, nil
		}
	}
	return 0, errAbsent
}

// covers tells whether a JSON document says all that another one wants. GitHub adds what it knows besides, and people may
// add rules; a list that must be empty is empty, though.
func covers(found, want string) bool {
	var x, y any
	if json.Unmarshal([]byte(found), &x) != nil || json.Unmarshal([]byte(want), &y) != nil {
		return false
	}
	return coversValue(x, y)
}

func coversValue(found, want any) bool {
	switch want := want.(type) {
	case map[string]any:
		object, ok := found.(map[string]any)
		for key, inner := range want {
			ok = ok && coversValue(object[key], inner)
		}
		return ok
	case []any:
		list, ok := found.([]any)
		if len(want) == 0 {
			return ok && len(list) == 0
		}
		for _, inner := range want {
			ok = ok && slices.ContainsFunc(list, func(each any) bool { return coversValue(each, inner) })
		}
		return ok
	default:
		return found == want
	}
}
