package observe

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/localcloud/gateway/authz"
	"github.com/genericcorp/platform/tests/testcloud"
)

// Rights is what sessions of roles asked for since the local cloud began, and which of their rights they needed.
func Rights(t testing.TB, c *testcloud.Cloud) (report authz.Report) {
	t.Helper()
	request, err := http.NewRequestWithContext(testcloud.Context(t), http.MethodGet, c.AWSEndpoint+authz.Path, http.NoBody)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.NoError(t, json.NewDecoder(response.Body).Decode(&report))
	return report
}
