package fabric

import (
	"fmt"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Try makes a router and a pair of interfaces in it, asks for its rules, and lets all go again: the error says what the kernel lacks.
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
	if err := f.Do(func() error { return askNetfilter(unix.NFNL_SUBSYS_NFTABLES, unix.NFT_MSG_GETGEN) }); err != nil {
		return fmt.Errorf("rules for packets (the kernel's module nf_tables): %w", err)
	}
	return nil
}

// askNetfilter asks a part of netfilter something. The kernel loads the module for it, or answers with an error when there is none
// (nfnetlink_rcv_msg in its net/netfilter/nfnetlink.c).
func askNetfilter(subsystem, message int) error {
	request := nl.NewNetlinkRequest(subsystem<<8|message, 0)
	request.AddData(&nl.Nfgenmsg{NfgenFamily: unix.AF_UNSPEC, Version: nl.NFNETLINK_V0})
	_, err := request.Execute(unix.NETLINK_NETFILTER, 0)
	return err
}
