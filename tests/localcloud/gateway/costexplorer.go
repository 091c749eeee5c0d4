package gateway

import (
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"
)

// anomalyKind is one of Cost Explorer's two kinds of thing: monitors and subscriptions.
type anomalyKind struct {
	name, path, arnField, argument, list, arnFilter, missing string
	fields                                                   []string
}

// newCostExplorer serves anomaly monitors and subscriptions, which the emulator lacks.
func newCostExplorer(account string) *jsonService {
	tags := tagStore{}
	s := &jsonService{operations: tags.operations("ResourceArn", "ResourceTags", "ResourceTagKeys")}
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
		maps.Copy(s.operations, kind.operations(account, tags))
	}
	return s
}

func (k anomalyKind) operations(account string, tags tagStore) map[string]func(object) (object, error) {
	kept := map[string]object{}
	find := func(arn string) (object, error) {
		if found, ok := kept[arn]; ok {
			return found, nil
		}
		return nil, badRequest(k.missing, "there is no %s %s", k.name, arn)
	}
	return map[string]func(object) (object, error){
		"Create" + k.name: func(in object) (object, error) {
			given, _ := in[k.argument].(object)
			arn := fmt.Sprintf("arn:aws:ce::%s:%s/%s", account, k.path, uuid.NewString())
			made := object{k.arnField: arn, "AccountId": account}
			put(made, given, k.fields...)
			kept[arn] = made
			tags.add(arn, in["ResourceTags"])
			return object{k.arnField: arn}, nil
		},
		"Get" + k.name + "s": func(in object) (object, error) {
			list := []object{}
			wanted, filtered := in[k.arnFilter].([]any)
			if filtered && len(wanted) > 0 {
				for _, arn := range wanted {
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
			found, err := find(text(in, k.arnField))
			if err != nil {
				return nil, err
			}
			put(found, in, k.fields...)
			return object{k.arnField: found[k.arnField]}, nil
		},
		"Delete" + k.name: func(in object) (object, error) {
			arn := text(in, k.arnField)
			if _, err := find(arn); err != nil {
				return nil, err
			}
			delete(kept, arn)
			delete(tags, arn)
			return object{}, nil
		},
	}
}
