package fabric

import (
	"fmt"

	"github.com/vishvananda/netlink"
)

// Try makes a router and a pair of interfaces in it, and lets them go again: the error says what the kernel lacks.
func Try() error {
	f, err := New()
	if err != nil {
		return err
	}
	defer f.Close()
	attributes := netlink.NewLinkAttrs()
	attributes.Name = "try"
	if err := f.handle.LinkAdd(&netlink.Veth{LinkAttrs: attributes, PeerName: "other"}); err != nil {
		return fmt.Errorf("pairs of interfaces (the kernel's module veth): %w", err)
	}
	return nil
}
