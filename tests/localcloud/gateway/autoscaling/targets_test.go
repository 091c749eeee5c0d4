package autoscaling_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/localcloud/gateway/autoscaling"
	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi/awsapitest"
)

type groups []string

func (g groups) NodeGroup(scaling string) string {
	if slices.Contains(g, scaling) {
		return strings.TrimPrefix(scaling, "eks-")
	}
	return ""
}

// The emulator knows two target groups, and no group of machines.
func TestTargetsOfNodeGroups(t *testing.T) {
	t.Parallel()
	emulator := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch {
		case !strings.Contains(string(body), "DescribeTargetGroups"):
			_, _ = io.WriteString(w, "the emulator")
		case strings.Contains(string(body), "=instances"):
			_, _ = io.WriteString(w, "<R><TargetGroups><member><TargetType>instance</TargetType></member></TargetGroups></R>")
		case strings.Contains(string(body), "=addresses"):
			_, _ = io.WriteString(w, "<R><TargetGroups><member><TargetType>ip</TargetType></member></TargetGroups></R>")
		default:
			w.WriteHeader(http.StatusBadRequest)
		}
	})
	service := autoscaling.New(autoscaling.Config{Account: awsapitest.Account, Groups: groups{"eks-general"}}, emulator)
	ask := func(form string) string {
		request := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(form))
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		response := httptest.NewRecorder()
		service.ServeHTTP(response, request)
		return response.Body.String()
	}
	const (
		attach    = "Action=AttachLoadBalancerTargetGroups&AutoScalingGroupName=eks-general&TargetGroupARNs.member.1="
		described = "Action=DescribeAutoScalingGroups&AutoScalingGroupNames.member.1=eks-general"
		attached  = "<AutoScalingGroupName>eks-general</AutoScalingGroupName><TargetGroupARNs><member>instances</member></TargetGroupARNs>"
		none      = "<AutoScalingGroupName>eks-general</AutoScalingGroupName><TargetGroupARNs></TargetGroupARNs></member>"
	)
	require.Contains(t, ask(described), none)
	require.Contains(t, ask(attach+"instances"), "<AttachLoadBalancerTargetGroupsResult>")
	require.Contains(t, ask(attach+"instances"), "<AttachLoadBalancerTargetGroupsResult>", "again")
	require.Contains(t, ask(described), attached)
	require.Equal(t, []string{"general"}, service.Targets("instances"))
	for _, wrong := range []string{"gone", "addresses"} {
		require.Contains(t, ask(attach+wrong), "Provided Target Groups may not be valid", wrong)
	}
	require.Equal(t, "the emulator", ask(strings.Replace(attach, "eks-general", "mine", 1)+"instances"))
	require.Equal(t, "the emulator", ask("Action=DescribeAutoScalingGroups"))
	require.Contains(t, ask(strings.Replace(attach, "Attach", "Detach", 1)+"instances"), "<DetachLoadBalancerTargetGroupsResult>")
	require.Contains(t, ask(described), none)
	require.Empty(t, service.Targets("instances"))
}
