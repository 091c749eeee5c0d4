package cost

import (
	"encoding/json"
	"time"

	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/internal/pricing/estimator"
	"github.com/genericcorp/platform/policies/policyconfig"
)

// ownTypes are the types of a tenant's own resources that cost something.
var ownTypes = []string{"aws:secretsmanager/secret:Secret"}

// OwnUSD estimates what the resources of a tenant's own stack cost a month, as the policy pack does, in the region of the document's stack.
// The stacks themselves are not read: all of them have the same.
func (d Document) OwnUSD(settingsFile string, now time.Time) (decimal.Decimal, error) {
	config, err := d.configuration(settingsFile)
	if err != nil {
		return decimal.Zero, err
	}
	settings, err := json.Marshal(map[string]string{"kind": "tenant", "environment": d.Stack})
	if err != nil {
		return decimal.Zero, err
	}
	terms, err := policyconfig.Read(func(key string) string {
		switch key {
		case policyconfig.SettingsKey:
			return string(settings)
		case policyconfig.RegionKey:
			return config[key]
		default: // what the environment's own stack assumes is not the tenants'
			return ""
		}
	}, now)
	if err != nil {
		return decimal.Zero, err
	}
	resources := make([]estimator.Resource, 0, len(ownTypes))
	for _, token := range ownTypes {
		resources = append(resources, estimator.Resource{URN: token, Type: token, Name: "own"})
	}
	return terms.Estimator.Estimate(resources).Total(), nil
}
