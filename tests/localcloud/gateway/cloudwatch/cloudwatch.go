// Package cloudwatch completes the emulator's Amazon CloudWatch with composite alarms. It keeps them, and does not evaluate them, as the
// emulator does not evaluate metric alarms: nobody is called by a local cloud.
package cloudwatch

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// Service knows the composite alarms; metric alarms are the emulator's.
type Service struct {
	account  awsapi.Account
	emulator http.Handler

	mu     sync.Mutex
	alarms map[string]*alarm // by name
}

type alarm struct {
	AlarmArn                string
	AlarmName               string
	AlarmDescription        string   `xml:",omitempty"`
	AlarmRule               string   `xml:"AlarmRule"`
	ActionsEnabled          bool     `xml:"ActionsEnabled"`
	AlarmActions            []string `xml:"AlarmActions>member"`
	OKActions               []string `xml:"OKActions>member"`
	InsufficientDataActions []string `xml:"InsufficientDataActions>member"`
	StateValue              string
	StateReason             string
	Updated                 time.Time `xml:"AlarmConfigurationUpdatedTimestamp"`

	tags map[string]string
}

type tag struct{ Key, Value string }

// New makes the service.
func New(account awsapi.Account, emulator http.Handler) *Service {
	return &Service{account: account, emulator: emulator, alarms: map[string]*alarm{}}
}

// ServeHTTP implements http.Handler.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	in, err := awsapi.Form(r)
	if err != nil {
		awsapi.WriteError(w, r, err)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	action := in.Get("Action")
	switch {
	case action == "PutCompositeAlarm":
		err = s.put(r, in)
	case action == "DescribeAlarms" && slices.Contains(awsapi.Members(in, "AlarmTypes.member"), "CompositeAlarm"):
		if err = s.describe(w, in); err == nil {
			return
		}
	case action == "DeleteAlarms" && s.knows(in):
		err = s.remove(in)
	case s.tagged(in) != nil:
		s.serveTags(w, in, s.tagged(in))
		return
	default:
		s.emulator.ServeHTTP(w, r)
		return
	}
	if err != nil {
		awsapi.WriteError(w, r, err)
		return
	}
	awsapi.WriteQuery(w, action, struct{}{})
}

// mostRule and mostName are AWS's bounds: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
const mostRule, mostName = 10240, 255

// named finds what a rule is about: other alarms, each in one of three states.
var named = regexp.MustCompile(`(?:ALARM|OK|INSUFFICIENT_DATA)\(\s*"?([^")]+)"?\s*\)`)

// put keeps an alarm whose rule is about alarms that there are, as AWS requires.
func (s *Service) put(r *http.Request, in url.Values) error {
	name, rule := in.Get("AlarmName"), in.Get("AlarmRule")
	if name == "" || len(name) > mostName || rule == "" || len(rule) > mostRule {
		return awsapi.BadRequest("ValidationError", "AlarmName must have 1 to %d characters, and AlarmRule 1 to %d", mostName, mostRule)
	}
	about := named.FindAllStringSubmatch(rule, -1)
	if len(about) == 0 {
		return awsapi.BadRequest("ValidationError", "AlarmRule %s is about no alarm", rule)
	}
	for _, found := range about {
		there, err := s.exists(r, found[1])
		if err != nil {
			return err
		}
		if !there {
			return awsapi.BadRequest("ValidationError", "AlarmRule must not contain an alarm that does not exist: %s", found[1])
		}
	}
	made := &alarm{
		AlarmArn: s.account.ARN("cloudwatch", "alarm:"+name), AlarmName: name, AlarmDescription: in.Get("AlarmDescription"), AlarmRule: rule,
		ActionsEnabled: in.Get("ActionsEnabled") != "false",
		AlarmActions:   awsapi.Members(in, "AlarmActions.member"), OKActions: awsapi.Members(in, "OKActions.member"),
		InsufficientDataActions: awsapi.Members(in, "InsufficientDataActions.member"),
		StateValue:              "INSUFFICIENT_DATA", StateReason: "The local cloud evaluates no alarms", Updated: time.Now().UTC(), tags: map[string]string{},
	}
	if before := s.alarms[name]; before != nil {
		made.tags = before.tags // those of a request are for a new alarm alone
	} else {
		addTags(made, in)
	}
	s.alarms[name] = made
	return nil
}

func (s *Service) exists(r *http.Request, name string) (bool, error) {
	if s.alarms[name] != nil {
		return true, nil
	}
	response, err := s.account.Query(r.Context(), s.emulator, "monitoring", url.Values{"Action": {"DescribeAlarms"}, "Version": {"2010-08-01"}, "AlarmNames.member.1": {name}})
	if err != nil {
		return false, err
	}
	return response.XMLText("//MetricAlarms/member/AlarmName") == name, nil
}

// describe tells of composite alarms by their names, or by what these begin with.
func (s *Service) describe(w http.ResponseWriter, in url.Values) error {
	if len(awsapi.Members(in, "AlarmTypes.member")) > 1 {
		return awsapi.BadRequest("NotImplementedByLocalCloud", "the local cloud lists alarms of one type at a time")
	}
	names := awsapi.Members(in, "AlarmNames.member")
	found := []*alarm{}
	for _, name := range slices.Sorted(maps.Keys(s.alarms)) {
		if (len(names) == 0 || slices.Contains(names, name)) && strings.HasPrefix(name, in.Get("AlarmNamePrefix")) {
			found = append(found, s.alarms[name])
		}
	}
	awsapi.WriteQuery(w, "DescribeAlarms", struct {
		CompositeAlarms []*alarm `xml:"CompositeAlarms>member"`
	}{found})
	return nil
}

func (s *Service) knows(in url.Values) bool {
	return slices.ContainsFunc(awsapi.Members(in, "AlarmNames.member"), func(name string) bool { return s.alarms[name] != nil })
}

// remove removes composite alarms alone: AWS takes no request that names one of them among others.
func (s *Service) remove(in url.Values) error {
	names := awsapi.Members(in, "AlarmNames.member")
	if len(names) != 1 {
		return awsapi.BadRequest("ValidationError", "A composite alarm is deleted alone, and the request names %d alarms", len(names))
	}
	delete(s.alarms, names[0])
	return nil
}

// tagged is the composite alarm that a request about tags is about; nil: none.
func (s *Service) tagged(in url.Values) *alarm {
	arn := cmp.Or(in.Get("ResourceARN"), "none")
	_, name, _ := strings.Cut(arn, ":alarm:")
	return s.alarms[name]
}

func (s *Service) serveTags(w http.ResponseWriter, in url.Values, of *alarm) {
	action := in.Get("Action")
	switch action {
	case "TagResource":
		addTags(of, in)
	case "UntagResource":
		for _, key := range awsapi.Members(in, "TagKeys.member") {
			delete(of.tags, key)
		}
	case "ListTagsForResource":
		list := []tag{}
		for _, key := range slices.Sorted(maps.Keys(of.tags)) {
			list = append(list, tag{key, of.tags[key]})
		}
		awsapi.WriteQuery(w, action, struct {
			Tags []tag `xml:"Tags>member"`
		}{list})
		return
	}
	awsapi.WriteQuery(w, action, struct{}{})
}

func addTags(to *alarm, in url.Values) {
	for _, prefix := range awsapi.Numbered(in, "Tags.member") {
		to.tags[in.Get(prefix+".Key")] = in.Get(prefix + ".Value")
	}
}
