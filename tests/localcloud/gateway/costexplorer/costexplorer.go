// Package costexplorer emulates the anomaly monitors and subscriptions of AWS Cost Explorer, and cost allocation tags.
package costexplorer

import (
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/google/uuid"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// object is a JSON object.
type object = map[string]any

// anomalyKind is one of Cost Explorer's two kinds of thing: monitors and subscriptions.
type anomalyKind struct {
	name, path, arnField, argument, list, arnFilter, missing string
	fields                                                   []string
}

// New serves monitors, subscriptions and cost allocation tags of an account, of whose organisation another may be the payer. The
// rest is the emulator's.
func New(account awsapi.Account, payer func() string, emulator http.Handler) http.Handler {
	tags := awsapi.TagStore{}
	operations := tags.Operations("ResourceArn", "ResourceTags", "ResourceTagKeys")
	for _, kind := range []anomalyKind{
		{
			name: "AnomalyMonitor", path: "anomalymonitor", arnField: "MonitorArn", argument: "AnomalyMonitor",
			list: "AnomalyMonitors", arnFilter: "MonitorArnList", missing: "UnknownMonitorException",
			fields: []string{"MonitorName", "MonitorType", "MonitorDimension", "MonitorSpecification"},
		},
		{
			name: "AnomalySubscription", path: "anomalysubscription", arnField: "SubscriptionArn", argument: "AnomalySubscription",
			list: "AnomalySubscriptions", arnFilter: "SubscriptionArnList", missing: "UnknownSubscriptionException",
			fields: []string{"SubscriptionName", "MonitorArnList", "Subscribers", "Threshold", "ThresholdExpression", "Frequency"},
		},
	} {
		maps.Copy(operations, kind.operations(account.ID, tags))
	}
	maps.Copy(operations, (&allocationTags{account: account.ID, payer: payer, status: map[string]string{}}).operations())
	return &awsapi.JSONService{Operations: operations, Emulator: emulator}
}

func (k anomalyKind) operations(account string, tags awsapi.TagStore) map[string]awsapi.JSONOperation {
	kept := map[string]object{}
	find := func(arn string) (object, error) {
		if found, ok := kept[arn]; ok {
			return found, nil
		}
		return nil, awsapi.BadRequest(k.missing, "there is no %s %s", k.name, arn)
	}
	return map[string]awsapi.JSONOperation{
		"Create" + k.name: func(in object) (object, error) {
			given, _ := in[k.argument].(object)
			arn := fmt.Sprintf("arn:aws:ce::%s:%s/%s", account, k.path, uuid.NewString())
			made := object{k.arnField: arn, "AccountId": account}
			awsapi.CopyFields(made, given, k.fields...)
			kept[arn] = made
			tags.Add(arn, in["ResourceTags"])
			return object{k.arnField: arn}, nil
		},
		"Get" + k.name + "s": func(in object) (object, error) {
			list := []object{}
			arns, filtered := in[k.arnFilter].([]any)
			if filtered && len(arns) > 0 {
				for _, arn := range arns {
					found, err := find(fmt.Sprint(arn))
					if err != nil {
						return nil, err
					}
					list = append(list, found)
				}
				return object{k.list: list}, nil
			}
			for _, arn := range slices.Sorted(maps.Keys(kept)) {
				list = append(list, kept[arn])
			}
			return object{k.list: list}, nil
		},
		"Update" + k.name: func(in object) (object, error) {
			found, err := find(awsapi.Text(in, k.arnField))
			if err != nil {
				return nil, err
			}
			awsapi.CopyFields(found, in, k.fields...)
			return object{k.arnField: found[k.arnField]}, nil
		},
		"Delete" + k.name: func(in object) (object, error) {
			arn := awsapi.Text(in, k.arnField)
			if _, err := find(arn); err != nil {
				return nil, err
			}
			delete(kept, arn)
			delete(tags, arn)
			return object{}, nil
		},
	}
}
