package costexplorer

import (
	"maps"
	"slices"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// allocationTags are the cost allocation tags, by key: Active or Inactive. Only the account that pays has them.
type allocationTags struct {
	account string
	payer   func() string
	status  map[string]string
}

func (a *allocationTags) operations() map[string]awsapi.JSONOperation {
	return map[string]awsapi.JSONOperation{"UpdateCostAllocationTagsStatus": a.update, "ListCostAllocationTags": a.list}
}

// member refuses a member of an organisation.
// Source: https://github.com/2i2c-org/infrastructure/pull/4932
func (a *allocationTags) member(what string) error {
	if payer := a.payer(); payer != "" && payer != a.account {
		return awsapi.BadRequest("AccessDeniedException", "Failed to %s: Linked account doesn't have access to cost allocation tags.", what)
	}
	return nil
}

func (a *allocationTags) update(in object) (object, error) {
	if err := a.member("update Cost Allocation Tag"); err != nil {
		return nil, err
	}
	list, _ := in["CostAllocationTagsStatus"].([]any)
	for _, item := range list {
		entry, _ := item.(object)
		a.status[awsapi.Text(entry, "TagKey")] = awsapi.Text(entry, "Status")
	}
	return object{"Errors": []any{}}, nil
}

func (a *allocationTags) list(in object) (object, error) {
	if err := a.member("list Cost Allocation Tags"); err != nil {
		return nil, err
	}
	shown, wanted := []object{}, awsapi.Text(in, "Status")
	for _, key := range slices.Sorted(maps.Keys(a.status)) {
		if wanted == "" || wanted == a.status[key] {
			shown = append(shown, object{"TagKey": key, "Status": a.status[key], "Type": "UserDefined"})
		}
	}
	return object{"CostAllocationTags": shown}, nil
}
