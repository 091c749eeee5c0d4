package tenant

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
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

// world is an environment with at most one tenant, acme: its stack, what the database has of it, and a provisioner and the
// services of budgets and secrets that answer on a port.
type world struct {
	outputs map[string]any
	missing error // why the environment cannot be read

	exists   bool                 // the stack does
	state    []apitype.ResourceV3 // its resources
	settings tenantSettings       // its file
	upFails  error

	applied *api.Tenant
	refuses map[api.Action]string
	warns   []string
	budgets http.HandlerFunc
	secrets http.HandlerFunc

	happened []string // calls of the provisioner and of the engine, in order
	endpoint string
}

type tenantSettings struct {
	Tier            string `yaml:"tier"`
	State           string `yaml:"state"`
	PasswordVersion int    `yaml:"passwordVersion"`
}

// newWorld has a deployed environment and no tenant.
func newWorld(t *testing.T) (*world, *Tenants) {
	t.Helper()
	w := &world{
		outputs: map[string]any{"region": "us-east-1", "accountId": "123456789012", "provisionerFunctionName": "platform-prod-us-east-1-provisioner"},
		refuses: map[api.Action]string{},
		budgets: func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write([]byte(`{"Budgets":[]}`)) },
		secrets: func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write([]byte(`{"SecretList":[]}`)) },
	}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.Header.Get("X-Amz-Target"), "AWSBudgetServiceGateway.") {
			w.budgets(rw, r)
			return
		}
		if strings.HasPrefix(r.Header.Get("X-Amz-Target"), "secretsmanager.") {
			w.secrets(rw, r)
			return
		}
		w.provision(rw, r)
	}))
	t.Cleanup(server.Close)
	w.endpoint = server.URL
	return w, &Tenants{Environment: w}
}

// newTenant is a world whose tenant acme is deployed.
func newTenant(t *testing.T, tier string, state api.State) (*world, *Tenants) {
	t.Helper()
	w, tenants := newWorld(t)
	_, err := tenants.Create(t.Context(), "acme", tier)
	require.NoError(t, err)
	if state != api.StateActive {
		_, err = tenants.SetState(t.Context(), "acme", state)
		require.NoError(t, err)
	}
	w.happened = nil
	return w, tenants
}

// provision is the function: it keeps what is applied, and refuses what the test says.
func (w *world) provision(rw http.ResponseWriter, r *http.Request) {
	var request api.Request
	if !strings.HasSuffix(r.URL.Path, "/functions/platform-prod-us-east-1-provisioner/invocations") {
		rw.Header().Set("X-Amzn-Errortype", "ResourceNotFoundException")
		rw.WriteHeader(http.StatusNotFound)
		return
	}
	answer := any(map[string]string{"errorMessage": "no JSON"})
	if err := json.NewDecoder(r.Body).Decode(&request); err == nil {
		var told string
		if answer, told = w.do(request); told != "" {
			rw.Header().Set("X-Amz-Function-Error", "Unhandled")
			answer = map[string]string{"errorMessage": told}
		}
	}
	_ = json.NewEncoder(rw).Encode(answer)
}

func (w *world) do(r api.Request) (answer any, refused string) {
	what := string(r.Action)
	if r.Action == api.ActionApply {
		what += fmt.Sprintf(" %s %s %d", r.Tier, r.State, r.PasswordVersion)
	}
	if r.DryRun {
		what = "dry " + what
	}
	if r.Action != api.ActionRecord {
		w.happened = append(w.happened, what)
	}
	if cause := w.refuses[r.Action]; cause != "" {
		return nil, cause
	}
	switch {
	case r.Action == api.ActionApply:
		w.applied = &api.Tenant{Slug: r.Tenant, Database: "main", Tier: r.Tier, State: r.State, PasswordVersion: r.PasswordVersion, SecretARN: r.SecretARN, Limits: r.Limits}
	case r.Action == api.ActionList:
		return api.Response{Tenants: []api.Tenant{{Slug: "acme"}, {Slug: "birch"}}}, ""
	case r.Action == api.ActionDelete:
		if !r.DryRun {
			w.applied = nil
		}
		return api.Response{}, ""
	case w.applied == nil:
		return nil, fmt.Sprintf("%s tenant %s: %s: list shows those that are", r.Action, r.Tenant, api.NoTenant)
	}
	response := api.Response{Tenant: w.applied, Warnings: w.warns}
	if r.Action == api.ActionArchive || r.Action == api.ActionRestore {
		response.Archive = &api.Archive{Key: "archives/prod/acme/1.sql.gz", Tables: 3}
	}
	return response, ""
}

func (w *world) Name() string { return "prod" }

func (w *world) Outputs(context.Context) (map[string]any, error) { return w.outputs, w.missing }

func (w *world) Open(_ context.Context, stack string, create bool) (*Opened, error) {
	isNew := !w.exists
	if isNew && !create {
		return nil, ErrNoStack
	}
	if stack != "prod-tenant-acme" {
		return nil, fmt.Errorf("unexpected stack %s", stack)
	}
	w.exists = true
	return &Opened{Stack: w, New: isNew, Close: func() {}, Configure: func(text []byte) error {
		var file struct {
			Config struct {
				Settings tenantSettings `yaml:"platform:settings"`
			} `yaml:"config"`
		}
		err := yaml.Unmarshal(text, &file)
		w.settings = file.Config.Settings
		return err
	}}, nil
}

func (w *world) AWS(_ context.Context, region string) (aws.Config, error) {
	return aws.Config{Region: region, BaseEndpoint: aws.String(w.endpoint), Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")}, nil
}

func (w *world) Follow(operate func(progress.Observer) error) (progress.Snapshot, error) {
	tracker := progress.NewTracker(0, time.Now)
	err := operate(tracker)
	return tracker.Snapshot(), err
}

// Up is the engine's: it calls the provisioner when the input differs from the state's.
func (w *world) Up(_ context.Context, _ engine.Operation, observer progress.Observer) error {
	w.happened = append(w.happened, "up")
	if w.upFails != nil {
		return w.upFails
	}
	s := w.settings
	request := api.Request{Tenant: "acme", Tier: s.Tier, State: api.State(s.State), PasswordVersion: s.PasswordVersion, SecretARN: "arn:secret"}
	input, err := json.Marshal(request)
	if err != nil {
		return err
	}
	action := progress.Create
	var result string
	if len(w.state) > 0 {
		action = progress.Update
		result, _ = w.state[1].Outputs["result"].(string)
		if w.state[1].Inputs["input"] == string(input) {
			action = progress.Same
		}
	}
	if action != progress.Same {
		request.Action = api.ActionApply
		answer, refused := w.do(request)
		if refused != "" {
			return fmt.Errorf("invoke: %s", refused)
		}
		raw, err := json.Marshal(answer)
		if err != nil {
			return err
		}
		result = string(raw)
	}
	w.state = []apitype.ResourceV3{
		{Type: "pulumi:pulumi:Stack", Outputs: map[string]any{
			"environment": "prod", "tenant": "acme", "database": "main", "tier": s.Tier, "state": s.State, "passwordVersion": float64(s.PasswordVersion), "secretArn": "arn:secret",
		}},
		{Type: invocation, Custom: true, Inputs: map[string]any{"input": string(input)}, Outputs: map[string]any{"result": result}},
		{Type: "aws:budgets/budget:Budget", Custom: true, ID: "123456789012:platform-prod-tenant-acme-own"},
		{Type: "aws:secretsmanager/secret:Secret", Custom: true, ID: "arn:secret"},
	}
	observer.Done(progress.Step{Action: action, Type: invocation, Name: "acme"})
	return nil
}

func (w *world) Preview(context.Context, engine.Operation, progress.Observer) error {
	w.happened = append(w.happened, "preview")
	return nil
}

func (w *world) Destroy(context.Context, progress.Observer) error {
	w.happened = append(w.happened, "destroy")
	w.exists, w.state = false, nil
	return nil
}

func (w *world) Remove(context.Context) error {
	w.happened = append(w.happened, "forget")
	w.exists = false
	return nil
}

func (w *world) Resources(context.Context) ([]apitype.ResourceV3, error) { return w.state, nil }
