// Package leases bounds how many requests of a tenant are under way at once, over all gates and proxies: each has a lease in the cache, until
// the proxy has told its end or its time is over.
package leases

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// Lasts is how long a lease holds whose end nobody tells. The proxy lets no request take longer: 30 seconds to arrive, and 30 more.
	Lasts = time.Minute
	// patience is how long the cache may take: the proxy waits for gate for a second.
	patience = 500 * time.Millisecond
	// mostEnds is how many ends wait for the cache at most, and mostAtOnce how many it is told at once.
	mostEnds, mostAtOnce = 10_000, 1000
)

// ErrTooMany says that the tenant has as many requests under way as it may.
//
//page:none the client is told when to come again
var ErrTooMany = errors.New("the tenant has as many requests under way as its tier allows")

// Leases is safe for concurrent use. Somebody must Run it.
type Leases struct {
	client *redis.Client
	lasts  time.Duration
	ends   chan lease
	full   atomic.Int64 // ends that there was no room for
}

type lease struct{ tenant, id string }

// take is done as one: nobody else comes between the count and the lease. Times are the cache's own, so that gates need not agree on one.
// KEYS: the tenant's leases, by the time of each. ARGV: how many there may be, how long one lasts (ms), the lease.
var take = redis.NewScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
if not redis.call('ZSCORE', KEYS[1], ARGV[3]) and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[1]) then
	return 0
end
redis.call('ZADD', KEYS[1], now, ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
`)

func key(tenant string) string { return "edge_under_way_" + tenant }

// Take takes a lease for a request, of so many that the tenant may have. No other request has its id. An error is ErrTooMany, or says that nobody
// knows.
func (l *Leases) Take(ctx context.Context, tenant, id string, most int) error {
	soon, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	taken, err := take.Run(soon, l.client, []string{key(tenant)}, most, l.lasts.Milliseconds(), id).Int()
	if err == nil {
		err = ctx.Err() // whoever asked has gone, and will never tell the end
	}
	if err != nil {
		l.End(tenant, id) // the cache may have given it all the same
		return fmt.Errorf("count the requests under way: %w", err)
	}
	if taken == 0 {
		return ErrTooMany
	}
	return nil
}

// End gives a lease back, soon. It does not wait: what there is no room for ends by its time.
func (l *Leases) End(tenant, id string) {
	select {
	case l.ends <- lease{tenant, id}:
	default:
		l.full.Add(1)
	}
}

// Run tells the cache of ends until the context ends, and of those that wait then.
func (l *Leases) Run(ctx context.Context) {
	for {
		select {
		case first := <-l.ends:
			l.tell(ctx, l.waiting(first))
		case <-ctx.Done():
			for len(l.ends) > 0 {
				l.tell(ctx, l.waiting(<-l.ends))
			}
			return
		}
	}
}

// waiting are the ends that wait, by tenant.
func (l *Leases) waiting(first lease) map[string][]any {
	ids := map[string][]any{first.tenant: {first.id}}
	for n := 1; n < mostAtOnce; n++ {
		select {
		case next := <-l.ends:
			ids[next.tenant] = append(ids[next.tenant], next.id)
		default:
			return ids
		}
	}
	return ids
}

func (l *Leases) tell(ctx context.Context, ids map[string][]any) {
	soon, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience) // what has ended has ended, also when gate does
	defer cancel()
	_, err := l.client.Pipelined(soon, func(all redis.Pipeliner) error {
		for tenant, ended := range ids {
			all.ZRem(soon, key(tenant), ended...)
		}
		return nil
	})
	if full := l.full.Swap(0); err != nil || full > 0 {
		slog.Error("requests that have ended count as under way for up to a minute", "cause", err, "tenants", len(ids), "dropped", full)
	}
}
