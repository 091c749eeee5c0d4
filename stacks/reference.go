package stacks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// referenced are outputs of an environment's stack, in a stack that is deployed after it.
type referenced struct {
	reference *pulumi.StackReference
	values    map[string]any
}

// readOutputs reads outputs of the environment's stack, which is of the same project and backend. Of those that are needed, each must be
// there; one within another is written "databases.main".
func readOutputs(ctx *pulumi.Context, environment string, needed []string, optional ...string) (referenced, error) {
	reference, err := pulumi.NewStackReference(ctx, "environment", &pulumi.StackReferenceArgs{
		Name: pulumi.Sprintf("%s/%s/%s", ctx.Organization(), ctx.Project(), environment),
	})
	if err != nil {
		return referenced{}, fmt.Errorf("read the outputs of environment %s: %w", environment, err)
	}
	return readFrom(ctx, reference, environment, needed, optional...)
}

func readFrom(ctx *pulumi.Context, reference *pulumi.StackReference, environment string, needed []string, optional ...string) (referenced, error) {
	outputs := referenced{reference: reference, values: map[string]any{}}
	var missing []string
	for i, name := range slices.Concat(needed, optional) {
		outer, inner, within := strings.Cut(name, ".")
		output, err := reference.GetOutputDetails(outer)
		if err != nil {
			return referenced{}, fmt.Errorf("environment %s: read output %s: %w", environment, name, err)
		}
		value := output.Value
		if within {
			all, _ := value.(map[string]any)
			value = all[inner]
		}
		if i < len(needed) && (value == nil || value == "") {
			missing = append(missing, name)
		}
		outputs.values[name] = value
	}
	if len(missing) > 0 {
		return referenced{}, fmt.Errorf("environment %s has no output %s, without which stack %s cannot be deployed: deploy the environment first",
			environment, strings.Join(missing, ", "), ctx.Stack())
	}
	return outputs, nil
}

func (o referenced) text(name string) string {
	value, _ := o.values[name].(string)
	return value
}

func (o referenced) texts(name string) (texts []string) {
	list, _ := o.values[name].([]any)
	for _, element := range list {
		if text, ok := element.(string); ok {
			texts = append(texts, text)
		}
	}
	return texts
}

// textsByName are the texts of an output that is an object.
func (o referenced) textsByName(name string) map[string]string {
	object, _ := o.values[name].(map[string]any)
	texts := map[string]string{}
	for key, value := range object {
		if text, ok := value.(string); ok {
			texts[key] = text
		}
	}
	return texts
}

// number is a whole number.
func (o referenced) number(name string) int {
	number, _ := o.values[name].(float64)
	return int(number)
}

// databaseHost is the address of a database of the environment.
func (o referenced) databaseHost(database string) string {
	its, _ := o.values["databases."+database].(map[string]any)
	host, _ := its["address"].(string)
	return host
}

// databasePort is where a database of the environment listens.
func (o referenced) databasePort(database string) int {
	its, _ := o.values["databases."+database].(map[string]any)
	port, _ := its["port"].(float64)
	return int(port)
}

// protected says whether what holds data is guarded against deletion. In doubt it is.
func (o referenced) protected() bool {
	protected, isBool := o.values["deletionProtection"].(bool)
	return protected || !isBool
}
