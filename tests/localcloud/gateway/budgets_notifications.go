package gateway

import (
	"fmt"
	"slices"
)

// notification is when people are told, and who.
type notification struct {
	body        object
	subscribers []any
}

// key is what tells a budget's notifications apart.
func (n *notification) key() string {
	unit := text(n.body, "ThresholdType")
	if unit == "" {
		unit = "PERCENTAGE"
	}
	return fmt.Sprintf("%v|%v|%v|%s", n.body["NotificationType"], n.body["ComparisonOperator"], n.body["Threshold"], unit)
}

// add takes a notification with its subscribers.
func (f *budget) add(with object) {
	body, _ := with["Notification"].(object)
	subscribers, _ := with["Subscribers"].([]any)
	f.notifications = append(f.notifications, &notification{body: body, subscribers: subscribers})
}

// notified gives the budget and the notification that a request names by this key.
func (b *budgets) notified(in object, key string) (*budget, *notification, error) {
	found, err := b.find(text(in, "BudgetName"))
	if err != nil {
		return nil, nil, err
	}
	body, _ := in[key].(object)
	wanted := (&notification{body: body}).key()
	for _, n := range found.notifications {
		if n.key() == wanted {
			return found, n, nil
		}
	}
	return nil, nil, badRequest("NotFoundException", "budget %s has no notification %s", text(in, "BudgetName"), wanted)
}

func (b *budgets) createNotification(in object) (object, error) {
	found, err := b.find(text(in, "BudgetName"))
	if err != nil {
		return nil, err
	}
	found.add(in)
	return object{}, nil
}

func (b *budgets) updateNotification(in object) (object, error) {
	_, n, err := b.notified(in, "OldNotification")
	if err != nil {
		return nil, err
	}
	n.body, _ = in["NewNotification"].(object)
	return object{}, nil
}

func (b *budgets) deleteNotification(in object) (object, error) {
	found, gone, err := b.notified(in, "Notification")
	if err != nil {
		return nil, err
	}
	found.notifications = slices.DeleteFunc(found.notifications, func(n *notification) bool { return n == gone })
	return object{}, nil
}

func (b *budgets) listNotifications(in object) (object, error) {
	found, err := b.find(text(in, "BudgetName"))
	if err != nil {
		return nil, err
	}
	list := []object{}
	for _, n := range found.notifications {
		list = append(list, n.body)
	}
	return object{"Notifications": list}, nil
}

func (b *budgets) describeSubscribers(in object) (object, error) {
	_, n, err := b.notified(in, "Notification")
	if err != nil {
		return nil, err
	}
	return object{"Subscribers": n.subscribers}, nil
}

func (b *budgets) createSubscriber(in object) (object, error) {
	_, n, err := b.notified(in, "Notification")
	if err != nil {
		return nil, err
	}
	n.subscribers = append(n.subscribers, in["Subscriber"])
	return object{}, nil
}

func (b *budgets) deleteSubscriber(in object) (object, error) {
	_, n, err := b.notified(in, "Notification")
	if err != nil {
		return nil, err
	}
	gone := fmt.Sprint(in["Subscriber"])
	n.subscribers = slices.DeleteFunc(n.subscribers, func(s any) bool { return fmt.Sprint(s) == gone })
	return object{}, nil
}
