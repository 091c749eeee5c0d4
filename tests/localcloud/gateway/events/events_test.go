package events

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi/awsapitest"
)

var (
	sweepRule = awsapitest.Account.ARN("events", "rule/sweep")
	sweeper   = awsapitest.Account.ARN("lambda", "function:sweeper")
)

// statement lets a rule call the function sweeper.
func statement(effect, service, rule string) string {
	return fmt.Sprintf(`{"Sid": "S", "Effect": %q, "Principal": {"Service": %q}, "Action": "lambda:InvokeFunction", "Resource": %q,
		"Condition": {"ArnLike": {"AWS:SourceArn": %q}}}`, effect, service, sweeper, rule)
}

// fixture is the service with an emulator that keeps rules and one target, and with the function sweeper. Time is the test's own.
type fixture struct {
	*Service
	log bytes.Buffer

	mu         sync.Mutex
	rules      map[string]object
	target     object
	statements []string
	settings   string // of asynchronous calls
	calls      []string
	began      time.Time
	takes      time.Duration
	status     int
	failed     bool
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{
		rules: map[string]object{}, target: object{"Id": "1", "Arn": sweeper, "Input": `{"action": "sweep"}`}, began: time.Now(), status: http.StatusOK,
		statements: []string{statement("Allow", "events.amazonaws.com", sweepRule)}, settings: `{"MaximumRetryAttempts": 0}`,
	}
	f.Service = New(Config{
		Account: awsapitest.Account, Functions: http.HandlerFunc(f.functions), Log: slog.New(slog.NewTextHandler(&f.log, nil)),
	}, http.HandlerFunc(f.emulate))
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	return f
}

// emulate keeps rules as the real one does.
func (f *fixture) emulate(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	in := object{}
	_ = json.NewDecoder(r.Body).Decode(&in)
	name, out := awsapi.Text(in, "Name"), object{}
	switch awsapi.JSONName(r) {
	case "PutRule":
		in["Arn"] = awsapitest.Account.ARN("events", "rule/"+name)
		if in["State"] == nil {
			in["State"] = "ENABLED"
		}
		f.rules[name] = in
	case "EnableRule":
		f.rules[name]["State"] = "ENABLED"
	case "DisableRule":
		f.rules[name]["State"] = "DISABLED"
	case "DeleteRule":
		delete(f.rules, name)
	case "ListRules": // one on each page
		list := []object{{"Name": "pattern", "State": "ENABLED", "EventPattern": "{}"}}
		for _, rule := range f.rules {
			list = append(list, rule)
		}
		at := 0
		_, _ = fmt.Sscan(awsapi.Text(in, "NextToken"), &at)
		out["Rules"] = list[at : at+1]
		if at+1 < len(list) {
			out["NextToken"] = fmt.Sprint(at + 1)
		}
	case "ListTargetsByRule":
		out["Targets"] = []object{f.target}
	}
	_ = json.NewEncoder(w).Encode(out)
}

// functions are AWS Lambda with the function sweeper.
func (f *fixture) functions(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasSuffix(r.URL.Path, "/sweeper/policy") && len(f.statements) > 0:
		policy := fmt.Sprintf(`{"Version": "2012-10-17", "Id": "default", "Statement": [%s]}`, strings.Join(f.statements, ","))
		_ = json.NewEncoder(w).Encode(object{"Policy": policy})
	case strings.HasSuffix(r.URL.Path, "/sweeper/event-invoke-config") && f.settings != "":
		_, _ = io.WriteString(w, f.settings)
	case strings.HasSuffix(r.URL.Path, "/sweeper/invocations"):
		body, _ := io.ReadAll(r.Body)
		f.mu.Lock()
		f.calls = append(f.calls, fmt.Sprintf("%s %s", time.Since(f.began), body))
		takes, status, failed := f.takes, f.status, f.failed
		f.mu.Unlock()
		time.Sleep(takes)
		if failed {
			w.Header().Set("X-Amz-Function-Error", "Unhandled")
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `{"errorMessage": "a word of the function's own"}`)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// do does an operation.
func (f *fixture) do(t *testing.T, operation string, in object) (status int, said string) {
	t.Helper()
	body, err := json.Marshal(in)
	require.NoError(t, err)
	r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
	r.Header.Set("X-Amz-Target", "AWSEvents."+operation)
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func (f *fixture) put(t *testing.T, expression string) {
	t.Helper()
	status, said := f.do(t, "PutRule", object{"Name": "sweep", "ScheduleExpression": expression})
	require.Equal(t, http.StatusOK, status, said)
}

// during are the calls of a time that passes.
func (f *fixture) during(d time.Duration) []string {
	f.mu.Lock()
	before := len(f.calls)
	f.mu.Unlock()
	time.Sleep(d)
	synctest.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls[before:]
}

const sweep = ` {"action": "sweep"}`

func TestARuleFiresWhileItIsEnabled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.put(t, "rate(1 minute)")
		assert.Equal(t, []string{"1m0s" + sweep, "2m0s" + sweep}, f.during(2*time.Minute+30*time.Second))
		f.put(t, "rate(1 minute)")
		assert.Equal(t, []string{"3m0s" + sweep}, f.during(time.Minute), "the same once more changes nothing")
		f.do(t, "DisableRule", object{"Name": "sweep"})
		assert.Empty(t, f.during(time.Hour))
		f.do(t, "EnableRule", object{"Name": "sweep"})
		assert.Equal(t, []string{"1h4m30s" + sweep}, f.during(time.Minute), "and nothing that was missed")
		f.put(t, "rate(1 hour)")
		assert.Equal(t, []string{"2h4m30s" + sweep}, f.during(90*time.Minute))
		f.do(t, "DeleteRule", object{"Name": "sweep"})
		assert.Empty(t, f.during(48*time.Hour))
		assert.Empty(t, f.log.String())
	})
}

func TestARuleThatAWSRefusesIsNotKept(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	status, said := f.do(t, "PutRule", object{"Name": "sweep", "ScheduleExpression": "rate(1 minutes)"})
	assert.Equal(t, http.StatusBadRequest, status)
	assert.Contains(t, said, "ValidationException")
	assert.Contains(t, said, "Parameter ScheduleExpression is not valid.")
	assert.Empty(t, f.rules)
	status, _ = f.do(t, "PutRule", object{"Name": "other", "EventPattern": "{}"})
	assert.Equal(t, http.StatusOK, status)
	assert.Len(t, f.rules, 1)
}

func TestARuleWithoutPermissionFiresInVain(t *testing.T) {
	t.Parallel()
	for name, statements := range map[string][]string{
		"no policy":       nil,
		"another rule":    {statement("Allow", "events.amazonaws.com", sweepRule+"er")},
		"another service": {statement("Allow", "s3.amazonaws.com", sweepRule)},
		"a denial":        {statement("Allow", "events.amazonaws.com", sweepRule), statement("Deny", "events.amazonaws.com", "*")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := newFixture(t)
				f.statements = statements
				f.put(t, "rate(1 minute)")
				assert.Empty(t, f.during(10*time.Minute))
				assert.Equal(t, 1, strings.Count(f.log.String(), "\n"), "it is said once: %s", f.log.String())
				assert.Contains(t, f.log.String(), "function sweeper: its policy does not let events.amazonaws.com call it for "+sweepRule)
			})
		})
	}
}

func TestOneCallOfARuleAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.takes = 150 * time.Second
		f.put(t, "rate(1 minute)")
		assert.Equal(t, []string{"1m0s" + sweep, "4m0s" + sweep}, f.during(5*time.Minute), "what it misses it does not make up for")
		f.do(t, "DisableRule", object{"Name": "sweep"})
		assert.Empty(t, f.during(time.Hour))
	})
}

func TestACloseDoesNotWaitForAFunction(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.takes = time.Hour
		f.failed = true
		f.put(t, "rate(1 minute)")
		assert.Len(t, f.during(2*time.Minute), 1)
		began := time.Now()
		require.NoError(t, f.Close())
		assert.Zero(t, time.Since(began))
		assert.Empty(t, f.during(48*time.Hour))
		assert.Empty(t, f.log.String())
	})
}

func TestFailedCallsAreRepeatedAsSet(t *testing.T) {
	t.Parallel()
	for settings, want := range map[string][]string{
		`{"MaximumRetryAttempts": 0}`: {"1h0m0s", "2h0m0s"},
		`{"MaximumRetryAttempts": 1}`: {"1h0m0s", "1h1m0s", "2h0m0s", "2h1m0s"},
		"":                            {"1h0m0s", "1h1m0s", "1h3m0s", "2h0m0s", "2h1m0s", "2h3m0s"},
		`{"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 60}`: {"1h0m0s", "1h1m0s", "2h0m0s", "2h1m0s"},
	} {
		t.Run(settings, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := newFixture(t)
				f.settings, f.failed = settings, true
				f.put(t, "rate(1 hour)")
				var calls []string
				for _, call := range f.during(150 * time.Minute) {
					calls = append(calls, strings.TrimSuffix(call, sweep))
				}
				assert.Equal(t, want, calls)
				assert.Equal(t, 1, strings.Count(f.log.String(), "\n"), f.log.String())
				assert.Contains(t, f.log.String(), "call sweeper: it failed (Unhandled); its log says why")
				assert.NotContains(t, f.log.String(), "a word of the function's own")
				f.mu.Lock()
				f.failed = false
				f.mu.Unlock()
				f.during(time.Hour)
				assert.Contains(t, f.log.String(), "a schedule works again")
			})
		})
	}
}

func TestAFunctionThatCannotBeCalledIsSaid(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.status = http.StatusTooManyRequests
		f.put(t, "rate(1 minute)")
		assert.Len(t, f.during(2*time.Minute), 2)
		assert.Contains(t, f.log.String(), "call sweeper: {")
	})
}

func TestWhatATargetIsGiven(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		delete(f.target, "Input")
		f.put(t, "cron(0 6 * * ? *)")
		calls := f.during(24 * time.Hour) // time begins at midnight here
		require.Len(t, calls, 1)
		_, event, _ := strings.Cut(calls[0], " ")
		given := object{}
		require.NoError(t, json.Unmarshal([]byte(event), &given))
		assert.NotEmpty(t, given["id"])
		delete(given, "id")
		assert.Equal(t, object{
			"version": "0", "detail-type": "Scheduled Event", "source": "aws.events", "account": awsapitest.Account.ID, "region": "us-east-1",
			"time": "2000-01-01T06:00:00Z", "resources": []any{sweepRule}, "detail": object{},
		}, given)

		for _, target := range []object{{"Id": "1", "Arn": sweeper, "InputPath": "$.detail"}, {"Id": "1", "Arn": awsapitest.Account.ARN("sqs", "q")}} {
			f.log.Reset()
			f.mu.Lock()
			f.target = target
			f.mu.Unlock()
			f.do(t, "DisableRule", object{"Name": "sweep"})
			f.do(t, "EnableRule", object{"Name": "sweep"})
			assert.Empty(t, f.during(24*time.Hour))
			assert.Contains(t, f.log.String(), "the local cloud calls Lambda functions, with a constant input or the event")
		}
	})
}
