package cluster

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestVCPUsWhileNodesAreUpdated(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		groups            []NodeGroup
		zones             int
		largest, updating int
	}{
		{nil, 3, 0, 0},
		{[]NodeGroup{{InstanceTypes: []string{"m7g.large"}, Max: 4}, {InstanceTypes: []string{"m7g.xlarge"}, Max: 9}}, 3, 44, 80},
		{[]NodeGroup{{InstanceTypes: []string{"t4g.large"}, Max: 3}}, 2, 6, 14},
		{[]NodeGroup{{InstanceTypes: []string{"m7g.medium", "c7g.4xlarge"}, Max: 1}}, 2, 16, 80},
		{[]NodeGroup{{InstanceTypes: []string{"m7g.medium"}, Max: 2}}, 2, 2, 6},
	} {
		largest, updating := VCPUs(c.groups, c.zones)
		require.Equal(t, []int{c.largest, c.updating}, []int{largest, updating}, c.groups)
	}
}
