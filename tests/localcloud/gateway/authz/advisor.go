package authz

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/genericcorp/platform/internal/iampolicy"
	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// Advisor completes the emulator's IAM with when a role last asked for what it may. It tells what was judged since the local cloud began,
// at once and of every action; IAM does so after hours, and follows the actions of some services only.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html
type Advisor struct {
	judge *Judge

	mu   sync.Mutex
	jobs map[string]report
}

// report is one that was asked for.
type report struct {
	role, granularity string
	asked             time.Time
}

const (
	ofServices = "SERVICE_LEVEL"
	ofActions  = "ACTION_LEVEL"
)

// NewAdvisor tells what the judge has noted.
func NewAdvisor(judge *Judge) *Advisor { return &Advisor{judge: judge, jobs: map[string]report{}} }

// ServeHTTP implements http.Handler.
func (a *Advisor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	in, err := awsapi.Form(r)
	if err != nil {
		awsapi.WriteError(w, r, err)
		return
	}
	var result any
	switch action := in.Get("Action"); action {
	case "GenerateServiceLastAccessedDetails":
		result, err = a.generate(r, in)
	case "GetServiceLastAccessedDetails":
		result, err = a.details(r, in)
	default:
		a.judge.Emulator.ServeHTTP(w, r)
		return
	}
	if err != nil {
		awsapi.WriteError(w, r, err)
		return
	}
	awsapi.WriteQuery(w, in.Get("Action"), result)
}

type generated struct {
	JobID string `xml:"JobId"`
}

func (a *Advisor) generate(r *http.Request, in url.Values) (any, error) {
	asked := report{role: in.Get("Arn"), granularity: in.Get("Granularity"), asked: time.Now().UTC()}
	if asked.granularity == "" {
		asked.granularity = ofServices
	}
	if asked.granularity != ofServices && asked.granularity != ofActions {
		return nil, awsapi.BadRequest("ValidationError", "Value %q at 'granularity' failed to satisfy constraint: Member must satisfy enum value set: [%s, %s]", asked.granularity, ofServices, ofActions)
	}
	_, name, isRole := strings.Cut(asked.role, ":role/")
	if !isRole {
		return nil, awsapi.BadRequest("NotImplementedByLocalCloud", "the local cloud tells of roles, not of %q", asked.role)
	}
	found, err := a.judge.Account.Query(r.Context(), a.judge.Emulator, "iam", url.Values{"Action": {"GetRole"}, "Version": {"2010-05-08"}, "RoleName": {name[strings.LastIndex(name, "/")+1:]}})
	if err != nil {
		return nil, err
	}
	if found.XMLText("//Role/Arn") != asked.role {
		return nil, awsapi.NotFound("NoSuchEntity", "ARN %s not found.", asked.role)
	}
	id := uuid.NewString()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.jobs[id] = asked
	return generated{id}, nil
}

type details struct {
	JobStatus         string
	JobType           string
	JobCreationDate   time.Time
	JobCompletionDate time.Time
	Services          []service `xml:"ServicesLastAccessed>member"`
	IsTruncated       bool
}

type service struct {
	ServiceName, ServiceNamespace string
	LastAuthenticated             *time.Time
	LastAuthenticatedEntity       string   `xml:",omitempty"`
	TotalAuthenticatedEntities    int      `xml:"TotalAuthenticatedEntities"`
	Actions                       []action `xml:"TrackedActionsLastAccessed>member,omitempty"`
}

type action struct {
	ActionName         string
	LastAccessedTime   *time.Time
	LastAccessedEntity string `xml:",omitempty"`
}

func (a *Advisor) details(r *http.Request, in url.Values) (any, error) {
	a.mu.Lock()
	asked, known := a.jobs[in.Get("JobId")]
	a.mu.Unlock()
	if !known {
		return nil, awsapi.NotFound("NoSuchEntity", "Job %s not found.", in.Get("JobId"))
	}
	policies, err := a.judge.policiesOf(r.Context(), asked.role)
	if err != nil {
		return nil, err
	}
	found := details{JobStatus: "COMPLETED", JobType: asked.granularity, JobCreationDate: asked.asked, JobCompletionDate: asked.asked}
	found.Services = lastAccessed(asked.role, policies.Grants(), a.judge.record.lastOf(asked.role))
	if asked.granularity == ofServices {
		for i := range found.Services {
			found.Services[i].Actions = nil
		}
	}
	return found, nil
}

// lastAccessed tells of each service of which the grants allow something, and of their actions: those that are granted by name, and others
// that were asked for.
func lastAccessed(role string, grants []iampolicy.Grant, last map[string]time.Time) (services []service) {
	names := map[string]bool{}
	for _, grant := range grants {
		if name, _, ok := strings.Cut(grant.Action, ":"); ok {
			names[name] = true
			if _, asked := last[grant.Action]; !asked && !strings.ContainsAny(grant.Action, "*?") {
				last[grant.Action] = time.Time{}
			}
		}
	}
	actions := make([]string, 0, len(last))
	for name := range last {
		actions = append(actions, name)
	}
	slices.Sort(actions)
	for _, full := range actions {
		namespace, name, _ := strings.Cut(full, ":")
		if !names[namespace] {
			continue
		}
		if len(services) == 0 || services[len(services)-1].ServiceNamespace != namespace {
			services = append(services, service{ServiceName: namespace, ServiceNamespace: namespace})
		}
		s := &services[len(services)-1]
		told := action{ActionName: name}
		if at := last[full]; !at.IsZero() {
			told.LastAccessedTime, told.LastAccessedEntity = &at, role
			s.LastAuthenticatedEntity, s.TotalAuthenticatedEntities = role, 1
			if s.LastAuthenticated == nil || at.After(*s.LastAuthenticated) {
				s.LastAuthenticated = &at
			}
		}
		s.Actions = append(s.Actions, told)
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if !slices.ContainsFunc(services, func(s service) bool { return s.ServiceNamespace == name }) {
			services = append(services, service{ServiceName: name, ServiceNamespace: name})
		}
	}
	return services
}
