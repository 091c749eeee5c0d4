package gateway

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi/awsapitest"
)

// faulty is a gateway with faults, and what it forwards.
func faulty(t *testing.T, list string) (config aws.Config, set func(list string) int) {
	t.Helper()
	emulator := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Amz-Target") != "" {
			_, _ = io.WriteString(w, `{}`)
			return
		}
		_, _ = io.WriteString(w, `<R><DescribeDBInstancesResult/></R>`)
	}))
	t.Cleanup(emulator.Close)
	g, err := New(Config{Emulator: emulator.URL, Account: awsapitest.Account, Log: awsapitest.Log})
	require.NoError(t, err)
	t.Cleanup(g.Close)
	set = func(list string) int {
		w := httptest.NewRecorder()
		g.ServeHTTP(w, httptest.NewRequest(http.MethodPut, FaultsPath, strings.NewReader(list)))
		return w.Code
	}
	require.Equal(t, http.StatusOK, set(list))
	return awsapitest.Config(t, g), set
}

// A quota is reached in the middle of a run, and raised.
func TestQuotaThatIsReached(t *testing.T) {
	t.Parallel()
	config, set := faulty(t, `[{"operation": "rds:DescribeDBInstances", "status": 400, "code": "InstanceQuotaExceeded", "message": "Quota of 40", "after": 1}]`)
	client := rds.NewFromConfig(config)
	_, err := client.DescribeDBInstances(t.Context(), &rds.DescribeDBInstancesInput{})
	require.NoError(t, err, "the first is let through")
	_, err = client.DescribeDBInstances(t.Context(), &rds.DescribeDBInstancesInput{})
	require.ErrorContains(t, err, "InstanceQuotaExceeded: Quota of 40")
	_, err = eks.NewFromConfig(config).ListClusters(t.Context(), &eks.ListClustersInput{})
	require.NoError(t, err, "another operation")
	require.Equal(t, http.StatusOK, set(`[]`))
	_, err = client.DescribeDBInstances(t.Context(), &rds.DescribeDBInstancesInput{})
	require.NoError(t, err)
}

// An expired session is refused by every service, each in its own protocol.
func TestSessionThatExpires(t *testing.T) {
	t.Parallel()
	config, _ := faulty(t, `[{"operation": "*", "status": 403, "code": "ExpiredTokenException", "message": "The security token included in the request is expired"}]`)
	_, err := rds.NewFromConfig(config).DescribeDBInstances(t.Context(), &rds.DescribeDBInstancesInput{})
	require.ErrorContains(t, err, "ExpiredTokenException: The security token included in the request is expired")
	_, err = eks.NewFromConfig(config).ListClusters(t.Context(), &eks.ListClustersInput{})
	require.ErrorContains(t, err, "ExpiredTokenException")
	_, err = kms.NewFromConfig(config).ListKeys(t.Context(), &kms.ListKeysInput{})
	require.ErrorContains(t, err, "ExpiredTokenException")
}

func TestFaultsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	_, set := faulty(t, `[]`)
	for _, list := range []string{`{`, `[{"operation": "*", "status": 200, "code": "Fine"}]`, `[{"operation": "*", "status": 400}]`, `[{"what": "*"}]`} {
		require.Equal(t, http.StatusBadRequest, set(list), list)
	}
}
