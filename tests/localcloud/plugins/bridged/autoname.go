package bridged

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/structpb"
)

// An autoName says how a resource without a name gets one: the resource's name in the program, a hyphen and seven random
// hexadecimal digits.
type autoName struct {
	Property string // the outer property
	Max      int    // characters, the entire name
	Lower    bool   // whether capitals are not allowed
	Start    string // what every name starts with
	FIFO     string // the outer property that makes the name end in ".fifo"
}

const (
	defaultsMark     = "__defaults" // the list of properties that the program did not set
	randomDigits     = 7
	defaultMaxLength = 255
	prefixedName     = "name" // the property that is named where the program gives "namePrefix"
)

// applyName names a resource that the program does not name: as before when the name was made before, else a new one. It
// returns the property that it named, empty when there was nothing to do. A name prefix is used up here, because the bridge
// does not know that it excludes a name.
func (m Mapping) applyName(request *pulumirpc.CheckRequest, inputs *structpb.Struct) (string, error) {
	rule := m.Name
	if rule == nil {
		if _, prefixed := inputs.GetFields()["namePrefix"]; !prefixed {
			return "", nil
		}
		rule = &autoName{Property: prefixedName, Max: defaultMaxLength}
	}
	fields := inputs.GetFields()
	if value, ok := fields[rule.Property]; ok && !isNull(value) {
		return "", nil
	}
	prefixProperty := rule.Property + "Prefix"
	prefix, prefixed := fields[prefixProperty]
	if prefixed && isUnknown(prefix) {
		return "", nil
	}
	delete(fields, prefixProperty)
	if old, ok := madeBefore(request.GetOlds(), rule.Property); ok {
		fields[rule.Property] = old
		return rule.Property, nil
	}
	name, err := rule.newName(request, prefix.GetStringValue(), fields)
	if err != nil {
		return "", fmt.Errorf("name %s: %w", request.GetUrn(), err)
	}
	fields[rule.Property] = structpb.NewStringValue(name)
	return rule.Property, nil
}

func (n *autoName) newName(request *pulumirpc.CheckRequest, prefix string, fields map[string]*structpb.Value) (string, error) {
	options := request.GetAutonaming()
	switch {
	case options.GetMode() == pulumirpc.CheckRequest_AutonamingOptions_DISABLE:
		return "", fmt.Errorf("automatic naming is off: set %s", n.Property)
	case options.GetProposedName() != "":
		return n.Start + options.GetProposedName(), nil
	}
	if prefix == "" {
		prefix = request.GetName() + "-"
	}
	if n.Lower {
		prefix = strings.ToLower(prefix)
	}
	end := ""
	if n.FIFO != "" && fields[n.FIFO].GetBoolValue() {
		end = ".fifo"
	}
	name, err := resource.NewUniqueName(request.GetRandomSeed(), n.Start+prefix, randomDigits, n.Max-len(end), nil)
	return name + end, err
}

// madeBefore returns the old value of a property that was named here and not by the program.
func madeBefore(olds *structpb.Struct, property string) (*structpb.Value, bool) {
	value, ok := olds.GetFields()[property]
	return value, ok && slices.Contains(marks(olds), property)
}

func marks(object *structpb.Struct) []string {
	var names []string
	for _, value := range object.GetFields()[defaultsMark].GetListValue().GetValues() {
		names = append(names, value.GetStringValue())
	}
	return names
}

// keepMark remembers over a refresh that the name was made here: the bridge forgets it.
func (m Mapping) keepMark(before, after *structpb.Struct) {
	if after == nil {
		return
	}
	property := prefixedName
	if m.Name != nil {
		property = m.Name.Property
	}
	if old, made := madeBefore(before, property); made && old.GetStringValue() == after.GetFields()[property].GetStringValue() {
		mark(after, property)
	}
}

// mark notes that the program did not set the property itself.
func mark(object *structpb.Struct, property string) {
	if slices.Contains(marks(object), property) {
		return
	}
	list := object.GetFields()[defaultsMark].GetListValue()
	values := append(slices.Clone(list.GetValues()), structpb.NewStringValue(property))
	object.Fields[defaultsMark] = structpb.NewListValue(&structpb.ListValue{Values: values})
}
