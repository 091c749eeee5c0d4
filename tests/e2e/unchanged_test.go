package e2e

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/e2e/observe"
	"github.com/genericcorp/platform/tests/testcloud"
)

// TestSecondUp deploys what is deployed: nothing changes.
func TestSecondUp(t *testing.T) {
	c := testcloud.Exclusive(t)
	var up changes
	c.Platform(t, &up, "local", "up")
	assert.True(t, up.none(), "%v", up.Changes)
}

// TestDrift hangs a tag on the VPC behind the engine's back. A refresh, which found nothing before, names the VPC then and
// nothing else.
func TestDrift(t *testing.T) {
	c := testcloud.Exclusive(t)
	for _, stack := range []string{"local", testcloud.Workloads} {
		out, err := c.PulumiOn(t, stack, "refresh", "--preview-only", "--expect-no-changes")
		assert.NoError(t, err, "before anybody has touched it: %s", testcloud.Tail(out))
	}

	vpcs := observe.VPCs(t, c)
	require.Len(t, vpcs, 1)
	tag := func(ctx context.Context, owner *string) {
		_, err := ec2.NewFromConfig(c.AWS()).CreateTags(ctx, &ec2.CreateTagsInput{
			Resources: []string{aws.ToString(vpcs[0].VpcId)}, Tags: []ec2types.Tag{{Key: aws.String("owner"), Value: owner}},
		})
		require.NoError(t, err)
	}
	at := slices.IndexFunc(vpcs[0].Tags, func(tag ec2types.Tag) bool { return aws.ToString(tag.Key) == "owner" })
	require.GreaterOrEqual(t, at, 0, "the VPC has an owner")
	t.Cleanup(func() { tag(testcloud.Context(t), vpcs[0].Tags[at].Value) })
	tag(t.Context(), aws.String("somebody else"))
	out, err := c.Pulumi(t, "refresh", "--preview-only", "--expect-no-changes")
	require.Error(t, err, "the refresh did not see the change:\n%s", testcloud.Tail(out))
	var changed []string
	for line := range strings.Lines(out) {
		if strings.Contains(line, "[diff:") {
			changed = append(changed, strings.TrimSpace(line))
		}
	}
	require.Len(t, changed, 1, "what the refresh found")
	assert.Contains(t, changed[0], "aws:ec2:Vpc network-vpc update [diff: ~tags")
}

// TestEveryTypeIsLookedFor holds the lists that look for what a destroy has left to what is deployed: the stacks have no type
// that no list knows, and what the lists look for is found while it is there, so that they do not find nothing for another
// reason than its absence.
func TestEveryTypeIsLookedFor(t *testing.T) {
	c := testcloud.Shared(t)
	found := observe.Everything(t, c)
	for _, kind := range deployedTypes(t, c) {
		listed, known := observe.LookedFor(kind)
		assert.True(t, known, "nobody looks whether a destroy removes %s", kind)
		if listed {
			assert.Contains(t, found, kind, "it is deployed, and the list of it is empty")
		}
	}
}

// deployedTypes are the types of the resources of every stack.
func deployedTypes(t *testing.T, c *testcloud.Cloud) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(c.Dir, "backend", ".pulumi", "stacks", "*", "*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	types := map[string]bool{}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		var stack struct {
			Checkpoint struct {
				Latest struct {
					Resources []struct {
						Type   string `json:"type"`
						Custom bool   `json:"custom"`
					} `json:"resources"`
				} `json:"latest"`
			} `json:"checkpoint"`
		}
		require.NoError(t, json.Unmarshal(raw, &stack), file)
		for _, r := range stack.Checkpoint.Latest.Resources {
			if r.Custom && !strings.HasPrefix(r.Type, "pulumi:") {
				types[r.Type] = true
			}
		}
	}
	require.Greater(t, len(types), 40)
	return slices.Sorted(maps.Keys(types))
}
