package awsvalue

import (
	"net/mail"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// privateRanges are those of RFC 1918.
var privateRanges = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"),
	netip.MustParsePrefix("172.16.0.0/12"),
	netip.MustParsePrefix("192.168.0.0/16"),
}

// PrivateRanges are those of RFC 1918, which no address on the internet is in.
func PrivateRanges() []string {
	ranges := make([]string, len(privateRanges))
	for i, private := range privateRanges {
		ranges[i] = private.String()
	}
	return ranges
}

// AddressRange is any range of IPv4 addresses.
var AddressRange = Rule{
	expected: "an IPv4 range, written by its first address",
	valid: func(cidr string) bool {
		_, ok := canonical(cidr)
		return ok
	},
}

// NetworkCIDR is the address range of a VPC that the layout of the subnets can divide: at most a /16, which is AWS's
// limit, and at least a /22, below which the subnets of six zones would be smaller than AWS takes (/28).
var NetworkCIDR = Rule{
	expected: "a private IPv4 range (RFC 1918) from /16 to /22, written by its first address",
	valid: func(cidr string) bool {
		prefix, ok := canonical(cidr)
		return ok && prefix.Bits() >= 16 && prefix.Bits() <= 22 &&
			slices.ContainsFunc(privateRanges, func(private netip.Prefix) bool { return private.Contains(prefix.Addr()) })
	},
}

// AccessCIDR is a range that may reach an API from the internet: never a large part of it.
var AccessCIDR = Rule{
	expected: "an IPv4 range of /16 or smaller, written by its first address",
	valid: func(cidr string) bool {
		prefix, ok := canonical(cidr)
		return ok && prefix.Bits() >= 16
	},
}

// canonical parses an IPv4 range that is written by its first address, as AWS stores it.
func canonical(cidr string) (netip.Prefix, bool) {
	prefix, err := netip.ParsePrefix(cidr)
	return prefix, err == nil && prefix.Addr().Is4() && prefix == prefix.Masked()
}

// ServiceName is the short name of an AWS service that has an interface endpoint.
var ServiceName = pattern(`the short name of a service such as "ecr.api"`, `^[a-z0-9]+([.-][a-z0-9]+)*$`)

// DomainName is a domain, in lower case and without a dot at its end.
var DomainName = pattern(`a domain such as "genericcorp.example"`, `^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$`)

// HostedZoneID is the id of a zone of Route 53.
var HostedZoneID = pattern(`the id of a hosted zone, such as "Z0123456789ABC"`, `^Z[A-Z0-9]{1,31}$`)

// Mail is a bare address with a full domain, without a display name, of as many characters as AWS Budgets takes.
var Mail = mailUpTo(50)

// AnyMail is a Mail of as many characters as SMTP takes. https://www.rfc-editor.org/errata/eid1690
var AnyMail = mailUpTo(254)

func mailUpTo(longest int) Rule {
	return Rule{
		expected: `a mail address such as "platform@genericcorp.example"`,
		valid: func(address string) bool {
			parsed, err := mail.ParseAddress(address)
			if err != nil || parsed.Address != address || len(address) > longest {
				return false
			}
			_, domain, _ := strings.Cut(address, "@")
			return strings.Contains(strings.Trim(domain, "."), ".")
		},
	}
}

// HTTPS is an address that is reached over TLS and holds no password.
var HTTPS = Rule{
	expected: "an https address",
	valid: func(address string) bool {
		parsed, err := url.Parse(address)
		return err == nil && parsed.Scheme == "https" && strings.Contains(parsed.Hostname(), ".") && parsed.User == nil
	},
}

// DNSLabel is one part of a host name.
var DNSLabel = pattern("1 to 63 lower-case letters, digits and hyphens, no hyphen at an end", `^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// PublicName is a name that is shown to everybody.
var PublicName = pattern("1 to 60 letters, digits, spaces and any of . , & ' ( ) / -, beginning with a letter or digit", `^[\p{L}\p{N}][\p{L}\p{N} .,&'()/-]{0,59}$`)

// URLPath is the path of a page, without a query.
var URLPath = pattern(`a path such as "/healthz"`, `^/[A-Za-z0-9/._~-]{0,200}$`)
