package tenant

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/genericcorp/platform/cmd/platform/internal/engine"
	"github.com/genericcorp/platform/cmd/platform/internal/progress"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// fakeEnvironment is an environment with at most one tenant, acme: its stack, what the database has of it, and a provisioner and the
// services of secrets and clusters that answer on a port.
type fakeEnvironment struct {
	outputs map[string]any
	missing error // why the environment cannot be read
	poor    error // why it cannot pay for another tenant
	full    error // why its database has no room for a tenant
	asked   int   // for how many tenants it was asked whether it can

	slug     string               // the tenant's: acme, unless the test has several
	exists   bool                 // the stack does
	state    []apitype.ResourceV3 // its resources
	settings tenantSettings       // its file
	upFails  error

	applied    *api.Tenant
	refuses    map[api.Action]string
	left       int             // how many calls of archive, restore and migrate have no time to do all
	runs       map[string]bool // of migrate
	migrations api.Migrated    // what migrations tells
	problems   []string        // of a new tenant's migrations
	warns      []string
	archives   []api.Archive
	breaker    *api.Breaker // what it tells
	secrets    http.HandlerFunc
	eks        http.HandlerFunc
	reports    http.HandlerFunc // the report's function

	mutex    sync.Mutex // of do
	beside   api.Beside // what the last dry apply was to have room for
	happened []string   // calls of the provisioner and of the engine, in order
	endpoint string
}

type tenantSettings struct {
	Tier            string `yaml:"tier"`
	State           string `yaml:"state"`
	PasswordVersion int    `yaml:"passwordVersion"`
}

// newFakeEnvironment has a deployed environment and no tenant.
func newFakeEnvironment(t *testing.T) (*fakeEnvironment, *Tenants) {
	t.Helper()
	f := &fakeEnvironment{
		slug:    "acme",
		outputs: map[string]any{"region": "us-east-1", "accountId": "123456789012", "provisionerFunctionName": "platform-prod-us-east-1-provisioner"},
		refuses: map[api.Action]string{},
		breaker: &api.Breaker{Prices: new(time.Date(2026, 11, 30, 6, 0, 0, 0, time.UTC))},
		secrets: func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write([]byte(`{"SecretList":[]}`)) },
	}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.Header.Get("X-Amz-Target"), "secretsmanager.") {
			f.secrets(rw, r)
			return
		}
		if strings.HasPrefix(r.URL.Path, "/clusters/") {
			f.eks(rw, r)
			return
		}
		if strings.HasSuffix(r.URL.Path, "/functions/platform-prod-us-east-1-report/invocations") {
			f.reports(rw, r)
			return
		}
		f.provision(rw, r)
	}))
	t.Cleanup(server.Close)
	f.endpoint = server.URL
	return f, &Tenants{Environment: f}
}

// newTenant is an environment whose tenant acme is deployed.
func newTenant(t *testing.T, tier string, state api.State) (*fakeEnvironment, *Tenants) {
	t.Helper()
	f, tenants := newFakeEnvironment(t)
	_, err := tenants.Create(t.Context(), "acme", tier)
	require.NoError(t, err)
	if state != api.StateActive {
		_, err = tenants.setState(t.Context(), "acme", state)
		require.NoError(t, err)
	}
	f.happened = nil
	return f, tenants
}

// provision is the function: it keeps what is applied, and refuses what the test says.
func (f *fakeEnvironment) provision(rw http.ResponseWriter, r *http.Request) {
	var request api.Request
	if !strings.HasSuffix(r.URL.Path, "/functions/platform-prod-us-east-1-provisioner/invocations") {
		rw.Header().Set("X-Amzn-Errortype", "ResourceNotFoundException")
		rw.WriteHeader(http.StatusNotFound)
		return
	}
	var response any = map[string]string{"errorMessage": "no JSON"}
	if err := json.NewDecoder(r.Body).Decode(&request); err == nil {
		if response, err = f.do(request); err != nil {
			rw.Header().Set("X-Amz-Function-Error", "Unhandled")
			response = map[string]string{"errorMessage": err.Error(), "errorType": string(api.CodeOf(err))}
		}
	}
	_ = json.NewEncoder(rw).Encode(response)
}

func (f *fakeEnvironment) do(r api.Request) (response api.Response, err error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	what := string(r.Action)
	if r.Action == api.ActionApply {
		what += fmt.Sprintf(" %s %s %d", r.Tier, r.State, r.PasswordVersion)
	}
	if r.DryRun {
		what = "dry " + what
	}
	if r.Action != api.ActionRecord {
		f.happened = append(f.happened, what)
	}
	if cause := f.refuses[r.Action]; cause != "" {
		return response, errors.New(cause)
	}
	switch {
	case r.Action == api.ActionApply && r.DryRun:
		f.beside = r.Beside
		return response, f.full
	case r.Action == api.ActionApply:
		f.applied = &api.Tenant{Slug: r.Tenant, Database: "main", Tier: r.Tier, State: r.State, PasswordVersion: r.PasswordVersion, SecretARN: r.SecretARN, Limits: r.Limits, Hold: f.holdOf(r)}
	case r.Action == api.ActionList:
		return api.Response{Tenants: []api.Tenant{{Slug: "acme"}, {Slug: "birch"}}}, nil
	case r.Action == api.ActionBreaker:
		return api.Response{Breaker: f.breaker}, nil
	case r.Action == api.ActionDelete:
		if !r.DryRun {
			f.applied = nil
		}
		return response, nil
	case r.Action == api.ActionBeginMigrations:
		return api.Response{Migrated: &f.migrations, Problems: f.problems}, r.Validate()
	case r.Action == api.ActionMigrations:
		return api.Response{Migrated: &f.migrations}, r.Validate()
	case r.Action == api.ActionMigrate:
		if f.runs == nil {
			f.runs = map[string]bool{}
		}
		f.runs[r.Run] = true
		f.left--
		return api.Response{Migrated: &api.Migrated{All: 1, Done: 1, Unfinished: f.left >= 0}}, r.Validate()
	case f.applied == nil:
		return response, fmt.Errorf("%s tenant %s: %w", r.Action, r.Tenant, &api.Error{Code: api.CodeNoTenant, Message: "there is none"})
	}
	if r.Action == api.ActionCleanUp {
		f.applied.Reason = "it may free space"
	}
	response = api.Response{Tenant: f.applied, Warnings: f.warns, Archives: f.archives}
	if r.Action == api.ActionArchive || r.Action == api.ActionRestore {
		if f.left > 0 {
			f.left--
			return api.Response{Unfinished: &api.Progress{Doing: "restore", Done: 1 << 30, Total: 3 << 30}}, nil
		}
		response.Archive = &api.Archive{Key: "archives/prod/acme/1.sql.gz", Tables: 3}
	}
	return response, nil
}

// holdOf is why a request keeps the tenant from its work, as the provisioner notes it.
func (f *fakeEnvironment) holdOf(r api.Request) *api.Hold {
	switch {
	case r.State == api.StateActive:
		return nil
	case r.Reason == "" && f.applied != nil && f.applied.State == r.State:
		return f.applied.Hold
	default:
		return &api.Hold{Why: r.Reason, By: r.By}
	}
}

// Afford remembers for how many tenants it was asked.
func (f *fakeEnvironment) Afford(_ context.Context, tenants int) error {
	f.asked = tenants
	return f.poor
}

func (f *fakeEnvironment) Name() string { return "prod" }

func (f *fakeEnvironment) Outputs(context.Context) (map[string]any, error) {
	return f.outputs, f.missing
}

func (f *fakeEnvironment) Open(_ context.Context, stack string, create bool) (*Opened, error) {
	isNew := !f.exists
	if isNew && !create {
		return nil, ErrNoStack
	}
	if stack != "prod-tenant-"+f.slug {
		return nil, fmt.Errorf("unexpected stack %s", stack)
	}
	f.exists = true
	return &Opened{Stack: f, New: isNew, Close: func() {}, Configure: func(text []byte) error {
		var file struct {
			Config struct {
				Settings tenantSettings `yaml:"platform:settings"`
			} `yaml:"config"`
		}
		err := yaml.Unmarshal(text, &file)
		f.settings = file.Config.Settings
		return err
	}}, nil
}

func (f *fakeEnvironment) AWS(_ context.Context, region string) (aws.Config, error) {
	return aws.Config{Region: region, BaseEndpoint: aws.String(f.endpoint), Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")}, nil
}

func (f *fakeEnvironment) Follow(operate func(progress.Observer) error) (progress.Snapshot, error) {
	tracker := progress.NewTracker(0, time.Now)
	err := operate(tracker)
	return tracker.Snapshot(), err
}

// Up is the engine's: it calls the provisioner when the input differs from the state's.
func (f *fakeEnvironment) Up(_ context.Context, _ engine.Operation, observer progress.Observer) error {
	f.happened = append(f.happened, "up")
	if f.upFails != nil {
		return f.upFails
	}
	s := f.settings
	request := api.Request{Tenant: f.slug, Tier: s.Tier, State: api.State(s.State), PasswordVersion: s.PasswordVersion, SecretARN: "arn:secret"}
	input, err := json.Marshal(request)
	if err != nil {
		return err
	}
	action := progress.Create
	var result string
	if len(f.state) > 0 {
		action = progress.Update
		result, _ = f.state[1].Outputs["result"].(string)
		if f.state[1].Inputs["input"] == string(input) {
			action = progress.Same
		}
	}
	if action != progress.Same {
		request.Action = api.ActionApply
		response, err := f.do(request)
		if err != nil {
			return fmt.Errorf("invoke: %w", err)
		}
		raw, err := json.Marshal(response)
		if err != nil {
			return err
		}
		result = string(raw)
	}
	f.state = []apitype.ResourceV3{
		{Type: "pulumi:pulumi:Stack", Outputs: map[string]any{
			"environment": "prod", "tenant": f.slug, "database": "main", "tier": s.Tier, "state": s.State, "passwordVersion": float64(s.PasswordVersion), "secretArn": "arn:secret",
		}},
		{Type: invocation, Custom: true, Inputs: map[string]any{"input": string(input)}, Outputs: map[string]any{"result": result}},
		{Type: "aws:secretsmanager/secret:Secret", Custom: true, ID: "arn:secret"},
	}
	observer.Done(progress.Step{Action: action, Type: invocation, Name: f.slug})
	return nil
}

func (f *fakeEnvironment) Preview(context.Context, engine.Operation, progress.Observer) error {
	f.happened = append(f.happened, "preview")
	return nil
}

func (f *fakeEnvironment) Destroy(context.Context, progress.Observer) error {
	f.happened = append(f.happened, "destroy")
	f.exists, f.state = false, nil
	return nil
}

func (f *fakeEnvironment) Remove(context.Context) error {
	f.happened = append(f.happened, "forget")
	f.exists = false
	return nil
}

func (f *fakeEnvironment) Reread(context.Context, string, []string) error { return nil }

func (f *fakeEnvironment) Resources(context.Context) ([]apitype.ResourceV3, error) {
	return f.state, nil
}
