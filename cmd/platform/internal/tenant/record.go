package tenant

import (
	"bytes"
	"fmt"

	"gopkg.in/yaml.v3"

	"github.com/genericcorp/platform/components/schema/contract"
)

// Record is what a tenant was last deployed as.
type Record struct {
	Environment     string         `json:"environment"`
	Tenant          string         `json:"tenant"`
	Tier            string         `json:"tier"`
	State           contract.State `json:"state"`
	PasswordVersion int            `json:"passwordVersion"`
	Schema          string         `json:"schema,omitempty"`
	Role            string         `json:"role,omitempty"`
	SecretARN       string         `json:"secretArn,omitempty"` // where its workloads read their connection
	Budget          string         `json:"budget,omitempty"`
	HostName        string         `json:"hostName,omitempty"`
}

// readRecord reads the outputs of a tenant's stack; ok is false when it was never deployed to its end.
func readRecord(outputs map[string]any) (record Record, ok bool) {
	text := func(name string) string {
		value, _ := outputs[name].(string)
		return value
	}
	version, _ := outputs["passwordVersion"].(float64)
	record = Record{
		Environment: text("environment"), Tenant: text("tenant"), Tier: text("tier"), State: contract.State(text("state")),
		PasswordVersion: int(version), Schema: text("schemaName"), Role: text("roleName"), SecretARN: text("secretArn"),
		Budget: text("budgetName"), HostName: text("hostName"),
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
			"kind": "tenant", "environment": r.Environment, "tenant": r.Tenant, "tier": r.Tier,
			"state": string(r.State), "passwordVersion": r.PasswordVersion,
		},
	}})
	if err != nil {
		return nil, fmt.Errorf("write the settings of tenant %s: %w", r.Tenant, err)
	}
	return text.Bytes(), nil
}
