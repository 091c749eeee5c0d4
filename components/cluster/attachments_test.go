package cluster

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAttachmentsThatAreNotForVolumes(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]int{
		"m7g.medium": 2, "t4g.small": 3, "t4g.large": 3, "m6g.large": 3, "m6g.xlarge": 4, "r7g.2xlarge": 4, "c7g.4xlarge": 8, "m7g.12xlarge": 8, "m7g.16xlarge": 15,
	} {
		groups := []NodeGroup{{InstanceTypes: []string{"m7g.medium"}}, {InstanceTypes: []string{"m7g.medium", name}}}
		require.Equal(t, want, reserveAttachments(groups).Node.ReservedVolumeAttachments, name)
	}
}
