package kubernetes

import (
	"fmt"
	"math"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// An object is one object of the Kubernetes API.
type object struct{ *unstructured.Unstructured }

// An identity says which object; the namespace is empty for what belongs to the cluster itself.
type identity struct{ apiVersion, kind, namespace, name string }

// String is the object's id in Pulumi's state.
func (i identity) String() string {
	if i.namespace == "" {
		return i.name
	}
	return i.namespace + "/" + i.name
}

func (o object) identity() identity {
	return identity{apiVersion: o.GetAPIVersion(), kind: o.GetKind(), namespace: o.GetNamespace(), name: o.GetName()}
}

// identityOf reads the type in the URN and the id in the state.
func identityOf(name, id string) (identity, error) {
	apiVersion, kind, err := splitToken(string(urn.URN(name).Type()))
	if err != nil {
		return identity{}, err
	}
	namespace, object, namespaced := strings.Cut(id, "/")
	if !namespaced {
		namespace, object = "", id
	}
	return identity{apiVersion: apiVersion, kind: kind, namespace: namespace, name: object}, nil
}

// splitToken reads the API version and the kind in a type token: kubernetes:core/v1:Namespace is v1 and Namespace.
func splitToken(token string) (apiVersion, kind string, err error) {
	parts := strings.Split(token, ":")
	if len(parts) != 3 {
		return "", "", fmt.Errorf("type %q: expected kubernetes:<group>/<version>:<Kind>", token)
	}
	return strings.TrimPrefix(parts[1], "core/"), parts[2], nil
}

// objectOf makes an object of inputs that are wholly known.
func objectOf(inputs resource.PropertyMap) (object, error) {
	fields, ok := wholeNumbers(inputs.Mappable()).(map[string]any)
	if !ok {
		return object{}, fmt.Errorf("expected an object, got %T", inputs.Mappable())
	}
	return object{&unstructured.Unstructured{Object: fields}}, nil
}

// wholeNumbers writes 3.0 as 3: Pulumi knows one kind of number, the API server two.
func wholeNumbers(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for key, item := range v {
			v[key] = wholeNumbers(item)
		}
	case []any:
		for i, item := range v {
			v[i] = wholeNumbers(item)
		}
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return int64(v)
		}
	}
	return value
}

// volatile is what the server changes by itself and nobody asked for.
var volatile = []string{"managedFields", "resourceVersion", "generation"}

// properties returns what the state keeps of the object. The content of a Secret is secret.
func (o object) properties() resource.PropertyMap {
	kept := o.DeepCopy().Object
	delete(kept, "status")
	if metadata, ok := kept["metadata"].(map[string]any); ok {
		for _, field := range volatile {
			delete(metadata, field)
		}
	}
	properties := resource.NewPropertyMapFromMap(kept)
	if o.GetKind() == "Secret" && o.GetAPIVersion() == "v1" {
		for _, field := range []resource.PropertyKey{"data", "stringData"} {
			if value, ok := properties[field]; ok {
				properties[field] = resource.MakeSecret(value)
			}
		}
	}
	return properties
}

// project returns the inputs with the values of the live object: what the object no longer has is left out, except what
// the API server never shows again.
func project(input, live resource.PropertyValue) resource.PropertyValue {
	for live.IsSecret() {
		live = live.SecretValue().Element
	}
	if !input.IsObject() || !live.IsObject() {
		return live
	}
	projected := resource.PropertyMap{}
	for key, value := range input.ObjectValue() {
		current, ok := live.ObjectValue()[key]
		switch {
		case ok:
			projected[key] = project(value, current)
		case key == "stringData":
			projected[key] = value
		}
	}
	return resource.NewProperty(projected)
}
