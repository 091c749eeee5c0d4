package cluster

import (
	"fmt"

	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	storagev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/storage/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// storageClass is the default class for pods' disks.
const storageClass = "gp3-encrypted"

func (b *baselineBuilder) makeStorageClass() error {
	class, err := storagev1.NewStorageClass(b.ctx, b.name+"-storage", &storagev1.StorageClassArgs{
		Metadata: &metav1.ObjectMetaArgs{
			Name:        pulumi.String(storageClass),
			Annotations: pulumi.StringMap{"storageclass.kubernetes.io/is-default-class": pulumi.String("true")},
		},
		Provisioner: pulumi.String("ebs.csi.aws.com"),
		Parameters: pulumi.StringMap{
			"type":      pulumi.String("gp3"),
			"encrypted": pulumi.String("true"),
		},
		ReclaimPolicy:        pulumi.String("Delete"), // a forgotten disk costs money; what must last is in the database
		AllowVolumeExpansion: pulumi.Bool(true),
		// A disk lives in one zone: make it where its pod is put.
		VolumeBindingMode: pulumi.String("WaitForFirstConsumer"),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("create storage class: %w", err)
	}
	b.made(class)
	b.parent.StorageClass = class.Metadata.Name().Elem()
	return nil
}
