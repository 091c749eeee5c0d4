package observe

import (
	"testing"

	"github.com/genericcorp/platform/tests/testcloud"
)

// Tenants are the tier and the state of each tenant, as the operator's command tells them.
func Tenants(t testing.TB, c *testcloud.Cloud) map[string]string {
	t.Helper()
	var list struct {
		Tenants []struct {
			Slug  string `json:"slug"`
			Tier  string `json:"tier"`
			State string `json:"state"`
		} `json:"tenants"`
	}
	c.Platform(t, &list, "tenant", "list")
	states := map[string]string{}
	for _, tenant := range list.Tenants {
		states[tenant.Slug] = tenant.Tier + " " + tenant.State
	}
	return states
}
