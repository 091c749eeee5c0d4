package nodes

import (
	"encoding/binary"
	"fmt"
	"net/netip"
)

// blockBits is the size of a node's block in its subnet: the node's own address and those of 60 pods.
const blockBits = 26

// block is a node's part of a subnet. Its first address is the gateway of its pods, the second the node's own.
type block struct{ prefix netip.Prefix }

func (b block) nth(n uint32) netip.Addr { return nth(b.prefix, n) }
func (b block) gateway() netip.Addr     { return b.nth(1) }
func (b block) node() netip.Addr        { return b.nth(2) }
func (b block) firstPod() netip.Addr    { return b.nth(3) }

// freeBlock is the first block of the subnet that nobody has. The first of all is left to what else a VPC has addresses for.
func freeBlock(subnet netip.Prefix, taken func(netip.Prefix) bool) (block, error) {
	for i := uint32(1); subnet.Bits() < blockBits && i < 1<<(blockBits-subnet.Bits()); i++ {
		candidate := netip.PrefixFrom(nth(subnet, i<<(32-blockBits)), blockBits)
		if !taken(candidate) {
			return block{candidate}, nil
		}
	}
	return block{}, fmt.Errorf("subnet %s has no room for another node: a node and its pods take 64 addresses, and the first 64 are AWS's", subnet)
}

// nth is an address of an IPv4 range, counted from its first.
func nth(prefix netip.Prefix, n uint32) netip.Addr {
	first := prefix.Masked().Addr().As4()
	var address [4]byte
	binary.BigEndian.PutUint32(address[:], binary.BigEndian.Uint32(first[:])+n)
	return netip.AddrFrom4(address)
}
