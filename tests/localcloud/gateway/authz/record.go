package authz

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Path is where tests read what was judged since the local cloud began: GET shows a Report.
const Path = "/_localcloud/iam"

// The outcomes of a call.
const (
	allowed = "allowed"
	denied  = "denied"
	unknown = "unknown"
)

// Report says how the calls went that reached the gateway.
type Report struct {
	// Others are the requests of those who are no role's session: whoever runs the local cloud.
	Others int `json:"others"`
	// More are the calls that are not in Counts, because there would be too many.
	More   int     `json:"more"`
	Counts []Count `json:"counts"`
	// Unused are the rights of the roles in Counts that no call has needed.
	Unused []Right `json:"unused"`
	// Rights counts those of each role in Counts.
	Rights []Rights `json:"rights"`
}

// Rights are how many actions the statements of a role's own policies allow, and how many of them a call has needed.
type Rights struct {
	Role    string `json:"role"`
	Granted int    `json:"granted"`
	Used    int    `json:"used"`
}

// Right is an action that a statement of a role's own policies allows.
type Right struct {
	Role   string `json:"role"`
	By     string `json:"by"` // the statement
	Action string `json:"action"`
}

// Count is how often a role asked for an action with one outcome, by the same statement if it was allowed.
type Count struct {
	Role    string `json:"role"`
	Action  string `json:"action"`
	Outcome string `json:"outcome"` // allowed, denied, or unknown: nobody has said here what it needs
	Calls   int    `json:"calls"`
	// Of the last of them: the resource, and the statement that allows or the reason why not.
	Resource string `json:"resource"`
	Why      string `json:"why"`
	last     time.Time
}

type key struct{ role, action, outcome, by string }

// most bounds the record.
const most = 5000

type record struct {
	mu        sync.Mutex
	elsewhere int
	more      int
	counts    map[key]*Count
}

func (r *record) others() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.elsewhere++
}

func (r *record) note(role string, c call, outcome, why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	k := key{role: role, action: c.action, outcome: outcome}
	if outcome == allowed {
		k.by = why
	}
	count := r.counts[k]
	if count == nil {
		if len(r.counts) == most {
			r.more++
			return
		}
		count = &Count{Role: role, Action: c.action, Outcome: outcome}
		r.counts[k] = count
	}
	count.Calls, count.Resource, count.Why, count.last = count.Calls+1, c.resource, why, time.Now().UTC().Truncate(time.Second)
}

// lastOf tells when a role last asked for each action, whatever became of it.
func (r *record) lastOf(role string) map[string]time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	last := map[string]time.Time{}
	for k, count := range r.counts {
		if k.role == role && count.last.After(last[k.action]) {
			last[k.action] = count.last
		}
	}
	return last
}

// ServeReport shows the record.
func (j *Judge) ServeReport(w http.ResponseWriter, r *http.Request) {
	j.record.mu.Lock()
	report := Report{Others: j.record.elsewhere, More: j.record.more, Counts: []Count{}}
	for _, count := range j.record.counts {
		report.Counts = append(report.Counts, *count)
	}
	j.record.mu.Unlock()
	slices.SortFunc(report.Counts, func(a, b Count) int {
		return strings.Compare(a.Role+" "+a.Action+" "+a.Outcome+" "+a.Why, b.Role+" "+b.Action+" "+b.Outcome+" "+b.Why)
	})
	var err error
	if report.Rights, report.Unused, err = j.rights(r.Context(), report.Counts); err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(report) // the client may be gone
}

// rights are those of the roles, and the ones that none of their calls needed. A call that two statements allow needs the first.
func (j *Judge) rights(ctx context.Context, counts []Count) (all []Rights, unused []Right, err error) {
	used := map[string][]Count{}
	for _, count := range counts {
		used[count.Role] = append(used[count.Role], count)
	}
	all, unused = []Rights{}, []Right{}
	for _, role := range slices.Sorted(maps.Keys(used)) {
		policies, err := j.policiesOf(ctx, role)
		if err != nil {
			return nil, nil, err
		}
		ofRole := Rights{Role: role}
		for _, grant := range policies.Grants() {
			needed := func(count Count) bool {
				return count.Outcome == allowed && count.Why == grant.By && grant.Covers(count.Action)
			}
			ofRole.Granted++
			if slices.ContainsFunc(used[role], needed) {
				ofRole.Used++
			} else {
				unused = append(unused, Right{role, grant.By, grant.Action})
			}
		}
		all = append(all, ofRole)
	}
	return all, unused, nil
}
