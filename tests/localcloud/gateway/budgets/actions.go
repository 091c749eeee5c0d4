package budgets

import (
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// actionFields are what a caller chooses of an action.
var actionFields = []string{"NotificationType", "ActionType", "ActionThreshold", "Definition", "ExecutionRoleArn", "ApprovalModel", "Subscribers"}

func (b *store) createAction(in object) (object, error) {
	budget, id := awsapi.Text(in, "BudgetName"), uuid.NewString()
	action := object{"ActionId": id, "BudgetName": budget, "Status": "STANDBY"}
	awsapi.CopyFields(action, in, actionFields...)
	if b.actions[budget] == nil {
		b.actions[budget] = map[string]object{}
	}
	b.actions[budget][id] = action
	b.tags.Add(fmt.Sprintf("arn:aws:budgets::%s:budget/%s/action/%s", b.account, budget, id), in["ResourceTags"])
	return object{"AccountId": b.account, "BudgetName": budget, "ActionId": id}, nil
}

func (b *store) action(in object) (object, error) {
	found, ok := b.actions[awsapi.Text(in, "BudgetName")][awsapi.Text(in, "ActionId")]
	if !ok {
		return nil, awsapi.BadRequest("NotFoundException", "budget %s has no action %s", awsapi.Text(in, "BudgetName"), awsapi.Text(in, "ActionId"))
	}
	return found, nil
}

func (b *store) describeAction(in object) (object, error) {
	action, err := b.action(in)
	return object{"AccountId": b.account, "BudgetName": awsapi.Text(in, "BudgetName"), "Action": action}, err
}

func (b *store) describeActions(in object) (object, error) {
	list := []object{}
	actions := b.actions[awsapi.Text(in, "BudgetName")]
	for _, id := range slices.Sorted(maps.Keys(actions)) {
		list = append(list, actions[id])
	}
	return object{"Actions": list}, nil
}

func (b *store) updateAction(in object) (object, error) {
	action, err := b.action(in)
	if err != nil {
		return nil, err
	}
	before := maps.Clone(action)
	awsapi.CopyFields(action, in, actionFields...)
	return object{"AccountId": b.account, "BudgetName": awsapi.Text(in, "BudgetName"), "OldAction": before, "NewAction": action}, nil
}

func (b *store) deleteAction(in object) (object, error) {
	action, err := b.action(in)
	if err != nil {
		return nil, err
	}
	delete(b.actions[awsapi.Text(in, "BudgetName")], awsapi.Text(in, "ActionId"))
	return object{"AccountId": b.account, "BudgetName": awsapi.Text(in, "BudgetName"), "Action": action}, nil
}
