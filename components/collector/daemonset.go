package collector

import (
	"fmt"

	appsv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/apps/v1"
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/cluster"
	"github.com/genericcorp/platform/services/collector/api"
)

const (
	user = 65532
	// logsGroup owns the files of containers' logs, which others may not read. It is the one right that the collector has beside nobody's.
	logsGroup = 0

	configFolder = "/etc/collector"

	memoryLimit, memoryGoal = "150Mi", "115MiB"
)

// makeDaemonSet runs a collector on each node, whatever the node is set apart for.
func (b *podsBuilder) makeDaemonSet() error {
	text, name := b.config()
	files, err := corev1.NewConfigMap(b.ctx, b.name, &corev1.ConfigMapArgs{
		Metadata: b.metadata(name), Data: pulumi.StringMap{api.ConfigFile: pulumi.String(text)}, Immutable: pulumi.Bool(true),
	}, b.parent, pulumi.DependsOn(b.before))
	if err != nil {
		return fmt.Errorf("create configuration: %w", err)
	}
	_, err = appsv1.NewDaemonSet(b.ctx, b.name, &appsv1.DaemonSetArgs{
		Metadata: b.metadata(podsName),
		Spec: &appsv1.DaemonSetSpecArgs{
			Selector:       &metav1.LabelSelectorArgs{MatchLabels: labels()},
			UpdateStrategy: &appsv1.DaemonSetUpdateStrategyArgs{Type: pulumi.String("RollingUpdate"), RollingUpdate: &appsv1.RollingUpdateDaemonSetArgs{MaxUnavailable: pulumi.Int(1)}},
			Template:       &corev1.PodTemplateSpecArgs{Metadata: &metav1.ObjectMetaArgs{Labels: labels()}, Spec: b.pod(files)},
		},
	}, b.parent, pulumi.DependsOn(b.before))
	if err != nil {
		return fmt.Errorf("create daemon set: %w", err)
	}
	return nil
}

func (b *podsBuilder) pod(files *corev1.ConfigMap) *corev1.PodSpecArgs {
	return &corev1.PodSpecArgs{
		ServiceAccountName: pulumi.String(podsName), AutomountServiceAccountToken: pulumi.Bool(true), // for the kubelet
		EnableServiceLinks: pulumi.Bool(false), TerminationGracePeriodSeconds: pulumi.Int(30), PriorityClassName: pulumi.String(cluster.PriorityCritical),
		Tolerations: corev1.TolerationArray{&corev1.TolerationArgs{Operator: pulumi.String("Exists")}},
		SecurityContext: &corev1.PodSecurityContextArgs{
			RunAsNonRoot: pulumi.Bool(true), RunAsUser: pulumi.Int(user), RunAsGroup: pulumi.Int(logsGroup),
			SeccompProfile: &corev1.SeccompProfileArgs{Type: pulumi.String("RuntimeDefault")},
		},
		Containers: corev1.ContainerArray{b.container()},
		Volumes: corev1.VolumeArray{
			&corev1.VolumeArgs{Name: pulumi.String("config"), ConfigMap: &corev1.ConfigMapVolumeSourceArgs{Name: files.Metadata.Name()}},
			&corev1.VolumeArgs{Name: pulumi.String("logs"), HostPath: &corev1.HostPathVolumeSourceArgs{Path: pulumi.String(api.LogsFolder), Type: pulumi.String("Directory")}},
			// How far it has read outlives the program, not the pod: a new pod reads what was written in the last minutes again.
			&corev1.VolumeArgs{Name: pulumi.String("state"), EmptyDir: &corev1.EmptyDirVolumeSourceArgs{SizeLimit: pulumi.String("64Mi")}},
		},
	}
}

func (b *podsBuilder) container() *corev1.ContainerArgs {
	field := func(name, path string) *corev1.EnvVarArgs {
		return &corev1.EnvVarArgs{Name: pulumi.String(name), ValueFrom: &corev1.EnvVarSourceArgs{FieldRef: &corev1.ObjectFieldSelectorArgs{FieldPath: pulumi.String(path)}}}
	}
	mount := func(name, path string, readOnly bool) *corev1.VolumeMountArgs {
		return &corev1.VolumeMountArgs{Name: pulumi.String(name), MountPath: pulumi.String(path), ReadOnly: pulumi.Bool(readOnly)}
	}
	probe := func(seconds, failures int) *corev1.ProbeArgs {
		return &corev1.ProbeArgs{
			HttpGet:       &corev1.HTTPGetActionArgs{Path: pulumi.String(api.PathHealth), Port: pulumi.Int(api.HealthPort)},
			PeriodSeconds: pulumi.Int(seconds), FailureThreshold: pulumi.Int(failures), TimeoutSeconds: pulumi.Int(5),
		}
	}
	return &corev1.ContainerArgs{
		Name: pulumi.String(podsName), Image: pulumi.String(b.args.Image), Args: pulumi.ToStringArray([]string{configFolder + "/" + api.ConfigFile}),
		Env: corev1.EnvVarArray{
			field(api.EnvNode, "spec.nodeName"), field(api.EnvAddress, "status.hostIP"),
			&corev1.EnvVarArgs{Name: pulumi.String("GOMEMLIMIT"), Value: pulumi.String(memoryGoal)},
		},
		Resources: &corev1.ResourceRequirementsArgs{
			Requests: pulumi.StringMap{"cpu": pulumi.String("25m"), "memory": pulumi.String(memoryLimit)},
			Limits:   pulumi.StringMap{"cpu": pulumi.String("250m"), "memory": pulumi.String(memoryLimit)},
		},
		SecurityContext: &corev1.SecurityContextArgs{
			AllowPrivilegeEscalation: pulumi.Bool(false), ReadOnlyRootFilesystem: pulumi.Bool(true),
			Capabilities: &corev1.CapabilitiesArgs{Drop: pulumi.ToStringArray([]string{"ALL"})},
		},
		VolumeMounts: corev1.VolumeMountArray{
			mount("config", configFolder, true), mount("logs", api.LogsFolder, true), mount("state", api.StateFolder, false),
		},
		StartupProbe: probe(2, 30), ReadinessProbe: probe(10, 3), LivenessProbe: probe(20, 6),
		TerminationMessagePolicy: pulumi.String("FallbackToLogsOnError"),
	}
}
