// Package keys makes the KMS keys of an environment: one a purpose, each rotated, each letting in its account
// and exactly the services that use it on their own.
package keys

import (
	"cmp"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/naming"
	"github.com/genericcorp/platform/components/tagging"
	"github.com/genericcorp/platform/internal/awsvalue"
	"github.com/genericcorp/platform/internal/check"
)

// KeysArgs says where the keys live.
type KeysArgs struct {
	Region    string // "us-east-1"
	AccountID string // twelve digits
	// AccessLogs makes a key for the access log of a load balancer. Nothing else needs one, and a key costs a dollar a month.
	AccessLogs bool
	// DeletionProtection keeps destroy from deleting the keys; without it, AWS deletes them seven days later. True when nil.
	DeletionProtection *bool
}

// Keys holds the ARN of each key.
type Keys struct {
	pulumi.ResourceState

	Cluster       pulumi.StringOutput // secrets of Kubernetes
	Database      pulumi.StringOutput // storage, snapshots and Performance Insights of the database
	Cache         pulumi.StringOutput // storage and snapshots of the cache
	Secrets       pulumi.StringOutput // Secrets Manager
	Notifications pulumi.StringOutput // SNS topics
	Logs          pulumi.StringOutput // CloudWatch log groups
	Storage       pulumi.StringOutput // S3 buckets, except the audit trail's, and images
	Trail         pulumi.StringOutput // the audit trail and its bucket
	AccessLogs    pulumi.StringOutput // the access log of a load balancer; there only if asked for
}

// Days between the order to delete a key and its end: KMS takes 7 to 30.
const (
	protectedWindowDays   = 30
	unprotectedWindowDays = 7
)

// maxPrefix leaves room in an alias (256 characters) for "alias/" and the purpose.
const maxPrefix = 200

// NewKeys makes the keys and an alias for each. All problems of args are reported at once.
func NewKeys(ctx *pulumi.Context, name string, args *KeysArgs, opts ...pulumi.ResourceOption) (*Keys, error) {
	if args == nil {
		args = &KeysArgs{}
	}
	if err := args.validate(name); err != nil {
		return nil, err
	}
	k := &Keys{}
	protected := *cmp.Or(args.DeletionProtection, new(true))
	err := ctx.RegisterComponentResourceV2("genericcorp:keys:Keys", name, pulumi.Map{
		"region":             pulumi.String(args.Region),
		"accountId":          pulumi.String(args.AccountID),
		"accessLogs":         pulumi.Bool(args.AccessLogs),
		"deletionProtection": pulumi.Bool(protected),
	}, k, append(opts, tagging.Component("keys"))...)
	if err != nil {
		return nil, fmt.Errorf("register keys %q: %w", name, err)
	}
	outputs := pulumi.Map{}
	for _, p := range purposes(*args) {
		arn, err := newKey(ctx, k, name, p, protected)
		if err != nil {
			return nil, err
		}
		*p.output(k) = arn
		outputs[p.name] = arn
	}
	return k, ctx.RegisterResourceOutputs(k, outputs)
}

func (a *KeysArgs) validate(name string) error {
	p := check.Under(fmt.Sprintf("keys %q: ", name))
	awsvalue.Region.Check(p, "region", a.Region)
	awsvalue.AccountID.Check(p, "accountId", a.AccountID)
	return p.Err()
}

// newKey makes the key of one purpose and its alias, and gives the key's ARN.
func newKey(ctx *pulumi.Context, parent *Keys, name string, p purpose, protected bool) (pulumi.StringOutput, error) {
	window := protectedWindowDays
	if !protected {
		window = unprotectedWindowDays
	}
	logical := name + "-" + p.name
	key, err := kms.NewKey(ctx, logical, &kms.KeyArgs{
		Description:          pulumi.String(p.description),
		EnableKeyRotation:    pulumi.Bool(true),
		DeletionWindowInDays: pulumi.Int(window),
		Policy:               p.policy(),
	}, pulumi.Parent(parent), pulumi.Protect(protected))
	if err != nil {
		return pulumi.StringOutput{}, fmt.Errorf("create key %s: %w", p.name, err)
	}
	_, err = kms.NewAlias(ctx, logical+"-alias", &kms.AliasArgs{
		Name:        pulumi.String("alias/" + naming.Join(maxPrefix, ctx.Project(), ctx.Stack(), name) + "-" + p.name),
		TargetKeyId: key.KeyId,
	}, pulumi.Parent(parent))
	if err != nil {
		return pulumi.StringOutput{}, fmt.Errorf("create alias of key %s: %w", p.name, err)
	}
	return key.Arn, nil
}
