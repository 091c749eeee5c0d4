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
