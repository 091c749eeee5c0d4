package decision

import (
	"net/http"
	"time"

	"github.com/genericcorp/platform/internal/edge"
	"github.com/genericcorp/platform/services/gate/api"
)

// retryAtOnce is when the first of a tenant's requests may have ended: nobody knows.
const retryAtOnce = time.Second

// AtOnce refuses a request of a tenant that has as many under way as its tier allows.
func AtOnce(tenant string) *Denial {
	d := deny(http.StatusTooManyRequests, api.CodeAtOnce, edge.MessageTooManyAtOnce, "the tenant has too many requests at once")
	d.RetryAfter, d.Tenant = retryAtOnce, tenant
	return d
}

// Uncounted refuses a request of a tenant of which nobody knows how many are under way.
func Uncounted(tenant string, cause error) *Denial {
	d := unknowing(cause.Error())
	d.Tenant = tenant
	return d
}
