package deploy

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/cmd/platform/internal/previewreport"
)

func TestPlan(t *testing.T) {
	t.Parallel()
	report := previewreport.Report{Stack: "dev", Changes: []previewreport.Change{
		{Operation: "update", Type: "aws:rds/instance:Instance", Name: "database", Properties: []string{"tags", "backupRetentionPeriod"}},
		{Operation: "create", Type: "aws:kms/key:Key", Name: "keys"},
	}}
	file := filepath.Join(t.TempDir(), "plan.json")
	require.NoError(t, newPlan(report).write(file))
	approved, err := readPlan(file, "dev")
	require.NoError(t, err)

	other := report
	other.Changes = []previewreport.Change{report.Changes[1], {Operation: "update", Type: "aws:rds/instance:Instance", Name: "database", Properties: []string{"backupRetentionPeriod", "tags"}}}
	require.NoError(t, approved.require(newPlan(other)), "the order does not matter")

	other.Changes = []previewreport.Change{report.Changes[1], {Operation: "replace", Type: "aws:rds/instance:Instance", Name: "database", Properties: []string{"kmsKeyId"}}}
	err = approved.require(newPlan(other))
	require.ErrorIs(t, err, errDeparts)
	require.ErrorContains(t, err, "not in the plan: replace aws:rds/instance:Instance database kmsKeyId")
	require.ErrorContains(t, err, "only in the plan: update aws:rds/instance:Instance database backupRetentionPeriod, tags")

	other.Changes = nil
	require.ErrorIs(t, approved.require(newPlan(other)), errDeparts, "doing less is a departure too")

	_, err = readPlan(file, "prod")
	require.ErrorContains(t, err, `got a plan of stack "dev", expected one of "prod"`)
	_, err = readPlan(file+"x", "dev")
	require.ErrorContains(t, err, "--plan: ")
}
