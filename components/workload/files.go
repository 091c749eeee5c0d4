package workload

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// FilesFolder is where a workload finds its Files.
const FilesFolder = "/etc/workload"

const filesVolume = "files"

// addFiles makes the workload's files and mounts them. The object's name has a hash of what is in it: other files make other pods, and
// each version of the pods keeps its own. It outlives its last use, so that a version can be gone back to.
func (b *builder) addFiles(spec *corev1.PodSpecArgs, parent pulumi.Resource) error {
	if len(b.args.Files) == 0 {
		return nil
	}
	sum := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(b.args.Files)) {
		fmt.Fprintf(sum, "%s\n%d\n%s\n", name, len(b.args.Files[name]), b.args.Files[name])
	}
	made, err := corev1.NewConfigMap(b.ctx, b.name, &corev1.ConfigMapArgs{
		Metadata: &metav1.ObjectMetaArgs{
			Name: pulumi.String(b.name + "-" + hex.EncodeToString(sum.Sum(nil))[:10]), Namespace: pulumi.String(b.args.Namespace), Labels: labels(b.name),
		},
		Data: pulumi.ToStringMap(b.args.Files), Immutable: pulumi.Bool(true),
	}, pulumi.Parent(parent), pulumi.RetainOnDelete(true))
	if err != nil {
		return fmt.Errorf("create files: %w", err)
	}
	program, _ := spec.Containers.(corev1.ContainerArray)[0].(*corev1.ContainerArgs)
	mounts, _ := program.VolumeMounts.(corev1.VolumeMountArray)
	mounts = append(mounts, &corev1.VolumeMountArgs{
		Name: pulumi.String(filesVolume), MountPath: pulumi.String(FilesFolder), ReadOnly: pulumi.Bool(true),
	})
	program.VolumeMounts = mounts
	volumes, _ := spec.Volumes.(corev1.VolumeArray)
	volumes = append(volumes, &corev1.VolumeArgs{
		Name: pulumi.String(filesVolume), ConfigMap: &corev1.ConfigMapVolumeSourceArgs{Name: made.Metadata.Name()},
	})
	spec.Volumes = volumes
	return nil
}
