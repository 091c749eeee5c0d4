package envoyconfig

import (
	"fmt"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	routev3 "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	descriptorv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/common/ratelimit/v3"
	locallimitv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/local_ratelimit/v3"
	managerv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	typev3 "github.com/envoyproxy/go-control-plane/envoy/type/v3"

	"github.com/genericcorp/platform/internal/check"
	"github.com/genericcorp/platform/internal/tiers"
)

const (
	// AddressPerSecond is how many requests one address may send to one proxy, before anybody knows whose they are. A whole office can
	// have one address, and one connection, which leads to one proxy: so it is above what any tier allows.
	AddressPerSecond = 500
	// mostAddresses is how many addresses the proxy remembers, for a few hundred bytes each. For one more it forgets the one that has been
	// silent for longest, which has all its requests again by then, unless so many others came within a second.
	mostAddresses = 10_000
)

// byAddress limits each address, before anybody is asked, so that nobody without a tenant can keep gate busy, or the service that counts.
// The proxy counts by itself, each for its own. Of IPv6 a customer has a whole /64.
func (w *writer) byAddress() *managerv3.HttpFilter {
	bucket := &typev3.TokenBucket{MaxTokens: AddressPerSecond, TokensPerFill: number(AddressPerSecond), FillInterval: seconds(1)}
	always := &corev3.RuntimeFractionalPercent{DefaultValue: &typev3.FractionalPercent{Numerator: 100}}
	return w.filter("envoy.filters.http.local_ratelimit", &locallimitv3.LocalRateLimit{
		StatPrefix:    "address",
		FilterEnabled: always, FilterEnforced: always, // Envoy's default is never
		RateLimits: []*routev3.RateLimit{{Actions: []*routev3.RateLimit_Action{{
			ActionSpecifier: &routev3.RateLimit_Action_MaskedRemoteAddress_{MaskedRemoteAddress: &routev3.RateLimit_Action_MaskedRemoteAddress{
				V4PrefixMaskLen: number(32), V6PrefixMaskLen: number(64),
			}},
		}}}},
		Descriptors: []*descriptorv3.LocalRateLimitDescriptor{{
			Entries:     []*descriptorv3.RateLimitDescriptor_Entry{{Key: "masked_remote_address"}}, // with no value: each has a bucket of its own
			TokenBucket: bucket,
		}},
		MaxDynamicDescriptors: number(mostAddresses),
		// What has no address, if there is such a thing, shares one bucket.
		TokenBucket: bucket, AlwaysConsumeDefaultTokenBucket: no(),
		// On refusals alone. Envoy's own headers would stand on every answer, beside those of the tenant's limits.
		ResponseHeadersToAdd: []*corev3.HeaderValueOption{
			header("retry-after", "1"), header("x-ratelimit-limit", fmt.Sprintf("%d, %d;w=1", AddressPerSecond, AddressPerSecond)),
			header("x-ratelimit-remaining", "0"), header("x-ratelimit-reset", "1"),
		},
	})
}

func header(name, value string) *corev3.HeaderValueOption {
	return &corev3.HeaderValueOption{
		Header: &corev3.HeaderValue{Key: name, Value: value}, AppendAction: corev3.HeaderValueOption_OVERWRITE_IF_EXISTS_OR_ADD,
	}
}

// checkTiers tells which tier allows more than an address may send.
func checkTiers(p *check.Problems) {
	for _, tier := range tiers.All() {
		p.Require(tier.Limits.RequestsPerSecond < AddressPerSecond, "tiers."+tier.Name+".requestsPerSecond", tier.Limits.RequestsPerSecond,
			fmt.Sprintf("less than the %d that one address may send", AddressPerSecond))
	}
}
