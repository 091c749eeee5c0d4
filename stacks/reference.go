package stacks

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/go-viper/mapstructure/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/internal/check"
)

// The tags of a field that takes an output. Its name is the output's; "databases.*" is the database at hand. One that is optional
// may be missing.
const (
	tagOutput   = "output"
	tagOptional = "optional"
)

// accessOutputs are the outputs of an environment that lead to its cluster.
type accessOutputs struct {
	ClusterName                 string `output:"clusterName"`
	ClusterEndpoint             string `output:"clusterEndpoint"`
	ClusterCertificateAuthority string `output:"clusterCertificateAuthority"`
}

// databaseOutput is what an environment says of a database.
type databaseOutput struct {
	Address string `output:"address"`
	Port    int    `output:"port"`
}

// referenced is the stack of an environment, as one that is deployed after it reads it.
type referenced struct {
	ctx         *pulumi.Context
	reference   *pulumi.StackReference
	environment string
	database    string // the one at hand
}

// refer refers to an environment's stack, which is of the same project and backend.
func refer(ctx *pulumi.Context, environment, database string) (referenced, error) {
	reference, err := pulumi.NewStackReference(ctx, "environment", &pulumi.StackReferenceArgs{
		Name: pulumi.Sprintf("%s/%s/%s", ctx.Organization(), ctx.Project(), environment),
	})
	if err != nil {
		return referenced{}, fmt.Errorf("read the outputs of environment %s: %w", environment, err)
	}
	return referenced{ctx, reference, environment, database}, nil
}

// read fills target, a pointer to a struct whose fields are outputs. Each must be there and of its field's type.
func (r referenced) read(target any) error {
	values := map[string]any{}
	typ := reflect.TypeOf(target).Elem()
	for _, f := range reflect.VisibleFields(typ) {
		name := f.Tag.Get(tagOutput)
		if f.Anonymous {
			continue
		}
		outer, _, within := strings.Cut(name, ".")
		output, err := r.reference.GetOutputDetails(outer)
		if err != nil {
			return fmt.Errorf("environment %s: read output %s: %w", r.environment, outer, err)
		}
		value := output.Value
		if within {
			all, _ := value.(map[string]any)
			value = all[r.database]
		}
		if value != nil {
			values[name] = value
		}
	}
	if lacks := missing("", typ, values); len(lacks) > 0 {
		return fmt.Errorf("environment %s has no output %s, without which stack %s cannot be deployed: deploy the environment first",
			r.environment, r.named(strings.Join(lacks, ", ")), r.ctx.Stack())
	}
	if err := decodeOutputs(values, target); err != nil {
		return errors.New(r.named(fmt.Sprintf("environment %s has outputs that stack %s cannot read; deploy the environment with this version first:\n%v",
			r.environment, r.ctx.Stack(), err)))
	}
	return nil
}

// named has the name of the database at hand in a message.
func (r referenced) named(message string) string {
	return strings.ReplaceAll(message, "databases.*", "databases."+r.database)
}

// missing lists the outputs that are not there, or empty, and may not be.
func missing(prefix string, typ reflect.Type, values map[string]any) (names []string) {
	for _, f := range reflect.VisibleFields(typ) {
		if f.Anonymous || f.Tag.Get(tagOptional) != "" {
			continue
		}
		name := f.Tag.Get(tagOutput)
		switch value := values[name].(type) {
		case nil:
			names = append(names, prefix+name)
		case string:
			if value == "" {
				names = append(names, prefix+name)
			}
		case []any:
			if len(value) == 0 {
				names = append(names, prefix+name)
			}
		case map[string]any:
			if f.Type.Kind() == reflect.Struct {
				names = append(names, missing(prefix+name+".", f.Type, value)...)
			}
		}
	}
	return names
}

// decodeOutputs takes no number for a text, nor anything else for what it is not.
func decodeOutputs(values map[string]any, target any) error {
	text, err := json.Marshal(values)
	if err != nil {
		return err
	}
	tree, err := parseJSON(string(text)) // with numbers as they are in settings
	if err != nil {
		return err
	}
	decoder, err := mapstructure.NewDecoder(&mapstructure.DecoderConfig{Result: target, TagName: tagOutput, DecodeHook: strictTypes(false)})
	if err != nil {
		return err
	}
	problems := check.Once()
	reportTypes(decoder.Decode(tree), &report{problems: problems, settings: problems})
	return problems.Err()
}
