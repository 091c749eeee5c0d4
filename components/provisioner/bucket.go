package provisioner

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/bucket"
)

// makeBucket makes the bucket of archives. They are never removed by age: each may be the last that there is of a tenant.
func (b *builder) makeBucket() (err error) {
	b.parent.ArchiveBucket, err = bucket.New(b.ctx, b.name+"-archives", &bucket.Args{
		KeyARN: b.args.StorageKeyARN, NoncurrentDays: 90, ColdDays: 30, DeletionProtection: b.args.DeletionProtection,
	}, pulumi.Parent(b.parent))
	return err
}
