package nodes

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestANodeTakesTheFirstFreeBlockOfItsSubnet(t *testing.T) {
	t.Parallel()
	subnet := netip.MustParsePrefix("10.128.16.0/24")
	var taken []netip.Prefix
	next := func() (block, error) {
		b, err := freeBlock(subnet, func(p netip.Prefix) bool {
			for _, other := range taken {
				if other == p {
					return true
				}
			}
			return false
		})
		taken = append(taken, b.prefix)
		return b, err
	}
	for _, want := range []string{"10.128.16.66", "10.128.16.130", "10.128.16.194"} {
		b, err := next()
		require.NoError(t, err)
		assert.Equal(t, want, b.node().String())
		assert.True(t, b.prefix.Contains(b.firstPod()))
		assert.Equal(t, b.node(), b.gateway().Next())
	}
	_, err := next()
	require.EqualError(t, err, "subnet 10.128.16.0/24 has no room for another node: a node and its pods take 64 addresses, and the first 64 are AWS's")
}

func TestNodesAreSpreadOverZones(t *testing.T) {
	t.Parallel()
	a, b := Subnet{Zone: "a"}, Subnet{Zone: "b"}
	assert.Equal(t, a, chooseSubnet([]Subnet{a, b}, nil))
	assert.Equal(t, b, chooseSubnet([]Subnet{a, b}, []*node{{subnet: a}}))
	assert.Equal(t, a, chooseSubnet([]Subnet{a, b}, []*node{{subnet: b}, {subnet: a}}))
}

func TestSizeOf(t *testing.T) {
	t.Parallel()
	for instanceType, want := range map[string]size{
		"m7g.large": {2, 8 * gibibyte, 29}, "m7g.medium": {1, 4 * gibibyte, 8}, "c7gn.xlarge": {4, 8 * gibibyte, 58},
		"r7g.2xlarge": {8, 64 * gibibyte, 58}, "t4g.small": {2, 2 * gibibyte, 11}, "t3.medium": {2, 4 * gibibyte, 17},
	} {
		got, err := sizeOf(instanceType)
		require.NoError(t, err, instanceType)
		assert.Equal(t, want, got, instanceType)
	}
	for _, wrong := range []string{"", "m7g", ".large", "m7g.huge", "x2gd.large", "t4g.16xlarge", "m7g.1xlarge"} {
		_, err := sizeOf(wrong)
		require.ErrorContains(t, err, "instance type: got \""+wrong+"\", expected", wrong)
	}
}
