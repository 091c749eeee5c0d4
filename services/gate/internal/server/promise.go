package server

import (
	"net/http"

	accesslogv3 "github.com/envoyproxy/go-control-plane/envoy/data/accesslog/v3"

	"github.com/genericcorp/platform/internal/edge"
	"github.com/genericcorp/platform/internal/tiers"
)

// What is promised to a tenant is measured here, where every request ends: how many of those that should be served fail, and how many
// wait. docs/slo.md has the words for people.

// failed tells whether a request went wrong by no fault of its client: with a status from 500 on, whoever answered, or with an answer that
// ended too early. A client that went away before it was answered has no status.
func failed(entry *accesslogv3.HTTPAccessLogEntry) bool {
	flags := entry.GetCommonProperties().GetResponseFlags()
	return entry.GetResponse().GetResponseCode().GetValue() >= http.StatusInternalServerError ||
		flags.GetUpstreamConnectionTermination() || flags.GetUpstreamRemoteReset()
}

// slow tells whether the first byte of the answer left later than the objective of the tenant's tier.
func slow(entry *accesslogv3.HTTPAccessLogEntry) bool {
	tier, err := tiers.Find(told(entry)[edge.MetadataTier].GetStringValue())
	return err == nil && entry.GetCommonProperties().GetTimeToFirstDownstreamTxByte().AsDuration() > tier.Latency.Within
}

// whose is the tenant that gate told the proxy. Where it told none, because it did not know or was not asked in time, the request of a known
// tenant's host that failed is that tenant's: it is that one whom the failure hurts.
func (a *AccessLog) whose(entry *accesslogv3.HTTPAccessLogEntry, failed bool) string {
	tenant := told(entry)[edge.MetadataTenant].GetStringValue()
	if tenant != "" || !failed {
		return tenant
	}
	named, err := a.Domain.Tenant(entry.GetRequest().GetAuthority(), "")
	if err != nil || !a.Known(named) {
		return ""
	}
	return named
}
