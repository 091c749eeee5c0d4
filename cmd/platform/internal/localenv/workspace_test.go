package localenv

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNoVariableOfARealCloudReachesALocalDeployment(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"HOME=/h", "PATH=/bin", "MY_AWS_X=1"}, withoutClouds([]string{
		"HOME=/h", "AWS_PROFILE=prod", "AWS_SESSION_TOKEN=x", "PULUMI_ACCESS_TOKEN=x", "PATH=/bin",
		"PULUMI_BACKEND_URL=s3://state", "KUBECONFIG=/prod", "MY_AWS_X=1",
	}))
}

// TestSearchPathIsTheCallers leaves what was on the PATH of whoever started the cloud behind.
func TestSearchPathIsTheCallers(t *testing.T) {
	t.Setenv("PATH", "/mine/bin:/usr/bin")
	require.Equal(t, "/cache/tools/pulumi:/mine/bin:/usr/bin", Cloud{Cache: "/cache"}.searchPath("/cache/tools/pulumi:/theirs/bin:/cached/bin:/usr/bin"))
}
