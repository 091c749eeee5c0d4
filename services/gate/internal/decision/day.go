package decision

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/genericcorp/platform/internal/edge"
	"github.com/genericcorp/platform/internal/tiers"
	"github.com/genericcorp/platform/services/gate/api"
	"github.com/genericcorp/platform/services/gate/internal/directory"
)

// spent refuses a tenant that has used up its day, by the ledger: the service that counts knows no more of it once its cache was lost. A
// day that has ended since the ledger was asked is none any more. A client gets what it would get of the proxy.
func (g Gate) spent(today directory.Today, limits tiers.Limits) *Denial {
	left := today.Ends.Sub(g.Now())
	if left <= 0 || today.Admitted < int64(limits.RequestsPerDay) {
		return nil
	}
	d := deny(http.StatusTooManyRequests, api.CodeTooMany, edge.MessageTooMany, "the tenant has used up its day, by the ledger")
	d.RetryAfter = left.Truncate(time.Second)
	if d.RetryAfter < left {
		d.RetryAfter += time.Second
	}
	// As Envoy writes them. https://www.envoyproxy.io/docs/envoy/v1.37.0/api-v3/extensions/filters/http/ratelimit/v3/rate_limit.proto
	const day = 24 * time.Hour
	d.Headers = map[string]string{
		"X-RateLimit-Limit":     fmt.Sprintf("%d, %d;w=1, %d;w=%d", limits.RequestsPerDay, limits.RequestsPerSecond, limits.RequestsPerDay, int(day/time.Second)),
		"X-RateLimit-Remaining": "0",
		"X-RateLimit-Reset":     strconv.Itoa(int(d.RetryAfter / time.Second)),
	}
	return d
}
