package estimator_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/pricing/catalogue"
	"github.com/genericcorp/platform/internal/pricing/estimator"
	"github.com/genericcorp/platform/internal/pricing/usage"
)

// today is the day that the tests live on.
var today = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

type props map[string]any

func unknown() any { return resource.MakeComputed(resource.NewProperty("")) }

func secret(v any) any { return resource.MakeSecret(resource.NewPropertyValue(v)) }

// list and object spare the tests Go's type names.
func list(items ...any) []any { return items }

// planned is a resource as a plan shows it. kind is the token's part after "aws:".
func planned(token, name string, p props) estimator.Resource {
	values := resource.PropertyMap{}
	for k, v := range p {
		if nested, ok := v.(props); ok {
			v = map[string]any(nested)
		}
		if value, ok := v.(resource.PropertyValue); ok {
			values[resource.PropertyKey(k)] = value
			continue
		}
		values[resource.PropertyKey(k)] = resource.NewPropertyValue(v)
	}
	urn := fmt.Sprintf("urn:pulumi:test::platform::%s::%s", token, name)
	return estimator.FromPropertyMap(urn, token, name, values)
}

// with gives properties a value of the new form.
func with(r estimator.Resource, name string, v property.Value) estimator.Resource {
	r.Properties = r.Properties.Set(name, v)
	return r
}

func newEstimator(t testing.TB, u *usage.Profile, o estimator.Options) *estimator.Estimator {
	t.Helper()
	c, err := catalogue.Embedded()
	require.NoError(t, err)
	if o.Now.IsZero() {
		o.Now = today
	}
	e, err := estimator.New(c, u, o)
	require.NoError(t, err)
	return e
}

// standing estimates without any usage.
func standing(t testing.TB, resources ...estimator.Resource) estimator.Report {
	t.Helper()
	return newEstimator(t, usage.None(), estimator.Options{}).Estimate(resources)
}

func d(text string) decimal.Decimal { return decimal.RequireFromString(text) }

// lines shows a resource's lines as "description: amount", without usage lines of zero.
func lines(c estimator.ResourceCost) []string {
	var shown []string
	for _, l := range c.Lines {
		if l.Kind == estimator.Usage && l.Monthly.IsZero() {
			continue
		}
		shown = append(shown, l.Description+": "+l.Monthly.Round(3).String())
	}
	return shown
}
