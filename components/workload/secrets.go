package workload

import (
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/services/secretfiles/api"
)

const (
	secretsVolume = "secrets"
	// familyMiB is room for 2,000 tenants' secrets, each of which takes a page of memory.
	familyMiB = 8

	keeperMillicores = 25 // of the program that keeps the files, at most
	keeperMiB        = 32
)

// WithSecretFilesMillicores is the most processor time that a pod with secrets gets.
func WithSecretFilesMillicores(r Resources) int {
	return r.withDefaults().CPULimitMillicores + keeperMillicores
}

// WithSecretFilesMiB is the memory of a pod with secrets.
func WithSecretFilesMiB(r Resources) int { return r.MemoryMiB + keeperMiB }

// addSecrets puts the program beside the workload's that keeps the secrets' files up to date, and mounts its files. It starts first
// and the workload only once all files are there; it goes last. (A container among the initial ones that is always restarted is
// Kubernetes' own way to say that.)
//
// EKS has an add-on that mounts secrets, aws-secrets-store-csi-driver-provider
// (https://aws.amazon.com/about-aws/whats-new/2025/11/amazon-eks-add-ons-aws-secrets-store-csi-driver-provider/). It is not used: its
// driver is privileged on every node, and its README recommends to look for new values once an hour. This program runs as the
// workload does, in the workload's role, and looks every minute.
func (b *builder) addSecrets(spec *corev1.PodSpecArgs) {
	if !b.args.hasSecrets() {
		return
	}
	arguments := pulumi.StringArray{}
	for _, secret := range b.args.Secrets {
		arguments = append(arguments, secret.ARN.ToStringOutput().ApplyT(func(arn string) string {
			return api.Argument(secret.File, arn)
		}).(pulumi.StringOutput))
	}
	for _, family := range b.args.Families {
		arguments = append(arguments, pulumi.String(api.FamilyArgument(family.File, family.Prefix)))
	}
	mount := func(readOnly bool) *corev1.VolumeMountArgs {
		return &corev1.VolumeMountArgs{Name: pulumi.String(secretsVolume), MountPath: pulumi.String(api.Folder), ReadOnly: pulumi.Bool(readOnly)}
	}
	spec.InitContainers = corev1.ContainerArray{&corev1.ContainerArgs{
		Name:          pulumi.String("secretfiles"),
		Image:         pulumi.String(b.args.SecretsImage),
		Args:          arguments,
		RestartPolicy: pulumi.String("Always"),
		StartupProbe: &corev1.ProbeArgs{
			HttpGet:       &corev1.HTTPGetActionArgs{Path: pulumi.String(api.ReadyPath), Port: pulumi.Int(api.Port)},
			PeriodSeconds: pulumi.Int(1), FailureThreshold: pulumi.Int(b.args.Health.StartSeconds),
		},
		Resources: &corev1.ResourceRequirementsArgs{
			Requests: pulumi.StringMap{"cpu": millicores(5), "memory": mebibytes(keeperMiB)},
			Limits:   pulumi.StringMap{"cpu": millicores(keeperMillicores), "memory": mebibytes(keeperMiB)},
		},
		SecurityContext:          confined(),
		TerminationMessagePolicy: pulumi.String("FallbackToLogsOnError"),
		VolumeMounts:             corev1.VolumeMountArray{mount(false)},
	}}
	program, _ := spec.Containers.(corev1.ContainerArray)[0].(*corev1.ContainerArgs)
	mounts, _ := program.VolumeMounts.(corev1.VolumeMountArray)
	mounts = append(mounts, mount(true))
	program.VolumeMounts = mounts
	volumes, _ := spec.Volumes.(corev1.VolumeArray)
	volumes = append(volumes, &corev1.VolumeArgs{Name: pulumi.String(secretsVolume), EmptyDir: &corev1.EmptyDirVolumeSourceArgs{
		Medium: pulumi.String("Memory"), SizeLimit: mebibytes(len(b.args.Secrets) + familyMiB*len(b.args.Families)), // a secret has at most 64 KiB
	}})
	spec.Volumes = volumes
}
