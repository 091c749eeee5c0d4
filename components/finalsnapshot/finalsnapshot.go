// Package finalsnapshot names the snapshot that a protected database or cache leaves behind when it is destroyed.
package finalsnapshot

import (
	"fmt"

	"github.com/pulumi/pulumi-random/sdk/v4/go/random"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/naming"
)

// maxPrefix keeps the name well within the 255 characters that RDS and ElastiCache take.
const maxPrefix = 200

// idBytes make eight hexadecimal digits.
const idBytes = 4

// New gives the name prefix-final-<id>, whose id is made with the environment and goes with it: the snapshot of an earlier
// environment of the same name stays, its name stays taken, and AWS refuses to destroy the later one under it.
func New(ctx *pulumi.Context, name, prefix string, opts ...pulumi.ResourceOption) (pulumi.StringOutput, error) {
	id, err := random.NewRandomId(ctx, name+"-final", &random.RandomIdArgs{ByteLength: pulumi.Int(idBytes)}, opts...)
	if err != nil {
		return pulumi.StringOutput{}, fmt.Errorf("make id of final snapshot: %w", err)
	}
	return pulumi.Sprintf("%s-final-%s", naming.Join(maxPrefix, prefix), id.Hex), nil
}
