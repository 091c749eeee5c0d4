package kubernetes

import (
	"errors"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

const (
	autonamed     = "pulumi.com/autonamed" // the annotation that the real provider leaves on objects that it named
	randomDigits  = 8
	maxNameLength = 253
)

// nameObject names an object that the program does not name: as before when it was named before, else by the resource's
// name and some random digits.
func nameObject(request *pulumirpc.CheckRequest, olds, news resource.PropertyMap) error {
	metadata := resource.PropertyMap{}
	if value, ok := news["metadata"]; ok {
		if !value.IsObject() {
			return nil // not known yet
		}
		metadata = value.ObjectValue()
	}
	if metadata.HasValue("name") || metadata.HasValue("generateName") {
		return nil
	}
	name, made := madeName(olds)
	if !made {
		var err error
		if name, err = newName(request); err != nil {
			return err
		}
	}
	annotations := resource.PropertyMap{}
	if value, ok := metadata["annotations"]; ok {
		if !value.IsObject() {
			return errors.New("annotations that are not known yet need metadata.name to be set")
		}
		annotations = value.ObjectValue()
	}
	annotations[autonamed] = resource.NewProperty("true")
	metadata["name"] = resource.NewProperty(name)
	metadata["annotations"] = resource.NewProperty(annotations)
	news["metadata"] = resource.NewProperty(metadata)
	return nil
}

func newName(request *pulumirpc.CheckRequest) (string, error) {
	options := request.GetAutonaming()
	switch {
	case options.GetMode() == pulumirpc.CheckRequest_AutonamingOptions_DISABLE:
		return "", errors.New("automatic naming is off: set metadata.name")
	case options.GetProposedName() != "":
		return options.GetProposedName(), nil
	}
	return resource.NewUniqueName(request.GetRandomSeed(), request.GetName()+"-", randomDigits, maxNameLength, nil)
}

// madeName returns the name that was made for the object before.
func madeName(olds resource.PropertyMap) (string, bool) {
	if !isAutonamed(olds) {
		return "", false
	}
	name := text(olds, "metadata", "name")
	return name, name != ""
}

func isAutonamed(properties resource.PropertyMap) bool {
	return text(properties, "metadata", "annotations", autonamed) == "true"
}

// text returns the text at a path of names, empty when it is missing, not known or no text.
func text(properties resource.PropertyMap, path ...resource.PropertyKey) string {
	value := resource.NewProperty(properties)
	for _, key := range path {
		if !value.IsObject() {
			return ""
		}
		value = value.ObjectValue()[key]
	}
	if !value.IsString() {
		return ""
	}
	return value.StringValue()
}
