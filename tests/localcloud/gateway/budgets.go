package gateway

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
)

// budgets keeps budgets, who is told of them, and what is done about them. It counts no cost: nothing is billed here.
type budgets struct {
	account string
	all     map[string]*budget           // by name
	actions map[string]map[string]object // by budget and id
	tags    tagStore
}

// budget is one budget and its notifications.
type budget struct {
	body          object
	notifications []*notification
}

func newBudgets(account string) *jsonService {
	b := &budgets{account: account, all: map[string]*budget{}, actions: map[string]map[string]object{}, tags: tagStore{}}
	s := &jsonService{operations: b.tags.operations("ResourceARN", "ResourceTags", "ResourceTagKeys")}
	maps.Copy(s.operations, map[string]func(object) (object, error){
		"CreateBudget":                       b.create,
		"DescribeBudget":                     b.describe,
		"DescribeBudgets":                    b.list,
		"UpdateBudget":                       b.update,
		"DeleteBudget":                       b.delete,
		"CreateNotification":                 b.createNotification,
		"UpdateNotification":                 b.updateNotification,
		"DeleteNotification":                 b.deleteNotification,
		"DescribeNotificationsForBudget":     b.listNotifications,
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

// find gives the budget that a request names.
func (b *budgets) find(name string) (*budget, error) {
	found, ok := b.all[name]
	if !ok {
		return nil, badRequest("NotFoundException", "there is no budget %s", name)
	}
	return found, nil
}

func (b *budgets) create(in object) (object, error) {
	body, _ := in["Budget"].(object)
	name := text(body, "BudgetName")
	if _, exists := b.all[name]; exists || name == "" {
		return nil, badRequest("DuplicateRecordException", "the budget %s exists, or has no name", name)
	}
	made := &budget{}
	made.become(body)
	list, _ := in["NotificationsWithSubscribers"].([]any)
	for _, item := range list {
		if with, ok := item.(object); ok {
			made.add(with)
		}
	}
	b.all[name] = made
	b.tags.add(fmt.Sprintf("arn:aws:budgets::%s:budget/%s", b.account, name), in["ResourceTags"])
	return object{}, nil
}

// farAway is the end that AWS gives a budget without one: 2087-06-15.
const farAway = 3706473600

// costTypes are what AWS counts unless a budget says otherwise.
var costTypes = object{
	"IncludeCredit": true, "IncludeDiscount": true, "IncludeOtherSubscription": true, "IncludeRecurring": true, "IncludeRefund": true,
	"IncludeSubscription": true, "IncludeSupport": true, "IncludeTax": true, "IncludeUpfront": true, "UseAmortized": false, "UseBlended": false,
}

// become takes over what a request says, with AWS's defaults.
func (f *budget) become(body object) {
	now := time.Now().UTC()
	month := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	nothing := object{"Amount": "0", "Unit": "USD"}
	full := object{
		"TimePeriod": object{"Start": month.Unix(), "End": farAway}, "CostTypes": costTypes,
		"CalculatedSpend": object{"ActualSpend": nothing, "ForecastedSpend": nothing},
	}
	maps.Copy(full, body)
	full["LastUpdatedTime"] = now.Unix()
	f.body = full
}

func (b *budgets) describe(in object) (object, error) {
	found, err := b.find(text(in, "BudgetName"))
	if err != nil {
		return nil, err
	}
	return object{"Budget": found.body}, nil
}

// list gives a page; the token is the index of the first budget that was not on it.
func (b *budgets) list(in object) (object, error) {
	size := 100
	if most, ok := in["MaxResults"].(float64); ok {
		size = int(most)
	}
	first, _ := strconv.Atoi(text(in, "NextToken"))
	names := slices.Sorted(maps.Keys(b.all))
	page := []object{}
	out := object{}
	for i := first; i < len(names); i++ {
		if len(page) == size {
			out["NextToken"] = strconv.Itoa(i)
			break
		}
		page = append(page, b.all[names[i]].body)
	}
	out["Budgets"] = page
	return out, nil
}

func (b *budgets) update(in object) (object, error) {
	body, _ := in["NewBudget"].(object)
	found, err := b.find(text(body, "BudgetName"))
	if err != nil {
		return nil, err
	}
	found.become(body)
	return object{}, nil
}

func (b *budgets) delete(in object) (object, error) {
	name := text(in, "BudgetName")
	if _, err := b.find(name); err != nil {
		return nil, err
	}
	delete(b.all, name)
	delete(b.actions, name)
	return object{}, nil
}
