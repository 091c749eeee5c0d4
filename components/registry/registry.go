// Package registry makes the repositories for the images that an environment runs.
//
// Each environment has its own, in its own account: what may push to development reaches nothing that production runs, and no
// account trusts another. An image has the same digest in all of them, because it is made of the same sources, so nothing is gained
// by sharing.
package registry

import (
	"cmp"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecr"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/policydoc"
	"github.com/genericcorp/platform/components/tagging"
	"github.com/genericcorp/platform/internal/awsvalue"
	"github.com/genericcorp/platform/internal/check"
)

// RegistryArgs says what there are repositories for.
type RegistryArgs struct {
	Environment string
	AccountID   string // twelve digits: nobody else's principals are let in, whatever another policy says
	// Images are the names of the images, each of which has a repository, "platform-<environment>/<name>".
	Images []string
	KeyARN pulumi.StringInput // of the KMS key that encrypts them
	// DeletionProtection keeps destroy from deleting the repositories; without it, what they hold goes with them. True when nil.
	DeletionProtection *bool
}

// Registry holds the address of each repository, without a tag or digest, by the image's name.
type Registry struct {
	pulumi.ResourceState

	URLs pulumi.StringMapOutput
}

const (
	maxImages = 50
	maxName   = 40
	// kept is how many manifests a repository keeps, the newest. A build for two architectures has five: its index, and for each
	// architecture the image and its bill of materials. So the newest hundred builds are kept, of which the oldest that runs is one:
	// a program that does not change has no new build. Which images run AWS does not know, and an age would delete the ones that have
	// run the longest.
	kept = 500
)

// RepositoryName is the name of an image's repository in an environment.
func RepositoryName(environment, image string) string { return Prefix(environment) + image }

// Prefix is what the names of all repositories of an environment begin with, and of no others.
func Prefix(environment string) string { return "platform-" + environment + "/" }

// NewRegistry makes the repositories. All problems of args are reported at once.
func NewRegistry(ctx *pulumi.Context, name string, args *RegistryArgs, opts ...pulumi.ResourceOption) (*Registry, error) {
	if args == nil {
		args = &RegistryArgs{}
	}
	if err := args.validate(name); err != nil {
		return nil, err
	}
	r := &Registry{}
	protected := *cmp.Or(args.DeletionProtection, new(true))
	err := ctx.RegisterComponentResourceV2("genericcorp:registry:Registry", name, pulumi.Map{
		"environment": pulumi.String(args.Environment), "accountId": pulumi.String(args.AccountID), "images": pulumi.ToStringArray(args.Images),
		"deletionProtection": pulumi.Bool(protected),
	}, r, append(opts, tagging.Component("registry"))...)
	if err != nil {
		return nil, fmt.Errorf("register registry %q: %w", name, err)
	}
	urls := pulumi.StringMap{}
	for _, image := range args.Images {
		made, err := args.newRepository(ctx, name+"-"+image, image, protected, r)
		if err != nil {
			return nil, fmt.Errorf("registry %q: %w", name, err)
		}
		urls[image] = made
	}
	r.URLs = urls.ToStringMapOutput()
	return r, ctx.RegisterResourceOutputs(r, pulumi.Map{"urls": r.URLs})
}

// Check reports every input that is wrong, but for those that the settings of an environment do not have.
func (a *RegistryArgs) Check(p *check.Problems) {
	awsvalue.Name(2, maxName).CheckList(p, "images", a.Images, 1, maxImages, fmt.Sprintf("1 to %d different names", maxImages))
}

func (a *RegistryArgs) validate(name string) error {
	p := check.Under(fmt.Sprintf("registry %q: ", name))
	awsvalue.EnvironmentName.Check(p, "environment", a.Environment)
	awsvalue.AccountID.Check(p, "accountId", a.AccountID)
	p.Require(a.KeyARN != nil, "keyArn", nil, "the ARN of a KMS key")
	a.Check(p)
	return p.Err()
}

// newRepository makes one repository and gives its address.
func (a *RegistryArgs) newRepository(ctx *pulumi.Context, logical, image string, protected bool, parent *Registry) (pulumi.StringOutput, error) {
	made, err := ecr.NewRepository(ctx, logical, &ecr.RepositoryArgs{
		Name:               pulumi.String(RepositoryName(a.Environment, image)),
		ImageTagMutability: pulumi.String("IMMUTABLE"), // what a tag means today it means tomorrow
		ImageScanningConfiguration: &ecr.RepositoryImageScanningConfigurationArgs{
			ScanOnPush: pulumi.Bool(true),
		},
		EncryptionConfigurations: ecr.RepositoryEncryptionConfigurationArray{&ecr.RepositoryEncryptionConfigurationArgs{
			EncryptionType: pulumi.String("KMS"), KmsKey: a.KeyARN.ToStringOutput().ToStringPtrOutput(),
		}},
		ForceDelete: pulumi.Bool(!protected),
	}, pulumi.Parent(parent), pulumi.Protect(protected))
	if err != nil {
		return pulumi.StringOutput{}, fmt.Errorf("create repository %s: %w", image, err)
	}
	_, err = ecr.NewLifecyclePolicy(ctx, logical, &ecr.LifecyclePolicyArgs{Repository: made.Name, Policy: lifecycle()}, pulumi.Parent(parent))
	if err != nil {
		return pulumi.StringOutput{}, fmt.Errorf("create lifecycle of repository %s: %w", image, err)
	}
	_, err = ecr.NewRepositoryPolicy(ctx, logical, &ecr.RepositoryPolicyArgs{Repository: made.Name, Policy: a.policy()}, pulumi.Parent(parent))
	if err != nil {
		return pulumi.StringOutput{}, fmt.Errorf("create policy of repository %s: %w", image, err)
	}
	return made.RepositoryUrl, nil
}

// lifecycle keeps the newest images. It counts what has no tag, too: those are parts of the ones that have.
// Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
func lifecycle() pulumi.StringOutput {
	return pulumi.JSONMarshal(pulumi.Map{"rules": pulumi.Array{pulumi.Map{
		"rulePriority": pulumi.Int(1), "description": pulumi.String("Keep the newest"),
		"selection": pulumi.Map{"tagStatus": pulumi.String("any"), "countType": pulumi.String("imageCountMoreThan"), "countNumber": pulumi.Int(kept)},
		"action":    pulumi.Map{"type": pulumi.String("expire")},
	}}})
}

// policy lets nobody in from another account. It gives nothing: who of this account pushes and pulls is said by their own policies.
func (a *RegistryArgs) policy() pulumi.StringOutput {
	return policydoc.Document(policydoc.Statement{
		Sid: "OnlyThisAccount", Effect: policydoc.Deny, Anyone: true, Actions: []string{"ecr:*"}, // whatever it is
		Conditions: policydoc.Conditions{
			"StringNotEquals": {"aws:PrincipalAccount": {pulumi.String(a.AccountID)}},
			"Bool":            {"aws:PrincipalIsAWSService": {pulumi.String("false")}}, // which scan
		},
	})
}
