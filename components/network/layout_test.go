package network_test

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/genericcorp/platform/components/network"
)

// anyNetwork draws a network that Layout takes.
func anyNetwork(t *rapid.T) netip.Prefix {
	bits := rapid.IntRange(16, 22).Draw(t, "bits")
	address := netip.AddrFrom4([4]byte(append([]byte{10}, rapid.SliceOfN(rapid.Byte(), 3, 3).Draw(t, "address")...)))
	return netip.PrefixFrom(address, bits).Masked()
}

func all(zones []network.ZoneSubnets) []netip.Prefix {
	var list []netip.Prefix
	for _, z := range zones {
		list = append(list, z.Private, z.Public, z.Database)
	}
	return list
}

func TestSubnetsAreInsideAndDisjoint(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cidr, zones := anyNetwork(t), rapid.IntRange(1, network.MaxZones).Draw(t, "zones")
		layout, err := network.Layout(cidr, zones)
		if err != nil || len(layout) != zones {
			t.Fatalf("Layout(%s, %d) gave %d zones, %v", cidr, zones, len(layout), err)
		}
		subnets := all(layout)
		for i, s := range subnets {
			if s != s.Masked() || !cidr.Contains(s.Addr()) || s.Bits() < cidr.Bits() {
				t.Fatalf("%s is not a subnet of %s", s, cidr)
			}
			for _, other := range subnets[i+1:] {
				if s.Overlaps(other) {
					t.Fatalf("%s and %s overlap", s, other)
				}
			}
		}
	})
}

func TestSubnetsHaveTheRightSizes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cidr, zones := anyNetwork(t), rapid.IntRange(1, network.MaxZones).Draw(t, "zones")
		layout, err := network.Layout(cidr, zones)
		if err != nil {
			t.Fatal(err)
		}
		for _, z := range layout {
			got := [3]int{z.Private.Bits(), z.Public.Bits(), z.Database.Bits()}
			if want := [3]int{cidr.Bits() + 4, cidr.Bits() + 5, cidr.Bits() + 6}; got != want {
				t.Fatalf("private, public and database subnets are %v bits long, expected %v", got, want)
			}
			if z.Database.Bits() > 28 {
				t.Fatalf("AWS takes no subnet as small as %s", z.Database)
			}
		}
	})
}

func TestAnotherZoneMovesNoSubnet(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cidr, zones := anyNetwork(t), rapid.IntRange(1, network.MaxZones-1).Draw(t, "zones")
		before, err := network.Layout(cidr, zones)
		if err != nil {
			t.Fatal(err)
		}
		after, err := network.Layout(cidr, zones+1)
		if err != nil {
			t.Fatal(err)
		}
		for i := range before {
			if before[i] != after[i] {
				t.Fatalf("zone %d moved from %v to %v", i, before[i], after[i])
			}
		}
	})
}

func TestLayoutOfAUsualNetwork(t *testing.T) {
	t.Parallel()
	layout, err := network.Layout(netip.MustParsePrefix("10.20.0.0/16"), 3)
	require.NoError(t, err)
	zone := func(private, public, database string) network.ZoneSubnets {
		return network.ZoneSubnets{
			Private: netip.MustParsePrefix(private), Public: netip.MustParsePrefix(public), Database: netip.MustParsePrefix(database),
		}
	}
	require.Equal(t, []network.ZoneSubnets{
		zone("10.20.0.0/20", "10.20.16.0/21", "10.20.24.0/22"),
		zone("10.20.32.0/20", "10.20.48.0/21", "10.20.56.0/22"),
		zone("10.20.64.0/20", "10.20.80.0/21", "10.20.88.0/22"),
	}, layout)
}

func TestLayoutRefuses(t *testing.T) {
	t.Parallel()
	const expected = `: expected a private IPv4 range (RFC 1918) from /16 to /22, written by its first address`
	for _, c := range []struct {
		cidr    netip.Prefix
		zones   int
		message string
	}{
		{netip.MustParsePrefix("10.0.0.0/15"), 1, "network 10.0.0.0/15" + expected},
		{netip.MustParsePrefix("10.0.0.0/23"), 1, "network 10.0.0.0/23" + expected},
		{netip.MustParsePrefix("10.0.0.1/16"), 1, "network 10.0.0.1/16" + expected},
		{netip.MustParsePrefix("2001:db8::/20"), 1, "network 2001:db8::/20" + expected},
		{netip.Prefix{}, 1, "network invalid Prefix" + expected},
		{netip.MustParsePrefix("10.0.0.0/16"), 0, "0 zones: expected 1 to 6"},
		{netip.MustParsePrefix("10.0.0.0/8"), 7, "network 10.0.0.0/8" + expected + "\n7 zones: expected 1 to 6"},
	} {
		_, err := network.Layout(c.cidr, c.zones)
		require.EqualError(t, err, c.message)
	}
}
