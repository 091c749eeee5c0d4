package faults

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/localcloud/gateway"
	"github.com/genericcorp/platform/tests/testcloud"
)

// TestUpGoesOnAfterWhatAWSRefuses runs up after up on one local cloud, each disturbed in another way at the database: each says
// what to do, none loses what was made, and the last completes, with the one instance that was made once.
func TestUpGoesOnAfterWhatAWSRefuses(t *testing.T) {
	c := testcloud.Empty(t)
	for _, part := range []struct {
		name string
		run  func(*testing.T, *testcloud.Cloud)
	}{
		{"a quota is reached", quotaReached},
		{"a key is disabled", keyDisabled},
		{"the session expires while the database is awaited", sessionExpires},
		{"the API server of Kubernetes ends while it is deployed to", apiServerEnds},
		{"the next run completes", nextRunCompletes},
	} {
		if !t.Run(part.name, func(t *testing.T) { part.run(t, c) }) {
			t.FailNow()
		}
	}
}

// exitFailed is the command's code of a failure.
const exitFailed = 1

func up(t *testing.T, c *testcloud.Cloud) string {
	t.Helper()
	return c.Fails(t, exitFailed, "local", "up", "--no-tenants")
}

func quotaReached(t *testing.T, c *testcloud.Cloud) {
	refuse(t, c, gateway.Fault{
		Operation: "rds:CreateDBInstance", Status: http.StatusBadRequest, Code: "InstanceQuotaExceeded",
		Message: "DB Instance quota exceeded for this account",
	})
	printed := up(t, c)
	assert.Contains(t, printed, "InstanceQuotaExceeded")
	assert.Contains(t, printed, "A quota of the account is reached", "it says what to do")
	assert.NotEmpty(t, inState(t, c, "aws:kms/key:Key"), "what was made is known")
	assert.Empty(t, inState(t, c, "aws:rds/instance:Instance"))
}

func keyDisabled(t *testing.T, c *testcloud.Cloud) {
	before := inState(t, c, "aws:kms/key:Key")
	refuse(t, c, gateway.Fault{
		Operation: "rds:CreateDBInstance", Status: http.StatusBadRequest, Code: "KMSKeyNotAccessibleFault",
		Message: "The specified KMS key is disabled",
	})
	printed := up(t, c)
	assert.Contains(t, printed, "A KMS key is disabled", "it says what to do")
	assert.ElementsMatch(t, before, inState(t, c, "aws:kms/key:Key"), "nothing is made twice, nor forgotten")
	assert.Empty(t, inState(t, c, "aws:rds/instance:Instance"))
}

// sessionExpires has every call refused from the moment at which the instance exists, and is awaited.
func sessionExpires(t *testing.T, c *testcloud.Cloud) {
	refuse(t, c)
	ended := make(chan string, 1)
	go func() {
		command := c.Command(t, "local", "up", "--no-tenants")
		out, _ := command.CombinedOutput() // its end is looked at below
		ended <- string(out)
	}()
	client := rds.NewFromConfig(c.AWS())
	require.Eventually(t, func() bool {
		found, err := client.DescribeDBInstances(t.Context(), &rds.DescribeDBInstancesInput{})
		return err == nil && len(found.DBInstances) > 0
	}, 10*time.Minute, 50*time.Millisecond, "no instance is made")
	refuse(t, c, gateway.Fault{
		Operation: "*", Status: http.StatusForbidden, Code: "ExpiredToken", Message: "The security token included in the request is expired",
	})
	printed := <-ended
	c.Note(t, []byte(printed))
	assert.Contains(t, printed, "The credentials have expired", "it says what to do")
	refuse(t, c)
	assert.Len(t, inState(t, c, "aws:rds/instance:Instance"), 1, "the instance that was awaited is known:\n%s", testcloud.Tail(printed))
}

// apiServerEnds kills the API server when the cluster has its first object of the deployment, or the deployment is over. It runs again
// at once; a deployment that it was missing from says so.
func apiServerEnds(t *testing.T, c *testcloud.Cloud) {
	type result struct {
		printed string
		err     error
	}
	ended := make(chan result, 1)
	go func() {
		out, err := c.Command(t, "local", "up", "--no-tenants").CombinedOutput()
		ended <- result{string(out), err}
	}()
	require.Eventually(t, func() bool {
		return strings.Contains(c.Run(t, c.Repository, nil, "kubectl", "get", "namespaces").Stdout, "platform-")
	}, 10*time.Minute, 500*time.Millisecond, "no namespace is made")
	c.Load(t)
	require.NoError(t, syscall.Kill(c.Process(t, "kube-apiserver").PID, syscall.SIGKILL))
	got := <-ended
	c.Note(t, []byte(got.printed))
	t.Logf("the deployment that the API server was missing from: %v", got.err)
	if got.err != nil {
		assert.Regexp(t, "connection refused|connection reset|EOF|unable to load schema information|unreachable", got.printed)
		assert.NotContains(t, got.printed, "of the local cloud died", "the supervisor starts it again")
	}
}

func nextRunCompletes(t *testing.T, c *testcloud.Cloud) {
	client := rds.NewFromConfig(c.AWS())
	before, err := client.DescribeDBInstances(t.Context(), &rds.DescribeDBInstancesInput{})
	require.NoError(t, err)
	require.Len(t, before.DBInstances, 1)
	c.Platform(t, nil, "local", "up", "--no-tenants")
	after, err := client.DescribeDBInstances(t.Context(), &rds.DescribeDBInstancesInput{})
	require.NoError(t, err)
	require.Len(t, after.DBInstances, 1)
	assert.Equal(t, before.DBInstances[0].DbiResourceId, after.DBInstances[0].DbiResourceId, "the same instance")
	var preview struct {
		Changes map[string]int `json:"counts"`
	}
	c.Platform(t, &preview, "preview", "--stack", "local")
	assert.Empty(t, changed(preview.Changes), "nothing is left to do")
}

// changed leaves out what stays as it is.
func changed(counts map[string]int) map[string]int {
	delete(counts, "same")
	return counts
}

// refuse tells the gateway what AWS refuses from now on.
func refuse(t *testing.T, c *testcloud.Cloud, list ...gateway.Fault) {
	t.Helper()
	text, err := json.Marshal(append([]gateway.Fault{}, list...))
	require.NoError(t, err)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, c.AWSEndpoint+gateway.FaultsPath, bytes.NewReader(text))
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusOK, response.StatusCode)
}

// inState gives the ids of the resources of a type that the state has.
func inState(t *testing.T, c *testcloud.Cloud, kind string) (ids []string) {
	t.Helper()
	out, err := c.Pulumi(t, "stack", "export")
	require.NoError(t, err, out)
	var state struct {
		Deployment struct {
			Resources []struct{ ID, Type string }
		}
	}
	require.NoError(t, json.NewDecoder(strings.NewReader(out)).Decode(&state), testcloud.Tail(out))
	for _, r := range state.Deployment.Resources {
		if r.Type == kind {
			ids = append(ids, r.ID)
		}
	}
	return ids
}
