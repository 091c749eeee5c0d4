package podidentity

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admission "k8s.io/api/admission/v1"
	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi/awsapitest"
	"github.com/genericcorp/platform/tests/localcloud/gateway/eks"
)

func TestTheWebhookCompletesPodsWithAnAssociation(t *testing.T) {
	t.Parallel()
	service := eks.New(eks.Config{Account: awsapitest.Account}, awsapitest.Unreachable(t))
	client := api.NewFromConfig(awsapitest.Config(t, service))
	_, err := client.CreateCluster(t.Context(), &api.CreateClusterInput{Name: aws.String("c"), RoleArn: aws.String("r"), ResourcesVpcConfig: &types.VpcConfigRequest{}})
	require.NoError(t, err)
	_, err = client.CreatePodIdentityAssociation(t.Context(), &api.CreatePodIdentityAssociationInput{
		ClusterName: aws.String("c"), Namespace: aws.String("n"), ServiceAccount: aws.String("app"), RoleArn: aws.String("role"),
	})
	require.NoError(t, err)
	review := func(account string) *admission.AdmissionResponse {
		pod, err := json.Marshal(core.Pod{Spec: core.PodSpec{
			ServiceAccountName: account, Containers: []core.Container{{Name: "c", Env: []core.EnvVar{{Name: "AWS_REGION", Value: "own"}}}},
		}})
		require.NoError(t, err)
		body, err := json.Marshal(admission.AdmissionReview{Request: &admission.AdmissionRequest{UID: "u", Namespace: "n", Object: runtime.RawExtension{Raw: pod}}})
		require.NoError(t, err)
		response := httptest.NewRecorder()
		Webhook{EKS: service, Region: "us-east-1", AWS: "http://aws"}.ServeHTTP(response, httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body)))
		var out admission.AdmissionReview
		require.NoError(t, json.Unmarshal(response.Body.Bytes(), &out))
		require.True(t, out.Response.Allowed)
		assert.Equal(t, "u", string(out.Response.UID))
		return out.Response
	}
	assert.Nil(t, review("other").Patch)
	assert.Nil(t, review("").Patch, "the default account")
	var patch []struct {
		Path  string       `json:"path"`
		Value core.PodSpec `json:"value"`
	}
	require.NoError(t, json.Unmarshal(review("app").Patch, &patch))
	require.Len(t, patch, 1)
	container := patch[0].Value.Containers[0]
	variables := map[string]string{}
	for _, v := range container.Env {
		variables[v.Name] = v.Value
	}
	assert.Equal(t, "own", variables["AWS_REGION"], "what a pod says itself holds")
	assert.Equal(t, "http://169.254.170.23/v1/credentials", variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"])
	assert.Equal(t, container.VolumeMounts[0].MountPath+"/"+volume, variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"])
	assert.Equal(t, audience, patch[0].Value.Volumes[0].Projected.Sources[0].ServiceAccountToken.Audience)
}
