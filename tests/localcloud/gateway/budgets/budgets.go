// Package budgets emulates AWS Budgets.
package budgets

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// object is a JSON object.
type object = map[string]any

// store keeps budgets, who is notified of them, and what is done about them. It counts no cost: nothing is billed here.
type store struct {
	account string
	all     map[string]*budget           // by name
	actions map[string]map[string]object // by budget and id
	tags    awsapi.TagStore
}

// budget is one budget and its notifications.
type budget struct {
	body          object
	notifications []*notification
}

// New serves budgets of an account. The rest is the emulator's.
func New(account awsapi.Account, emulator http.Handler) http.Handler {
	b := &store{account: account.ID, all: map[string]*budget{}, actions: map[string]map[string]object{}, tags: awsapi.TagStore{}}
	operations := b.tags.Operations("ResourceARN", "ResourceTags", "ResourceTagKeys")
	maps.Copy(operations, map[string]awsapi.JSONOperation{
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
	return &awsapi.JSONService{Operations: operations, Emulator: emulator}
}

// find gives the budget that a request names.
func (b *store) find(name string) (*budget, error) {
	found, ok := b.all[name]
	if !ok {
		return nil, awsapi.BadRequest("NotFoundException", "there is no budget %s", name)
	}
	return found, nil
}

func (b *store) create(in object) (object, error) {
	body, _ := in["Budget"].(object)
	name := awsapi.Text(body, "BudgetName")
	if _, exists := b.all[name]; exists || name == "" {
		return nil, awsapi.BadRequest("DuplicateRecordException", "the budget %s exists, or has no name", name)
	}
	made := &budget{}
	made.apply(body)
	list, _ := in["NotificationsWithSubscribers"].([]any)
	for _, item := range list {
		if with, ok := item.(object); ok {
			made.add(with)
		}
	}
	b.all[name] = made
	b.tags.Add(fmt.Sprintf("arn:aws:budgets::%s:budget/%s", b.account, name), in["ResourceTags"])
	return object{}, nil
}

// farAway is the end that AWS gives a budget without one: 2087-06-15.
const farAway = 3706473600

// costTypes are what AWS counts unless a budget says otherwise.
var costTypes = object{
	"IncludeCredit": true, "IncludeDiscount": true, "IncludeOtherSubscription": true, "IncludeRecurring": true, "IncludeRefund": true,
	"IncludeSubscription": true, "IncludeSupport": true, "IncludeTax": true, "IncludeUpfront": true, "UseAmortized": false, "UseBlended": false,
}

// apply takes over what a request has, with AWS's defaults.
func (b *budget) apply(body object) {
	now := time.Now().UTC()
	month := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	nothing := object{"Amount": "0", "Unit": "USD"}
	full := object{
		"TimePeriod": object{"Start": month.Unix(), "End": farAway}, "CostTypes": costTypes,
		"CalculatedSpend": object{"ActualSpend": nothing, "ForecastedSpend": nothing},
	}
	maps.Copy(full, body)
	full["LastUpdatedTime"] = now.Unix()
	b.body = full
}

func (b *store) describe(in object) (object, error) {
	found, err := b.find(awsapi.Text(in, "BudgetName"))
	if err != nil {
		return nil, err
	}
	return object{"Budget": found.body}, nil
}

// list gives a page; the token is the index of the first budget that was not on it.
func (b *store) list(in object) (object, error) {
	size := 100
	if most, ok := in["MaxResults"].(float64); ok {
		size = int(most)
	}
	first, _ := strconv.Atoi(awsapi.Text(in, "NextToken"))
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

func (b *store) update(in object) (object, error) {
	body, _ := in["NewBudget"].(object)
	found, err := b.find(awsapi.Text(body, "BudgetName"))
	if err != nil {
		return nil, err
	}
	found.apply(body)
	return object{}, nil
}

func (b *store) delete(in object) (object, error) {
	name := awsapi.Text(in, "BudgetName")
	if _, err := b.find(name); err != nil {
		return nil, err
	}
	delete(b.all, name)
	delete(b.actions, name)
	return object{}, nil
}
