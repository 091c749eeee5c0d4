package eks

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi/awsapitest"
	"github.com/genericcorp/platform/tests/localcloud/gateway/sts"
)

// callers is an STS that knows roles by the access key that signs.
var callers = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	_, scope, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=") // not in the address: the emulator takes that for S3
	key, _, _ := strings.Cut(scope, "/")
	if key == "unknown" {
		http.Error(w, "<ErrorResponse/>", http.StatusForbidden)
		return
	}
	_, _ = io.WriteString(w, "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:sts::123456789012:assumed-role/"+
		key+"/ada</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>")
})

// token is what `aws eks get-token` makes of an access key.
func token(key, action string) string {
	return tokenPrefix + base64.RawURLEncoding.EncodeToString(
		[]byte("https://sts.us-east-1.amazonaws.com/?Action="+action+"&X-Amz-Credential="+key+"%2F20260101%2Fus-east-1%2Fsts%2Faws4_request"))
}

func TestOnlyWhomAnEntryNamesIsLetIn(t *testing.T) {
	t.Parallel()
	service := New(Config{Account: awsapitest.Account, Callers: sts.New(awsapitest.Account, callers)}, awsapitest.Unreachable(t))
	client := api.NewFromConfig(awsapitest.Config(t, service))
	_, err := client.CreateCluster(t.Context(), &api.CreateClusterInput{
		Name: aws.String("c"), Version: aws.String("1.35"), RoleArn: aws.String("r"), ResourcesVpcConfig: &types.VpcConfigRequest{},
	})
	require.NoError(t, err)
	for principal, groups := range map[string][]string{
		"arn:aws:iam::123456789012:role/team/sre": nil, "arn:aws:iam::123456789012:role/viewer": {"viewers"},
	} {
		_, err := client.CreateAccessEntry(t.Context(), &api.CreateAccessEntryInput{
			ClusterName: aws.String("c"), PrincipalArn: aws.String(principal), KubernetesGroups: groups,
		})
		require.NoError(t, err)
	}
	_, err = client.AssociateAccessPolicy(t.Context(), &api.AssociateAccessPolicyInput{
		ClusterName: aws.String("c"), PrincipalArn: aws.String("arn:aws:iam::123456789012:role/team/sre"), PolicyArn: aws.String(clusterAdmin),
		AccessScope: &types.AccessScope{Type: types.AccessScopeTypeCluster},
	})
	require.NoError(t, err)

	for name, c := range map[string]struct {
		token string
		user  *user  // who is let in
		error string // why nobody is
	}{
		"an administrator":        {token: token("sre", "GetCallerIdentity"), user: &user{"arn:aws:sts::123456789012:assumed-role/team/sre/ada", []string{masters}}},
		"one with a group":        {token: token("viewer", "GetCallerIdentity"), user: &user{"arn:aws:sts::123456789012:assumed-role/viewer/ada", []string{"viewers"}}},
		"the end of another name": {token: token("re", "GetCallerIdentity"), error: "no access entry of a cluster names arn:aws:sts::123456789012:assumed-role/re/ada"},
		"without an entry":        {token: token("deployer", "GetCallerIdentity"), error: "no access entry of a cluster names"},
		"unknown to STS":          {token: token("unknown", "GetCallerIdentity"), error: "STS does not know who signed the token"},
		"another request":         {token: token("sre", "AssumeRole"), error: `the token's request is "AssumeRole"`},
		"another token":           {token: "secret", error: "the token does not begin with k8s-aws-v1."},
		"no base64":               {token: tokenPrefix + "%", error: "the token is no base64"},
	} {
		t.Run(name, func(t *testing.T) {
			question, err := json.Marshal(object{"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": object{"token": c.token}})
			require.NoError(t, err)
			response := httptest.NewRecorder()
			service.ReviewToken(response, httptest.NewRequest(http.MethodPost, TokenReviewPath, strings.NewReader(string(question))))
			var answer struct {
				APIVersion, Kind string
				Status           struct {
					Authenticated bool
					Error         string
					User          *user
				}
			}
			require.NoError(t, json.Unmarshal(response.Body.Bytes(), &answer))
			assert.Equal(t, "authentication.k8s.io/v1 TokenReview", answer.APIVersion+" "+answer.Kind)
			assert.Equal(t, c.user != nil, answer.Status.Authenticated)
			assert.Equal(t, c.user, answer.Status.User)
			assert.True(t, strings.HasPrefix(answer.Status.Error, c.error), answer.Status.Error)
			assert.NotContains(t, response.Body.String(), c.token)
		})
	}
}
