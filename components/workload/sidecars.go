package workload

import (
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/services/secretfiles/api"
)

// addSidecars puts the programs beside the workload's own after the one that keeps the secrets, whose files they read.
func (b *builder) addSidecars(spec *corev1.PodSpecArgs) {
	first, _ := spec.InitContainers.(corev1.ContainerArray)
	for _, sidecar := range b.args.Sidecars {
		container := &corev1.ContainerArgs{
			Name:          pulumi.String(sidecar.Name),
			Image:         pulumi.String(sidecar.Image),
			Args:          pulumi.ToStringArray(sidecar.Arguments),
			Env:           environment(sidecar.Variables),
			RestartPolicy: pulumi.String("Always"),
			StartupProbe: &corev1.ProbeArgs{
				HttpGet:       &corev1.HTTPGetActionArgs{Path: pulumi.String(sidecar.Ready), Port: pulumi.Int(sidecar.Port)},
				PeriodSeconds: pulumi.Int(1), FailureThreshold: pulumi.Int(b.args.Health.StartSeconds), TimeoutSeconds: pulumi.Int(2),
			},
			Resources:                sidecar.Resources.withDefaults().requirements(),
			SecurityContext:          confined(),
			TerminationMessagePolicy: pulumi.String("FallbackToLogsOnError"),
		}
		if b.args.hasSecrets() {
			container.VolumeMounts = corev1.VolumeMountArray{&corev1.VolumeMountArgs{
				Name: pulumi.String(secretsVolume), MountPath: pulumi.String(api.Folder), ReadOnly: pulumi.Bool(true),
			}}
		}
		first = append(first, container)
	}
	if len(first) > 0 {
		spec.InitContainers = first
	}
}
