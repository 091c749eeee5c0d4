package autoscaling_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/localcloud/gateway/autoscaling"
)

type nodes struct{ replaced []string }

func (n *nodes) Replace(instance string) bool {
	n.replaced = append(n.replaced, instance)
	return instance == "i-1"
}

func TestTerminateInstance(t *testing.T) {
	t.Parallel()
	have := &nodes{}
	emulator := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "the emulator") })
	ask := func(handler http.Handler, form string) string {
		request := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(form))
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		response := httptest.NewRecorder()
		handler.ServeHTTP(response, request)
		return response.Body.String()
	}
	const end = "Action=TerminateInstanceInAutoScalingGroup&ShouldDecrementDesiredCapacity=false&InstanceId="
	service := autoscaling.New(autoscaling.Config{Nodes: have}, emulator)
	assert.Contains(t, ask(service, end+"i-1"), "<StatusCode>InProgress</StatusCode>")
	assert.Contains(t, ask(service, end+"i-2"), "No managed instance found for instance ID: i-2")
	require.Equal(t, []string{"i-1", "i-2"}, have.replaced)
	assert.Contains(t, ask(service, strings.Replace(end, "false", "true", 1)+"i-1"), "a group gets smaller by eks:UpdateNodegroupConfig")
	assert.Equal(t, "the emulator", ask(service, "Action=DescribePolicies"))
	assert.Equal(t, "the emulator", ask(autoscaling.New(autoscaling.Config{}, emulator), end+"i-1"))
}
