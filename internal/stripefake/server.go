// Package stripefake is a stand-in of Stripe, for tests and for the local cloud: it keeps what it is told, in memory, and has Stripe's rules where
// they hurt. Each rule names the page that it is from.
//
// It is not Stripe: it knows the objects and parameters that billing uses and refuses all others, computes no tax and no proration (it
// counts them), and makes one invoice a subscription, at its start. It does one request after another, so that 409 for a key in use comes
// by a fault alone. It sends no mail, takes any key of test mode, and nothing that it says is about money.
package stripefake

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Fault is what goes wrong with a request.
type Fault int

// The faults.
const (
	None         Fault = iota
	RateLimited        // 429, before anything else. https://docs.stripe.com/rate-limits
	KeyInUse           // 409: the same key is at work. https://docs.stripe.com/error-low-level
	Lost               // the connection ends, and nothing was done
	LostAfter          // it is done, and the connection ends
	BrokenAfter        // it is done, and the answer is 500, which is kept for the key. https://docs.stripe.com/api/idempotent_requests
	BrokenKept         // nothing is done, and the answer is 500, which is kept for the key as well
	BrokenBefore       // nothing is done, and the answer is 503, which is not kept
)

// Server is Stripe: an http.Handler for its API.
type Server struct {
	clock func() time.Time
	wake  chan struct{} // there may be something to deliver

	pauses []time.Duration // between attempts to deliver

	mu         sync.Mutex
	fault      func(method, path string) Fault // nil: nothing goes wrong
	lag        time.Duration
	shift      time.Duration // that its clock was moved
	sequence   int
	objects    []*object // oldest first
	usage      []usage
	answers    map[string]answer
	prorations map[string]int    // by subscription
	secrets    map[string]string // of endpoints, by their IDs
	deliveries []*delivery       // oldest first
	held       bool              // nothing is delivered
}

type object struct {
	kind   string
	fields fields
}

type fields = map[string]any

// answer is what is kept for an idempotency key.
type answer struct {
	request string // hash
	status  int
	body    json.RawMessage
	at      time.Time
}

// keepsKeys is how long a key is kept: "at least 24 hours". https://docs.stripe.com/api/idempotent_requests
const keepsKeys = 24 * time.Hour

// New makes one. Its clock is the one given, moved by what it is advanced.
func New(clock func() time.Time) *Server {
	return &Server{clock: clock, wake: make(chan struct{}, 1), pauses: pauses, answers: map[string]answer{}, prorations: map[string]int{}, secrets: map[string]string{}}
}

// now is its time. The lock is held.
func (s *Server) now() time.Time { return s.clock().Add(s.shift) }

// Now is its time.
func (s *Server) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now()
}

// Advance moves its clock.
func (s *Server) Advance(by time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shift += by
}

// setBack sets its clock so much before the one that it was made with.
func (s *Server) setBack(by time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shift = -by
}

// Break has a function say what goes wrong with each request, one after another. Without a function nothing does.
func (s *Server) Break(fault func(method, path string) Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = fault
}

// next is what goes wrong with a request.
func (s *Server) next(r *http.Request) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fault == nil {
		return None
	}
	return s.fault(r.Method, r.URL.Path)
}

// LagBehind sets how long sums of usage do not know what was told. https://docs.stripe.com/api/billing/meter-event-summary
func (s *Server) LagBehind(lag time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lag = lag
}

// Objects are all of a kind, as the API calls it, oldest first. Nothing may be asked of the server while they are read.
func (s *Server) Objects(kind string) []map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []map[string]any
	for _, o := range s.objects {
		if o.kind == kind {
			found = append(found, o.fields)
		}
	}
	return found
}

// Prorations is how often a subscription was prorated.
func (s *Server) Prorations(subscription string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.prorations[subscription]
}

// Used is what counts for a customer, by the beginning of the hour in seconds since 1970.
func (s *Server) Used(event, customer string) map[int64]int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hours(event, customer, s.now())
}

// refusal is an error of the API. https://docs.stripe.com/api/errors
type refusal struct {
	status        int
	kind, code    string
	param, reason string
}

func invalid(param, reason string) *refusal {
	return &refusal{status: http.StatusBadRequest, kind: "invalid_request_error", param: param, reason: reason}
}

func missing(what, id string) *refusal {
	return &refusal{status: http.StatusNotFound, kind: "invalid_request_error", code: "resource_missing", param: "id", reason: "No such " + what + ": '" + id + "'"}
}

func (r *refusal) body() fields {
	e := fields{"type": r.kind, "message": r.reason}
	if r.code != "" {
		e["code"] = r.code
	}
	if r.param != "" {
		e["param"] = r.param
	}
	return fields{"error": e}
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	fault := s.next(r)
	if !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer sk_test_") && !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer rk_test_") {
		write(out, http.StatusUnauthorized, (&refusal{kind: "invalid_request_error", reason: "Invalid API Key provided"}).body())
		return
	}
	switch fault {
	case RateLimited:
		write(out, http.StatusTooManyRequests, (&refusal{kind: "rate_limit", code: "rate_limit", reason: "Request rate limit exceeded."}).body())
		return
	case KeyInUse:
		write(out, http.StatusConflict, (&refusal{kind: "idempotency_error", code: "idempotency_key_in_use", reason: "There is another in-progress request using this key."}).body())
		return
	case BrokenBefore:
		write(out, http.StatusServiceUnavailable, (&refusal{kind: "api_error", reason: "Stripe is away."}).body())
		return
	case Lost:
		panic(http.ErrAbortHandler)
	default: // something is done
	}
	if err := r.ParseForm(); err != nil {
		write(out, http.StatusBadRequest, invalid("", err.Error()).body())
		return
	}
	status, body := s.once(r, fault)
	if fault == LostAfter {
		panic(http.ErrAbortHandler)
	}
	write(out, status, body)
}

func write(out http.ResponseWriter, status int, body any) {
	out.Header().Set("Content-Type", "application/json")
	out.WriteHeader(status)
	_ = json.NewEncoder(out).Encode(body) // the client is gone
}

// once does a request with a key once, and refuses the key with other parameters. What was refused before it began is not kept.
// https://docs.stripe.com/api/idempotent_requests
func (s *Server) once(r *http.Request, fault Fault) (int, json.RawMessage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := r.Header.Get("Idempotency-Key")
	if r.Method != http.MethodPost || key == "" {
		status, body, _ := s.do(r, fault)
		return status, body
	}
	hash := sha256.Sum256([]byte(r.Method + " " + r.URL.Path + "\n" + r.PostForm.Encode()))
	request := hex.EncodeToString(hash[:])
	if kept, there := s.answers[key]; there && s.now().Sub(kept.at) <= keepsKeys {
		if kept.request == request {
			return kept.status, kept.body
		}
		text, _ := json.Marshal((&refusal{kind: "idempotency_error", // fields can always be written
			reason: "Keys for idempotent requests can only be used with the same parameters they were first used with."}).body())
		return http.StatusBadRequest, text
	}
	status, body, began := s.do(r, fault)
	if began {
		s.answers[key] = answer{request: request, status: status, body: body, at: s.now()}
	}
	return status, body
}

// do answers a request, and says whether anything was done.
func (s *Server) do(r *http.Request, fault Fault) (status int, body json.RawMessage, began bool) {
	broken, _ := json.Marshal((&refusal{kind: "api_error", reason: "Something went wrong."}).body()) // fields can always be written
	if fault == BrokenKept {
		return http.StatusInternalServerError, broken, true
	}
	answered, refused := s.route(r)
	if refused != nil {
		text, _ := json.Marshal(refused.body()) // fields can always be written
		return refused.status, text, false
	}
	if fault == BrokenAfter {
		return http.StatusInternalServerError, broken, true
	}
	text, _ := json.Marshal(answered) // fields can always be written
	return http.StatusOK, text, true
}

// id makes an ID as Stripe's are: a kind, and something that nobody can guess from our own.
func (s *Server) id(prefix string) string {
	s.sequence++
	return fmt.Sprintf("%s_%06d", prefix, s.sequence)
}

func (s *Server) find(kind, id string) *object {
	for _, o := range s.objects {
		if o.kind == kind && o.fields["id"] == id {
			return o
		}
	}
	return nil
}

func (s *Server) add(kind string, f fields) fields {
	f["object"], f["livemode"], f["created"] = kind, false, s.now().Unix()
	s.objects = append(s.objects, &object{kind: kind, fields: f})
	return f
}
