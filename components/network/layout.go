package network

import (
	"errors"
	"fmt"
	"net/netip"

	"go4.org/netipx"

	"github.com/genericcorp/platform/internal/awsvalue"
)

// ZoneSubnets is what one availability zone gets of the network's addresses.
type ZoneSubnets struct {
	Private  netip.Prefix // half of the zone's block: nodes and their pods
	Public   netip.Prefix // a quarter: load balancers and NAT gateways
	Database netip.Prefix // an eighth: database and cache
}

const (
	// MaxZones is the most availability zones that a network spans.
	MaxZones = 6
	// minZones is the least that the cluster and the database take.
	minZones = 2
	// Each zone gets an eighth of the network, however many zones there are, so that adding a zone later moves
	// no subnet of the others; two eighths at least stay free for what is not known yet.
	zoneBits = 3
)

// Layout cuts a network into subnets for the given number of zones. All subnets are disjoint and inside cidr,
// and a zone's subnets do not depend on how many zones follow it.
func Layout(cidr netip.Prefix, zones int) ([]ZoneSubnets, error) {
	if err := errors.Join(checkPrefix(cidr), checkZoneCount(zones)); err != nil {
		return nil, err
	}
	network, err := setOf(cidr)
	if err != nil {
		return nil, err
	}
	subnets := make([]ZoneSubnets, zones)
	for i := range subnets {
		var block netip.Prefix
		if block, network, err = take(network, cidr.Bits()+zoneBits); err != nil {
			return nil, err
		}
		if subnets[i], err = split(block); err != nil {
			return nil, err
		}
	}
	return subnets, nil
}

// split cuts a zone's block into its three subnets.
func split(block netip.Prefix) (ZoneSubnets, error) {
	free, err := setOf(block)
	if err != nil {
		return ZoneSubnets{}, err
	}
	var z ZoneSubnets
	for i, subnet := range []*netip.Prefix{&z.Private, &z.Public, &z.Database} {
		if *subnet, free, err = take(free, block.Bits()+1+i); err != nil {
			return ZoneSubnets{}, err
		}
	}
	return z, nil
}

// take cuts the first prefix of that length out of the free addresses.
func take(free *netipx.IPSet, bits int) (netip.Prefix, *netipx.IPSet, error) {
	prefix, rest, ok := free.RemoveFreePrefix(uint8(bits)) //nolint:gosec // at most 28, by awsvalue.NetworkCIDR
	if !ok {
		return netip.Prefix{}, nil, fmt.Errorf("no /%d left in the network", bits)
	}
	return prefix, rest, nil
}

func setOf(prefix netip.Prefix) (*netipx.IPSet, error) {
	var b netipx.IPSetBuilder
	b.AddPrefix(prefix)
	return b.IPSet()
}

func checkPrefix(cidr netip.Prefix) error {
	if !awsvalue.NetworkCIDR.Valid(cidr.String()) {
		return fmt.Errorf("network %s: expected %s", cidr, awsvalue.NetworkCIDR.Expected())
	}
	return nil
}

func checkZoneCount(zones int) error {
	if zones < 1 || zones > MaxZones {
		return fmt.Errorf("%d zones: expected 1 to %d", zones, MaxZones)
	}
	return nil
}
