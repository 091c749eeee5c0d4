package gateway

import (
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"
)

// budgets keeps what the emulator forgets of a budget: who is told, what is done about it, and its tags.
type budgets struct {
	account     string
	subscribers map[string][]any             // by notification
	actions     map[string]map[string]object // by budget and id
	tags        tagStore
}

// newBudgets serves subscribers, actions and tags. Budgets and their notifications are the emulator's.
func newBudgets(account string) *jsonService {
	b := &budgets{account: account, subscribers: map[string][]any{}, actions: map[string]map[string]object{}, tags: tagStore{}}
	s := &jsonService{operations: b.tags.operations("ResourceARN", "ResourceTags", "ResourceTagKeys")}
	maps.Copy(s.operations, map[string]func(object) (object, error){
		"CreateBudget":                       b.create,
		"CreateNotification":                 b.createNotification,
		"DeleteNotification":                 b.deleteNotification,
		"DescribeSubscribersForNotification": b.describeSubscribers,
		"CreateSubscriber":                   b.createSubscriber,
		"DeleteSubscriber":                   b.deleteSubscriber,
		"CreateBudgetAction":                 b.createAction,
		"DescribeBudgetAction":               b.describeAction,
		"DescribeBudgetActionsForBudget":     b.describeActions,
		"UpdateBudgetAction":                 b.updateAction,
		"DeleteBudgetAction":                 b.deleteAction,
	})
	return s
}

func (b *budgets) create(in object) (object, error) {
	budget, _ := in["Budget"].(object)
	name := text(budget, "BudgetName")
	b.tags.add(fmt.Sprintf("arn:aws:budgets::%s:budget/%s", b.account, name), in["ResourceTags"])
	list, _ := in["NotificationsWithSubscribers"].([]any)
	for _, item := range list {
		if with, ok := item.(object); ok {
			subscribers, _ := with["Subscribers"].([]any)
			b.subscribers[notificationKey(name, with["Notification"])] = subscribers
		}
	}
	return nil, errForward
}

// notificationKey is what tells a budget's notifications apart.
func notificationKey(budget string, notification any) string {
	n, _ := notification.(object)
	unit := text(n, "ThresholdType")
	if unit == "" {
		unit = "PERCENTAGE"
	}
	return fmt.Sprintf("%s|%v|%v|%v|%s", budget, n["NotificationType"], n["ComparisonOperator"], n["Threshold"], unit)
}

func (b *budgets) createNotification(in object) (object, error) {
	subscribers, _ := in["Subscribers"].([]any)
	b.subscribers[notificationKey(text(in, "BudgetName"), in["Notification"])] = subscribers
	return nil, errForward
}

func (b *budgets) deleteNotification(in object) (object, error) {
	delete(b.subscribers, notificationKey(text(in, "BudgetName"), in["Notification"]))
	return nil, errForward
}

func (b *budgets) describeSubscribers(in object) (object, error) {
	subscribers, known := b.subscribers[notificationKey(text(in, "BudgetName"), in["Notification"])]
	if !known {
		return nil, badRequest("NotFoundException", "budget %s has no such notification", text(in, "BudgetName"))
	}
	return object{"Subscribers": subscribers}, nil
}

func (b *budgets) createSubscriber(in object) (object, error) {
	key := notificationKey(text(in, "BudgetName"), in["Notification"])
	b.subscribers[key] = append(b.subscribers[key], in["Subscriber"])
	return object{}, nil
}

func (b *budgets) deleteSubscriber(in object) (object, error) {
	key := notificationKey(text(in, "BudgetName"), in["Notification"])
	gone := fmt.Sprint(in["Subscriber"])
	b.subscribers[key] = slices.DeleteFunc(b.subscribers[key], func(s any) bool { return fmt.Sprint(s) == gone })
	return object{}, nil
}

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
