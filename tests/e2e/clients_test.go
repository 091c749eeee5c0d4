package e2e

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/stretchr/testify/require"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

// aws is the configuration of AWS clients that speak to the local cloud.
func (e *environment) aws() aws.Config {
	return aws.Config{
		Region:       e.state.Region,
		BaseEndpoint: aws.String(e.state.AWSEndpoint),
		Credentials: credentials.NewStaticCredentialsProvider(
			e.state.Env["AWS_ACCESS_KEY_ID"], e.state.Env["AWS_SECRET_ACCESS_KEY"], ""),
	}
}

func (e *environment) kubernetes(t *testing.T) *kubernetes.Clientset {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", e.state.Kubeconfig)
	require.NoError(t, err)
	client, err := kubernetes.NewForConfig(config)
	require.NoError(t, err)
	return client
}
