package lifecycle

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/e2e/observe"
	"github.com/genericcorp/platform/tests/testcloud"
)

// What Lambda and SNS do in a function's name nobody sees on the local cloud, where they have their own way.
const (
	toJoinTheNetwork = "Lambda makes and removes the function's network interfaces in its name"
	toWriteItsLog    = "Lambda writes the function's log in its name"
	toUseTheKey      = "SNS uses the topic's key in the name of who publishes"
)

// unusedRights are rights of functions that no call in the life of a whole environment needs, by function, statement and action, and why they
// have them.
var unusedRights = map[string]string{
	"provisioner KeepArchives s3:AbortMultipartUpload":    "the SDK gives up an upload of several parts that fails",
	"provisioner UseNotificationsKey kms:Decrypt":         toUseTheKey,
	"provisioner UseNotificationsKey kms:GenerateDataKey": toUseTheKey,
}

func init() {
	for _, function := range []string{"provisioner", "report"} {
		for _, action := range []string{"CreateNetworkInterface", "DeleteNetworkInterface", "DescribeNetworkInterfaces", "DescribeSubnets", "AssignPrivateIpAddresses", "UnassignPrivateIpAddresses"} {
			unusedRights[function+" JoinNetwork ec2:"+action] = toJoinTheNetwork
		}
		for _, action := range []string{"CreateLogStream", "PutLogEvents"} {
			unusedRights[function+" Log logs:"+action] = toWriteItsLog
		}
	}
}

// everyRightIsUsed finds rights of functions that nothing has used in the life of this environment, and nobody has explained. It comes last.
func everyRightIsUsed(t *testing.T, c *testcloud.Cloud) {
	report := observe.Rights(t, c)
	functions := map[string]bool{}
	for _, count := range report.Counts {
		if name, ok := functionOf(count.Role); ok {
			functions[name] = true
		}
	}
	// Billing is there in a whole run, where another test made it and took it away again: a role that is gone has no rights.
	require.Subset(t, functions, map[string]bool{"provisioner": true, "report": true}, "the functions of the environment")
	for _, rights := range report.Rights {
		if name, ok := functionOf(rights.Role); ok {
			t.Logf("%s: %d rights, of which %d were used", name, rights.Granted, rights.Used)
		}
	}
	for _, right := range report.Unused {
		name, ok := functionOf(right.Role)
		if !ok {
			continue
		}
		about := name + " " + strings.Fields(right.By)[1] + " " + right.Action
		assert.NotEmpty(t, unusedRights[about], "%s: nothing has used this right: take it away, or say here why the function has it", about)
	}
}

// functionOf is the function that a role is of; other roles have none.
func functionOf(role string) (name string, ok bool) {
	_, own, ok := strings.Cut(role, ":role/bounded/")
	if !ok {
		return "", false
	}
	name = own[:strings.LastIndex(own, "-")]
	return name, true
}
