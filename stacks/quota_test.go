package stacks

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/components/cluster"
	"github.com/genericcorp/platform/internal/environments"
)

// The quota that docs/first-deploy.md has people ask for is enough for each environment, while all its nodes are updated.
func TestQuotaOfProcessors(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/first-deploy.md")
	require.NoError(t, err)
	asked := regexp.MustCompile(`--quota-code L-1216C47A --desired-value (\d+)`).FindSubmatch(page)
	require.NotNil(t, asked, "the request for processors")
	quota, err := strconv.Atoi(string(asked[1]))
	require.NoError(t, err)
	for _, name := range environments.All().Names() {
		settings, err := LoadFile("../Pulumi." + name + ".yaml")
		require.NoError(t, err)
		e := settings.Environment
		largest, updating := cluster.VCPUs(e.Cluster.args(e.Account).NodeGroups, len(e.Network.Zones))
		require.GreaterOrEqual(t, quota, updating, name)
		require.Contains(t, string(page), fmt.Sprintf("%s uses at most %d vCPUs of EC2, and up to %d while its nodes are updated", name, largest, updating))
	}
}
