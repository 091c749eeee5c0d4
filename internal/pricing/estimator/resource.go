package estimator

import (
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/policyx"
)

// Resource is one resource of a plan or a state.
type Resource struct {
	URN        string
	Type       string // Pulumi's token, for instance aws:rds/instance:Instance
	Name       string
	ID         string // the provider's id, once it exists
	Region     string // from the resource's provider; empty: Options.Region
	Properties property.Map
	// Dependencies tells for each property which resources its value comes from (URNs), so that a launch template is
	// found although its id is not known yet.
	Dependencies map[string][]string
}

// FromAnalyzer converts what a policy is given.
func FromAnalyzer(r policyx.AnalyzerResource) Resource {
	converted := Resource{
		URN: r.URN, Type: r.Type, Name: r.Name, Properties: r.Properties, Dependencies: r.PropertyDependencies,
	}
	if region := r.Provider.Properties.Get("region"); region.IsString() {
		converted.Region = region.AsString()
	}
	return converted
}

// FromPropertyMap converts the property values that plans and states are read into.
func FromPropertyMap(urn, token, name string, properties resource.PropertyMap) Resource {
	return Resource{URN: urn, Type: token, Name: name, Properties: resource.FromResourcePropertyMap(properties)}
}

// The marks that Pulumi puts into JSON.
const (
	unknownMark    = "04da6b54-80e4-46f7-96ec-b56ff0331ba9" // an unknown value of any type starts with this
	wrapperKey     = "4dabf18193072939515e22adb298388d"     // the key of a wrapped value's kind
	redactedSecret = "[secret]"
)

// FromJSON converts properties as `pulumi preview --json` and `pulumi stack export` write them: unknown values become
// unknown and secrets secret, without their content.
func FromJSON(properties map[string]any) property.Map {
	converted := make(map[string]property.Value, len(properties))
	for name, value := range properties {
		converted[name] = valueFromJSON(value)
	}
	return property.NewMap(converted)
}

func valueFromJSON(value any) property.Value {
	switch v := value.(type) {
	case bool:
		return property.New(v)
	case float64:
		return property.New(v)
	case string:
		switch v {
		case redactedSecret:
			return property.New(property.Computed).WithSecret(true)
		case unknownMark:
			return property.New(property.Computed)
		}
		return property.New(v)
	case []any:
		items := make([]property.Value, len(v))
		for i, item := range v {
			items[i] = valueFromJSON(item)
		}
		return property.New(items)
	case map[string]any:
		if _, wrapped := v[wrapperKey]; wrapped {
			return property.New(property.Computed).WithSecret(true)
		}
		return property.New(FromJSON(v))
	default:
		return property.Value{}
	}
}
