package loadtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/genericcorp/platform/internal/edge"
	sampleapi "github.com/genericcorp/platform/services/sample/api"
)

// Served tells whether the application has answered, if only that it could not, and not the edge.
func Served(status int, body []byte) bool {
	var failure sampleapi.Error
	if status == http.StatusOK || json.Unmarshal(body, &failure) != nil {
		return status == http.StatusOK
	}
	switch failure.Code {
	case sampleapi.CodeIdentity, sampleapi.CodeUnknownTenant, sampleapi.CodeReadOnly, sampleapi.CodeTooMany, sampleapi.CodeBusy:
		return true
	case sampleapi.CodeUnavailable: // a code of the edge's, too
		return strings.HasPrefix(failure.Message, "something that this needs")
	default:
		return false
	}
}

// Tally is what a tenant's clients counted.
type Tally struct {
	Served     int // the application answered
	Refused    int // the tenant's limits did
	Unclear    int // the edge did, in a way that does not tell whether it knew whose the request was, or whether the limits had let it pass
	Unanswered int // nothing came back
}

// Add counts what came of one request; status 0: nothing.
func (t *Tally) Add(status int, body []byte) {
	switch {
	case status == 0:
		t.Unanswered++
	case Served(status, body):
		t.Served++
	case refused(body):
		t.Refused++
	default:
		t.Unclear++
	}
}

// refused tells whether an answer is that of a tenant's limits.
func refused(body []byte) bool {
	var answer sampleapi.Error
	return json.Unmarshal(body, &answer) == nil && slices.Contains([]string{edge.MessageTooMany, edge.MessageTooManyAtOnce}, answer.Message)
}

// Sent is how many requests there were.
func (t Tally) Sent() int { return t.Served + t.Refused + t.Unclear + t.Unanswered }

// Since is what has come since an earlier tally.
func (t Tally) Since(earlier Tally) Tally {
	return Tally{t.Served - earlier.Served, t.Refused - earlier.Refused, t.Unclear - earlier.Unclear, t.Unanswered - earlier.Unanswered}
}

func (t Tally) plus(other Tally) Tally {
	return Tally{t.Served + other.Served, t.Refused + other.Refused, t.Unclear + other.Unclear, t.Unanswered + other.Unanswered}
}

// Sum is what the clients of all tenants counted.
func Sum(clients map[string]*Tally) (all Tally) {
	for _, t := range clients {
		all = all.plus(*t)
	}
	return all
}

// Entry is what the ledger has of a tenant.
type Entry struct{ Served, Refused, Admitted int }

// Since is what has come since an earlier entry.
func (e Entry) Since(earlier Entry) Entry {
	return Entry{e.Served - earlier.Served, e.Refused - earlier.Refused, e.Admitted - earlier.Admitted}
}

// Differences tells where the ledger does not have what clients counted, to the request. Where all was answered, and clearly, there is one
// right number. A request that nobody answered may have been counted or not, and an unclear one for its tenant or for nobody, which is the
// tenant "", and as admitted or not; all together must be there.
func Differences(clients map[string]*Tally, ledger map[string]Entry) (list []string) {
	between := func(tenant, what string, got, least, more int) {
		if got < least || got > least+more {
			list = append(list, fmt.Sprintf("tenant %q: the ledger has %s: %d, and clients counted %d to %d", tenant, what, got, least, least+more))
		}
	}
	total := 0
	for _, tenant := range slices.Sorted(maps.Keys(ledger)) {
		have := ledger[tenant]
		total += have.Served + have.Refused
		if clients[tenant] == nil && tenant != "" && have != (Entry{}) {
			list = append(list, fmt.Sprintf("tenant %q: the ledger has %+v, and it has no clients", tenant, have))
		}
	}
	for _, tenant := range slices.Sorted(maps.Keys(clients)) {
		counted, have := clients[tenant], ledger[tenant]
		between(tenant, "served", have.Served, counted.Served, counted.Unanswered)
		between(tenant, "admitted", have.Admitted, counted.Served, counted.Unclear+counted.Unanswered)
		between(tenant, "refused", have.Refused, counted.Refused, counted.Unclear+counted.Unanswered)
	}
	all := Sum(clients)
	between("", "of all tenants and none", total, all.Sent()-all.Unanswered, all.Unanswered)
	return list
}
