// Package api is what billing understands and answers, and what it writes into Stripe, so that others recognise it there.
//
//page:none what was written is wrong, and the message says what is right
package api

import (
	"strconv"
	"time"

	provisioner "github.com/genericcorp/platform/services/provisioner/api"
)

// The metadata of customers and subscriptions in Stripe. Objects without MetadataEnvironment are not billing's.
const (
	MetadataEnvironment = "platform_environment"
	MetadataTenant      = "platform_tenant"  // its slug
	MetadataCreated     = "platform_created" // when the tenant was made, in seconds since 1970: a slug can be used again
	MetadataChanges     = "platform_changes" // of a subscription: how often its tier was changed
)

// Created is the value of MetadataCreated.
func Created(at time.Time) string { return strconv.FormatInt(at.Unix(), 10) }

// Kind is what is metered.
type Kind string

// The kinds.
const (
	KindRequests Kind = "requests"           // that the application answered
	KindStorage  Kind = "stored_kib_minutes" // in the database: 1 MiB for an hour is 61,440
)

// Kinds are all of them.
var Kinds = []Kind{KindRequests, KindStorage}

// Of takes the kind's amount from the ledger.
func (k Kind) Of(u provisioner.Usage) int64 {
	if k == KindRequests {
		return u.Served
	}
	return u.StoredKiBMinutes
}

// EventName is what the meter of a kind and its events are called.
func EventName(environment string, k Kind) string { return "platform_" + environment + "_" + string(k) }

// Product is the ID of a tier's product.
func Product(environment, tier string) string { return "platform_" + environment + "_" + tier }

// Events are those of Stripe that the endpoint follows.
var Events = []string{"invoice.payment_failed", "invoice.overdue", "invoice.paid", "invoice.voided", "invoice.marked_uncollectible"}
