package budgets

import (
	"fmt"
	"slices"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// notification is when people are notified, and who.
type notification struct {
	body        object
	subscribers []any
}

// key distinguishes a budget's notifications.
func (n *notification) key() string {
	unit := awsapi.Text(n.body, "ThresholdType")
	if unit == "" {
		unit = "PERCENTAGE"
	}
	return fmt.Sprintf("%v|%v|%v|%s", n.body["NotificationType"], n.body["ComparisonOperator"], n.body["Threshold"], unit)
}

// add takes a notification with its subscribers.
func (b *budget) add(with object) {
	body, _ := with["Notification"].(object)
	subscribers, _ := with["Subscribers"].([]any)
	b.notifications = append(b.notifications, &notification{body: body, subscribers: subscribers})
}

// notification gives the budget and the notification that a request names in this field.
func (b *store) notification(in object, field string) (*budget, *notification, error) {
	found, err := b.find(awsapi.Text(in, "BudgetName"))
	if err != nil {
		return nil, nil, err
	}
	body, _ := in[field].(object)
	key := (&notification{body: body}).key()
	for _, n := range found.notifications {
		if n.key() == key {
			return found, n, nil
		}
	}
	return nil, nil, awsapi.BadRequest("NotFoundException", "budget %s has no notification %s", awsapi.Text(in, "BudgetName"), key)
}

func (b *store) createNotification(in object) (object, error) {
	found, err := b.find(awsapi.Text(in, "BudgetName"))
	if err != nil {
		return nil, err
	}
	found.add(in)
	return object{}, nil
}

func (b *store) updateNotification(in object) (object, error) {
	_, n, err := b.notification(in, "OldNotification")
	if err != nil {
		return nil, err
	}
	n.body, _ = in["NewNotification"].(object)
	return object{}, nil
}

func (b *store) deleteNotification(in object) (object, error) {
	found, gone, err := b.notification(in, "Notification")
	if err != nil {
		return nil, err
	}
	found.notifications = slices.DeleteFunc(found.notifications, func(n *notification) bool { return n == gone })
	return object{}, nil
}

func (b *store) listNotifications(in object) (object, error) {
	found, err := b.find(awsapi.Text(in, "BudgetName"))
	if err != nil {
		return nil, err
	}
	list := []object{}
	for _, n := range found.notifications {
		list = append(list, n.body)
	}
	return object{"Notifications": list}, nil
}

func (b *store) describeSubscribers(in object) (object, error) {
	_, n, err := b.notification(in, "Notification")
	if err != nil {
		return nil, err
	}
	return object{"Subscribers": n.subscribers}, nil
}

func (b *store) createSubscriber(in object) (object, error) {
	_, n, err := b.notification(in, "Notification")
	if err != nil {
		return nil, err
	}
	n.subscribers = append(n.subscribers, in["Subscriber"])
	return object{}, nil
}

func (b *store) deleteSubscriber(in object) (object, error) {
	_, n, err := b.notification(in, "Notification")
	if err != nil {
		return nil, err
	}
	gone := fmt.Sprint(in["Subscriber"])
	n.subscribers = slices.DeleteFunc(n.subscribers, func(s any) bool { return fmt.Sprint(s) == gone })
	return object{}, nil
}
