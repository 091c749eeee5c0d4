package e2e

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/e2e/observe"
	"github.com/genericcorp/platform/tests/localcloud/gateway/authz"
	"github.com/genericcorp/platform/tests/testcloud"
)

// Functions work in sessions of their roles, whose policies allow all that they ask for, the use of keys included.
func TestFunctionsMayWhatTheyDo(t *testing.T) {
	t.Parallel()
	c := testcloud.Shared(t)
	c.Platform(t, nil, "tenant", "show", "acme")
	may, provisioner := map[string]int{}, authz.Count{}
	for _, count := range observe.Rights(t, c).Counts {
		if !strings.Contains(count.Role, ":role/bounded/") {
			continue
		}
		assert.Equal(t, "allowed", count.Outcome, "%+v", count)
		may[count.Action] += count.Calls
		if count.Action == "secretsmanager:GetSecretValue" && strings.Contains(count.Role, "/provisioner-") {
			provisioner = count
		}
	}
	require.NotZero(t, provisioner, "%v", may)
	assert.Positive(t, may["kms:Decrypt"], "%v", may)

	// The operator's command says the same.
	for action, allowed := range map[string]bool{provisioner.Action: true, "iam:CreateUser": false} {
		var why struct {
			Allowed bool
			Unknown []string
			Why, By string
		}
		c.Platform(t, &why, "iam", "explain", provisioner.Role, action, provisioner.Resource)
		assert.Equal(t, allowed, why.Allowed, "%s: %+v", action, why)
	}
}
