package ses

import (
	"maps"
	"net/http"
	"regexp"
	"slices"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// configurationSet is what mail can be sent with, and who is told what becomes of it.
type configurationSet struct {
	name         string
	options      object            // DeliveryOptions and others, as they were given
	destinations map[string]object // by name
}

var setName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// optionsAt are the settings of a configuration set, by the last part of the path of the operation that changes them.
var optionsAt = map[string]string{
	"delivery-options": "DeliveryOptions", "reputation-options": "ReputationOptions", "sending": "SendingOptions",
	"suppression-options": "SuppressionOptions", "tracking-options": "TrackingOptions", "vdm-options": "VdmOptions",
}

func (s *Service) setARN(name string) string {
	return s.config.Account.ARN("ses", "configuration-set/"+name)
}

// checkSet requires a configuration set to exist, unless none is named.
func (s *Service) checkSet(name string) error {
	if name != "" && s.sets[name] == nil {
		return notFound("Configuration set <%s> does not exist.", name)
	}
	return nil
}

func (s *Service) findSet(r *http.Request) (*configurationSet, error) {
	name := r.PathValue("set")
	if err := s.checkSet(name); err != nil {
		return nil, err
	}
	return s.sets[name], nil
}

func (s *Service) createSet(_ *http.Request, in object) (object, error) {
	name := awsapi.Text(in, "ConfigurationSetName")
	if !setName.MatchString(name) {
		return nil, badRequest("Invalid configuration set name <%s>: only alphanumeric ASCII characters, '_', and '-' are allowed, 64 at most.", name)
	}
	if s.sets[name] != nil {
		return nil, awsapi.BadRequest("AlreadyExistsException", "Configuration set <%s> already exists.", name)
	}
	made := &configurationSet{name: name, destinations: map[string]object{}, options: object{
		"ReputationOptions": object{"ReputationMetricsEnabled": false}, "SendingOptions": object{"SendingEnabled": true},
	}}
	awsapi.CopyFields(made.options, in, slices.Collect(maps.Values(optionsAt))...)
	s.sets[name] = made
	s.tags.Add(s.setARN(name), in["Tags"])
	return object{}, nil
}

func (s *Service) getSet(r *http.Request, _ object) (object, error) {
	set, err := s.findSet(r)
	if err != nil {
		return nil, err
	}
	out := object{"ConfigurationSetName": set.name, "Tags": s.tags.List(s.setARN(set.name))}
	maps.Copy(out, set.options)
	return out, nil
}

func (s *Service) listSets(*http.Request, object) (object, error) {
	return object{"ConfigurationSets": append([]string{}, slices.Sorted(maps.Keys(s.sets))...)}, nil
}

// deleteSet deletes one that identities may still name: what they send then fails.
func (s *Service) deleteSet(r *http.Request, _ object) (object, error) {
	set, err := s.findSet(r)
	if err != nil {
		return nil, err
	}
	delete(s.sets, set.name)
	delete(s.tags, s.setARN(set.name))
	return object{}, nil
}

func (s *Service) changeSet(r *http.Request, in object) (object, error) {
	set, err := s.findSet(r)
	if err != nil {
		return nil, err
	}
	field, known := optionsAt[r.PathValue("options")]
	if !known {
		return nil, awsapi.BadRequest(awsapi.NotImplemented, "the local cloud has no %s of configuration sets", r.PathValue("options"))
	}
	set.options[field] = in
	return object{}, nil
}

// eventTypes are what becomes of mail.
var eventTypes = []string{
	"SEND", "REJECT", "BOUNCE", "COMPLAINT", "DELIVERY", "OPEN", "CLICK", "RENDERING_FAILURE", "DELIVERY_DELAY", "SUBSCRIPTION",
}

// checkDestination takes a destination that tells CloudWatch or SNS.
func checkDestination(in object) (object, error) {
	given, _ := in["EventDestination"].(object)
	types, _ := given["MatchingEventTypes"].([]any)
	if len(types) == 0 {
		return nil, badRequest("At least one event type is required in MatchingEventTypes.")
	}
	for _, kind := range types {
		if name, _ := kind.(string); !slices.Contains(eventTypes, name) {
			return nil, badRequest("Invalid event type: %v.", kind)
		}
	}
	told := 0
	for _, way := range []string{"CloudWatchDestination", "SnsDestination"} {
		if given[way] != nil {
			told++
		}
	}
	if told != 1 || given["KinesisFirehoseDestination"] != nil || given["PinpointDestination"] != nil || given["EventBridgeDestination"] != nil {
		return nil, awsapi.BadRequest(awsapi.NotImplemented, "the local cloud tells either CloudWatch or SNS of events: expected one of CloudWatchDestination and SnsDestination")
	}
	kept := object{"Enabled": false}
	awsapi.CopyFields(kept, given, "Enabled", "MatchingEventTypes", "CloudWatchDestination", "SnsDestination")
	return kept, nil
}

func (s *Service) createDestination(r *http.Request, in object) (object, error) {
	set, err := s.findSet(r)
	if err != nil {
		return nil, err
	}
	name := awsapi.Text(in, "EventDestinationName")
	if !setName.MatchString(name) {
		return nil, badRequest("Invalid event destination name <%s>: only alphanumeric ASCII characters, '_', and '-' are allowed, 64 at most.", name)
	}
	if set.destinations[name] != nil {
		return nil, awsapi.BadRequest("AlreadyExistsException", "An event destination with name <%s> already exists in configuration set <%s>.", name, set.name)
	}
	kept, err := checkDestination(in)
	if err != nil {
		return nil, err
	}
	kept["Name"] = name
	set.destinations[name] = kept
	return object{}, nil
}

func (s *Service) listDestinations(r *http.Request, _ object) (object, error) {
	set, err := s.findSet(r)
	if err != nil {
		return nil, err
	}
	list := []object{}
	for _, name := range slices.Sorted(maps.Keys(set.destinations)) {
		list = append(list, set.destinations[name])
	}
	return object{"EventDestinations": list}, nil
}

func (s *Service) findDestination(r *http.Request) (set *configurationSet, name string, err error) {
	if set, err = s.findSet(r); err != nil {
		return nil, "", err
	}
	name = r.PathValue("name")
	if set.destinations[name] == nil {
		return nil, "", notFound("Event destination <%s> does not exist in configuration set <%s>.", name, set.name)
	}
	return set, name, nil
}

func (s *Service) changeDestination(r *http.Request, in object) (object, error) {
	set, name, err := s.findDestination(r)
	if err != nil {
		return nil, err
	}
	kept, err := checkDestination(in)
	if err != nil {
		return nil, err
	}
	kept["Name"] = name
	set.destinations[name] = kept
	return object{}, nil
}

func (s *Service) deleteDestination(r *http.Request, _ object) (object, error) {
	set, name, err := s.findDestination(r)
	if err != nil {
		return nil, err
	}
	delete(set.destinations, name)
	return object{}, nil
}
