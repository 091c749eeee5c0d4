package gateway

import (
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"
)

// actionFields are what a caller says of an action.
var actionFields = []string{"NotificationType", "ActionType", "ActionThreshold", "Definition", "ExecutionRoleArn", "ApprovalModel", "Subscribers"}

func (b *budgets) createAction(in object) (object, error) {
	budget, id := text(in, "BudgetName"), uuid.NewString()
	action := object{"ActionId": id, "BudgetName": budget, "Status": "STANDBY"}
	put(action, in, actionFields...)
	if b.actions[budget] == nil {
		b.actions[budget] = map[string]object{}
	}
	b.actions[budget][id] = action
	b.tags.add(fmt.Sprintf("arn:aws:budgets::%s:budget/%s/action/%s", b.account, budget, id), in["ResourceTags"])
	return object{"AccountId": b.account, "BudgetName": budget, "ActionId": id}, nil
}

func (b *budgets) action(in object) (object, error) {
	found, ok := b.actions[text(in, "BudgetName")][text(in, "ActionId")]
	if !ok {
		return nil, badRequest("NotFoundException", "budget %s has no action %s", text(in, "BudgetName"), text(in, "ActionId"))
	}
	return found, nil
}

func (b *budgets) describeAction(in object) (object, error) {
	action, err := b.action(in)
	return object{"AccountId": b.account, "BudgetName": text(in, "BudgetName"), "Action": action}, err
}

func (b *budgets) describeActions(in object) (object, error) {
	list := []object{}
	actions := b.actions[text(in, "BudgetName")]
	for _, id := range slices.Sorted(maps.Keys(actions)) {
		list = append(list, actions[id])
	}
	return object{"Actions": list}, nil
}

func (b *budgets) updateAction(in object) (object, error) {
	action, err := b.action(in)
	if err != nil {
		return nil, err
	}
	before := maps.Clone(action)
	put(action, in, actionFields...)
	return object{"AccountId": b.account, "BudgetName": text(in, "BudgetName"), "OldAction": before, "NewAction": action}, nil
}

func (b *budgets) deleteAction(in object) (object, error) {
	action, err := b.action(in)
	if err != nil {
		return nil, err
	}
	delete(b.actions[text(in, "BudgetName")], text(in, "ActionId"))
	return object{"AccountId": b.account, "BudgetName": text(in, "BudgetName"), "Action": action}, nil
}
