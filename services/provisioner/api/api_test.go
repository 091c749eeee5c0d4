package api

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/tiers"
)

func valid() Request {
	free, err := tiers.Find("free")
	if err != nil {
		panic(err)
	}
	return Request{
		Action: ActionApply, Tenant: "acme", Tier: "free", State: StateActive, PasswordVersion: 1,
		SecretARN: "arn:aws:secretsmanager:us-east-1:123456789012:secret:acme", Limits: LimitsOf(free),
	}
}

func service() Request {
	return Request{
		Action: ActionApplyService, SecretARN: "arn:aws:secretsmanager:us-east-1:123456789012:secret:temporal", PasswordVersion: 1,
		Service: &Service{Name: "temporal", Databases: []string{"temporal", "temporal_visibility"}, Connections: 32},
	}
}

// The edge's role reads what the tenants' own database has, with the connections that it is made with.
func TestParseTakesTheEdgesRole(t *testing.T) {
	t.Parallel()
	request := service()
	request.Service = &Service{Name: EdgeRole, Connections: EdgeConnections}
	_, err := Parse(payload(t, request, ""))
	require.NoError(t, err)
	request.Service = &Service{Name: EdgeRole, Databases: []string{EdgeRole}, Connections: 9}
	_, err = Parse(payload(t, request, ""))
	require.ErrorContains(t, err, "request.service.databases: got [platform_gate], expected none")
	require.ErrorContains(t, err, "request.service.connections: got 9, expected 12")
}

// A resource that declares a service is about that service to its end.
func TestParseFollowsTheLifeCycleOfAService(t *testing.T) {
	t.Parallel()
	for tf, want := range map[string]Action{"create": ActionApplyService, "update": ActionApplyService, "delete": ActionDeleteService} {
		got, err := Parse(payload(t, service(), `,"tf":{"action":"`+tf+`","prev_input":null}`))
		require.NoError(t, err)
		assert.Equal(t, want, got.Action)
	}
}

func payload(t *testing.T, request any, extra string) []byte {
	t.Helper()
	text, err := json.Marshal(request)
	require.NoError(t, err)
	return []byte(strings.TrimSuffix(string(text), "}") + extra + "}")
}

func TestLimitsOf(t *testing.T) {
	t.Parallel()
	assert.Equal(t, Limits{
		Connections: 3, StatementTimeoutMs: 5000, IdleInTransactionTimeoutMs: 10000, TempFileLimitKiB: 65536, WorkMemKiB: 2048, StorageMiB: 256,
	}, valid().Limits)
}

func TestParseFollowsTheLifeCycle(t *testing.T) {
	t.Parallel()
	declared := valid()
	declared.Action = ""
	for tf, want := range map[string]Action{
		`{"action":"create","prev_input":null}`:                  ActionApply,
		`{"action":"update","prev_input":{"tenant":"acme"}}`:     ActionApply,
		`{"action":"delete","prev_input":{"anything":"at all"}}`: ActionDelete,
	} {
		got, err := Parse(payload(t, declared, `,"tf":`+tf))
		require.NoError(t, err)
		assert.Equal(t, want, got.Action)
		assert.True(t, got.Declared)
		got.Action, got.Declared = "", false
		assert.Equal(t, declared, got)
	}
	for tf, want := range map[string]string{
		`{"action":"read"}`: `tf.action: got "read"`,
		`{"action":"update","prev_input":{"tenant":"other"}}`: `tenant "other" cannot become "acme"`,
		`{"action":"update","prev_input":"text"}`:             "read tf.prev_input",
	} {
		_, err := Parse(payload(t, declared, `,"tf":`+tf))
		assert.ErrorContains(t, err, want)
	}
	declared.Action = ActionArchive
	_, err := Parse(payload(t, declared, `,"tf":{"action":"create"}`))
	assert.ErrorContains(t, err, `action "archive" cannot be declared`)
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*Request){
		`tenant slug "Acme"`: func(r *Request) { r.Tenant = "Acme" },
		`request.state: got "paused", expected active, limited or suspended`: func(r *Request) { r.State = "paused" },
		`request.database: got "second", expected main`:                      func(r *Request) { r.Database = "second" },
		`request.tier: got ""`:                             func(r *Request) { r.Tier = "" },
		`request.secretArn: got "acme"`:                    func(r *Request) { r.SecretARN = "acme" },
		`request.passwordVersion: got 0`:                   func(r *Request) { r.PasswordVersion = 0 },
		`request.limits.connections: got 0`:                func(r *Request) { r.Limits.Connections = 0 },
		`request.limits.statementTimeoutMs: got 0`:         func(r *Request) { r.Limits.StatementTimeoutMs = 0 },
		`request.limits.idleInTransactionTimeoutMs: got 0`: func(r *Request) { r.Limits.IdleInTransactionTimeoutMs = 0 },
		`request.limits.tempFileLimitKiB: got -1`:          func(r *Request) { r.Limits.TempFileLimitKiB = -1 },
		`request.limits.workMemKiB: got 63`:                func(r *Request) { r.Limits.WorkMemKiB = 63 },
		`request.limits.storageMiB: got 0`:                 func(r *Request) { r.Limits.StorageMiB = 0 },
		`request.action: got "drop"`:                       func(r *Request) { r.Action = "drop" },
		`request.archiveKey: got "elsewhere"`:              func(r *Request) { r.Action, r.ArchiveKey = ActionRestore, "elsewhere" },
		`request.tenant: got "acme", expected none`:        func(r *Request) { r.Action = ActionSweep },
		`request.run: got "mine", expected none`:           func(r *Request) { r.Run = "mine" },
		`request.dryRun: got true, expected false`:         func(r *Request) { r.Action, r.DryRun = ActionShow, true },
		`request.beside: got {1 5}, expected none`:         func(r *Request) { r.Beside = Beside{1, 5} },
		`request.beside: got {-1 5}, expected counts`:      func(r *Request) { r.DryRun, r.Beside = true, Beside{-1, 5} },
	} {
		request := valid()
		change(&request)
		_, err := Parse(payload(t, request, ""))
		assert.ErrorContains(t, err, want)
	}
	for want, change := range map[string]func(*Request){
		`request.service: got <nil>, expected the service`:                         func(r *Request) { r.Service = nil },
		`request.service.name: got "postgres", expected temporal`:                  func(r *Request) { r.Service.Name = "postgres" },
		`request.service.databases[1]: got "platform", expected temporal, or`:      func(r *Request) { r.Service.Databases[1] = "platform" },
		`request.service.databases: got [], expected one or more`:                  func(r *Request) { r.Service.Databases = nil },
		`request.service.connections: got 0`:                                       func(r *Request) { r.Service.Connections = 0 },
		`request.passwordVersion: got 0`:                                           func(r *Request) { r.PasswordVersion = 0 },
		`request.secretArn: got "x"`:                                               func(r *Request) { r.SecretARN = "x" },
		`request.tenant: got "acme", expected none: the action is about a service`: func(r *Request) { r.Tenant = "acme" },
		`request.service: got "temporal", expected none`:                           func(r *Request) { r.Action = ActionSweep },
	} {
		request := service()
		change(&request)
		_, err := Parse(payload(t, request, ""))
		assert.ErrorContains(t, err, want)
	}
	_, err := Parse(payload(t, valid(), `,"password":"x"`))
	assert.ErrorContains(t, err, "unknown field")
	_, err = Parse([]byte("{"))
	assert.ErrorContains(t, err, "read the request")
}

// The strictest of those to which a tenant is held is what holds.
func TestStrictest(t *testing.T) {
	t.Parallel()
	for want, states := range map[State][][]State{
		StateActive:    {{StateActive}, {StateActive, ""}},
		StateLimited:   {{StateLimited}, {StateLimited, ""}, {StateActive, "", StateLimited}},
		StateSuspended: {{StateSuspended, StateLimited}, {StateLimited, StateSuspended}, {StateActive, StateLimited, StateSuspended}},
	} {
		for _, of := range states {
			assert.Equal(t, want, Strictest(of[0], of[1:]...), of)
		}
	}
	assert.Equal(t, StateSuspended, Tenant{State: StateLimited, Breaker: StateSuspended}.Effective())
}
