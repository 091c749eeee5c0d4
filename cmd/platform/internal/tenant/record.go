package tenant

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"gopkg.in/yaml.v3"

	"github.com/genericcorp/platform/cmd/platform/internal/engine"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// Record is what a tenant is.
type Record struct {
	Environment     string    `json:"environment"`
	Tenant          string    `json:"tenant"`
	Database        string    `json:"database"` // that it lives in, by its name
	Tier            string    `json:"tier"`
	State           api.State `json:"state"`
	Reason          string    `json:"reason"`         // why it may do less than its tier allows; empty: it may do all that
	Hold            *api.Hold `json:"hold,omitempty"` // of one that is suspended or limited
	PasswordVersion int       `json:"passwordVersion"`
	Schema          string    `json:"schema,omitempty"`
	Role            string    `json:"role,omitempty"`
	SecretARN       string    `json:"secretArn,omitempty"` // where its workloads read their connection
	HostName        string    `json:"hostName,omitempty"`
}

// current is what a tenant is now: as the database has it, which knows of changes whose deployment failed half way or was
// killed; of one that the database has lost, as it was deployed. Both are nil of a tenant that is neither.
func (t *Tenants) current(ctx context.Context, stack *Opened, tenant string) (record *Record, applied *api.Tenant, err error) {
	if !stack.New {
		resources, err := stack.Resources(ctx)
		if err != nil {
			return nil, nil, err
		}
		deployed, whole := readRecord(engine.OutputsOf(resources))
		if whole {
			record = &deployed
		}
		stack.partial = !whole
	}
	applied, err = t.applied(ctx, tenant)
	if err != nil || applied == nil {
		return record, nil, err
	}
	if record == nil {
		record = &Record{Environment: t.Environment.Name(), Tenant: tenant}
	}
	record.take(*applied)
	return record, applied, nil
}

// applied is what the database has of a tenant; nil when it has nothing.
func (t *Tenants) applied(ctx context.Context, tenant string) (*api.Tenant, error) {
	response, err := t.call(ctx, api.Request{Action: api.ActionRecord, Tenant: tenant})
	var missing *MissingError
	if errors.As(err, &missing) {
		return nil, nil
	}
	return response.Tenant, err
}

// take takes over what the database has. A password's number never goes back, not even with the database's own backup.
func (r *Record) take(applied api.Tenant) {
	r.Database = applied.Database
	r.Tier, r.State, r.Reason, r.Hold, r.PasswordVersion = applied.Tier, applied.State, applied.Reason, applied.Hold, max(r.PasswordVersion, applied.PasswordVersion)
}

// readRecord reads the outputs of a tenant's stack; ok is false when it was never deployed to its end.
func readRecord(outputs map[string]any) (record Record, ok bool) {
	text := func(name string) string {
		value, _ := outputs[name].(string)
		return value
	}
	version, _ := outputs["passwordVersion"].(float64)
	record = Record{
		Environment: text("environment"), Tenant: text("tenant"), Database: text("database"), Tier: text("tier"), State: api.State(text("state")),
		PasswordVersion: int(version), Schema: text("schemaName"), Role: text("roleName"), SecretARN: text("secretArn"),
		HostName: text("hostName"),
	}
	return record, record.Tenant != ""
}

// settings are the stack's file that deploys the record.
func (r Record) settings(region string) ([]byte, error) {
	var text bytes.Buffer
	encoder := yaml.NewEncoder(&text)
	encoder.SetIndent(2)
	err := encoder.Encode(map[string]any{"config": map[string]any{
		"aws:region": region,
		"platform:settings": map[string]any{
			"kind": "tenant", "environment": r.Environment, "tenant": r.Tenant, "database": r.Database, "tier": r.Tier,
			"state": string(r.State), "passwordVersion": r.PasswordVersion,
		},
	}})
	if err != nil {
		return nil, fmt.Errorf("write the settings of tenant %s: %w", r.Tenant, err)
	}
	return text.Bytes(), nil
}
