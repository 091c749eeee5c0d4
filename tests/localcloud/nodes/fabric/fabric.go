package fabric

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// gateway is the router's address as every node sees it, whatever subnet the node is in.
var gateway = netip.MustParseAddr("169.254.1.1")

// Fabric is the router. Nodes are connected to it alone, so what goes from one to another passes it, and what no node has goes
// nowhere.
type Fabric struct {
	Namespace

	handle *netlink.Handle
}

// New makes a router without nodes.
func New() (*Fabric, error) {
	namespace, err := NewNamespace()
	if err != nil {
		return nil, err
	}
	f := &Fabric{Namespace: namespace}
	if f.handle, err = namespace.links(); err != nil {
		return nil, errors.Join(err, namespace.Close())
	}
	err = errors.Join(setUp(f.handle, "lo"), f.AddAddress(gateway), namespace.Do(func() error {
		return os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0)
	}))
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("make the nodes' network: %w", err)
	}
	return f, nil
}

// Close lets the router go; with the last node the kernel removes it.
func (f *Fabric) Close() {
	f.handle.Close()
	_ = f.Namespace.Close() // only a bad handle fails
}

// AddAddress gives the router one more address, at which something can listen. It is no error when it has it.
func (f *Fabric) AddAddress(address netip.Addr) error {
	return addAddress(f.handle, "lo", address)
}

// Node is a node's place in the network.
type Node struct {
	// Link is the name of the router's interface to the node, of at most 15 letters.
	Link    string
	Address netip.Addr
	// Pods are the addresses that the node gives its pods.
	Pods netip.Prefix
	// Local are addresses that the node itself has beside its own: what listens there is reached by its pods alone.
	Local []netip.Addr
}

// Connect joins the namespace of a process, which has no interfaces yet, to the router. The interfaces go with the process.
func (f *Fabric) Connect(node Node, pid int) error {
	namespace, err := NamespaceOf(pid)
	if err != nil {
		return err
	}
	defer namespace.Close()
	inside, err := namespace.links()
	if err != nil {
		return err
	}
	defer inside.Close()
	if err := f.connect(node, pid, inside); err != nil {
		return fmt.Errorf("connect node %s: %w", node.Address, err)
	}
	return nil
}

func (f *Fabric) connect(node Node, pid int, inside *netlink.Handle) error {
	attributes := netlink.NewLinkAttrs()
	attributes.Name = node.Link
	if err := f.handle.LinkAdd(&netlink.Veth{LinkAttrs: attributes, PeerName: "eth0", PeerNamespace: netlink.NsPid(pid)}); err != nil {
		return fmt.Errorf("add the pair of interfaces: %w", err)
	}
	for _, address := range node.Local {
		if err := addAddress(inside, "lo", address); err != nil {
			return err
		}
	}
	if err := errors.Join(setUp(inside, "lo"), addAddress(inside, "eth0", node.Address), setUp(inside, "eth0"), setUp(f.handle, node.Link)); err != nil {
		return err
	}
	host := func(address netip.Addr) netip.Prefix { return netip.PrefixFrom(address, address.BitLen()) }
	return errors.Join(
		addRoute(inside, "eth0", host(gateway), netip.Addr{}),
		addRoute(inside, "eth0", netip.PrefixFrom(netip.IPv4Unspecified(), 0), gateway),
		addRoute(f.handle, node.Link, host(node.Address), netip.Addr{}),
		addRoute(f.handle, node.Link, node.Pods, node.Address),
	)
}

// addAddress gives a link an address. One that is good on a link alone is never that from which something calls: what comes from the router
// has an address of the VPC, as what comes from a load balancer has on AWS, and network policies judge it by that.
func addAddress(handle *netlink.Handle, link string, address netip.Addr) error {
	found, err := handle.LinkByName(link)
	if err != nil {
		return err
	}
	added := &netlink.Addr{IPNet: ipNet(netip.PrefixFrom(address, address.BitLen()))}
	if address.IsLinkLocalUnicast() {
		added.Scope = unix.RT_SCOPE_LINK
	}
	err = handle.AddrReplace(found, added)
	if err != nil {
		return fmt.Errorf("give %s the address %s: %w", link, address, err)
	}
	return nil
}

func setUp(handle *netlink.Handle, link string) error {
	found, err := handle.LinkByName(link)
	if err != nil {
		return fmt.Errorf("find the interface %s: %w", link, err)
	}
	return handle.LinkSetUp(found)
}

// addRoute leads a range to a link, by way of a neighbour if there is one.
func addRoute(handle *netlink.Handle, link string, to netip.Prefix, via netip.Addr) error {
	found, err := handle.LinkByName(link)
	if err != nil {
		return err
	}
	route := &netlink.Route{LinkIndex: found.Attrs().Index, Dst: ipNet(to), Scope: netlink.SCOPE_LINK}
	if via.IsValid() {
		route.Gw, route.Scope, route.Flags = via.AsSlice(), unix.RT_SCOPE_UNIVERSE, int(netlink.FLAG_ONLINK)
	}
	if err := handle.RouteReplace(route); err != nil {
		return fmt.Errorf("lead %s to %s: %w", to, link, err)
	}
	return nil
}

func ipNet(prefix netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: prefix.Addr().AsSlice(), Mask: net.CIDRMask(prefix.Bits(), prefix.Addr().BitLen())}
}
