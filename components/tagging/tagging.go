// Package tagging puts the company's tags on every resource that can carry them, in one place: the stack adds
// what is true of all of it (Stack), each component adds its own name (Component), and no resource lists tags.
package tagging

import (
	"reflect"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// The keys of the company's tags. AWS bills by them once they are activated as cost allocation tags.
const (
	KeyEnvironment = "environment"
	KeyComponent   = "component"
	KeyOwner       = "owner"
	KeyCostCentre  = "cost-centre"
	KeyTenant      = "tenant"
	KeyName        = "Name" // the name the AWS console shows
)

// RotatedOnDemand are the tags of a secret that no schedule rotates, and a runbook does: SECURITY.md says why. The policy pack takes no
// secret that has neither.
func RotatedOnDemand() pulumi.StringMap {
	return pulumi.StringMap{"rotation": pulumi.String("on-demand")}
}

// KeyNamespace is the tag of what only the pods of one namespace may use. EKS Pod Identity gives their sessions a tag of the same name
// (https://docs.aws.amazon.com/eks/latest/userguide/pod-id-abac.html), so that one policy for all can compare the two.
const KeyNamespace = "kubernetes-namespace"

// Stack holds the tags that are the same for a whole stack.
type Stack struct {
	Environment string
	Owner       string
	CostCentre  string
	Tenant      string // empty unless the stack belongs to one tenant
}

// Map gives the tags as AWS takes them.
func (s Stack) Map() map[string]string {
	tags := map[string]string{
		KeyEnvironment: s.Environment,
		KeyOwner:       s.Owner,
		KeyCostCentre:  s.CostCentre,
	}
	if s.Tenant != "" {
		tags[KeyTenant] = s.Tenant
	}
	return tags
}

// Register tags every taggable resource that this program registers from now on, with the stack's tags and
// with its own logical name. A tag that a resource or its component sets itself wins.
func Register(ctx *pulumi.Context, s Stack) error {
	return ctx.RegisterStackTransformation(func(args *pulumi.ResourceTransformationArgs) *pulumi.ResourceTransformationResult {
		tags := s.Map()
		tags[KeyName] = args.Name
		return add(args, tags)
	})
}

// Component tags every taggable resource below a component with the component's name.
func Component(name string) pulumi.ResourceOption {
	return pulumi.Transformations([]pulumi.ResourceTransformation{
		func(args *pulumi.ResourceTransformationArgs) *pulumi.ResourceTransformationResult {
			return add(args, map[string]string{KeyComponent: name})
		},
	})
}

var stringMapInput = reflect.TypeFor[pulumi.StringMapInput]()

// add sets the tags that are missing in the field Tags of a resource's arguments. Arguments without such a
// field belong to resources that AWS cannot tag.
func add(args *pulumi.ResourceTransformationArgs, tags map[string]string) *pulumi.ResourceTransformationResult {
	props := reflect.ValueOf(args.Props)
	if props.Kind() != reflect.Pointer || props.IsNil() || props.Elem().Kind() != reflect.Struct {
		return nil
	}
	field := props.Elem().FieldByName("Tags")
	if !field.IsValid() || field.Type() != stringMapInput {
		return nil
	}
	own, _ := field.Interface().(pulumi.StringMapInput)
	field.Set(reflect.ValueOf(merge(own, tags)))
	return &pulumi.ResourceTransformationResult{Props: args.Props, Opts: args.Opts}
}

func merge(own pulumi.StringMapInput, tags map[string]string) pulumi.StringMapInput {
	all := pulumi.StringMap{}
	for key, value := range tags {
		all[key] = pulumi.String(value)
	}
	switch own := own.(type) {
	case nil:
		return all
	case pulumi.StringMap:
		for key, value := range own {
			all[key] = value
		}
		return all
	default:
		return own.ToStringMapOutput().ApplyT(func(own map[string]string) map[string]string {
			merged := map[string]string{}
			for key, value := range tags {
				merged[key] = value
			}
			for key, value := range own {
				merged[key] = value
			}
			return merged
		}).(pulumi.StringMapOutput)
	}
}
