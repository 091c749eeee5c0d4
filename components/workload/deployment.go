package workload

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	appsv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/apps/v1"
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// graceSeconds is how much longer the engine waits than Kubernetes, so that it is Kubernetes that says what is wrong.
const graceSeconds = 30

// metadata names an object of the workload.
func (b *builder) metadata(name string) *metav1.ObjectMetaArgs {
	return &metav1.ObjectMetaArgs{Name: pulumi.String(name), Namespace: pulumi.String(b.args.Namespace), Labels: labels(b.name)}
}

// makeDeployment makes the pods and waits for them. A new version is added pod by pod, and no old one goes before a new one works: one
// that never works changes nothing for those who call. The engine then fails with what the pods complain of, the last lines of their
// logs among it, which Kubernetes keeps as the message of a container that failed.
func (b *builder) makeDeployment() error {
	metadata := b.metadata(b.name)
	// Who goes back to the version before (`kubectl rollout undo`) owns the image in the API server's book-keeping: the next deployment
	// takes it over instead of complaining.
	annotations := pulumi.StringMap{"pulumi.com/patchForce": pulumi.String("true")}
	if b.args.NoWait {
		annotations["pulumi.com/skipAwait"] = pulumi.String("true")
	}
	metadata.Annotations = annotations
	pod := b.pod()
	if err := b.addFiles(pod, b.parent); err != nil {
		return err
	}
	spec := &appsv1.DeploymentSpecArgs{
		Selector:                selector(b.name),
		ProgressDeadlineSeconds: pulumi.Int(b.args.RolloutSeconds),
		RevisionHistoryLimit:    pulumi.Int(3),
		Strategy: &appsv1.DeploymentStrategyArgs{
			Type: pulumi.String("RollingUpdate"),
			RollingUpdate: &appsv1.RollingUpdateDeploymentArgs{
				MaxUnavailable: pulumi.Int(0), MaxSurge: pulumi.Int(1),
			},
		},
		Template: &corev1.PodTemplateSpecArgs{
			Metadata: &metav1.ObjectMetaArgs{Labels: labels(b.name)},
			Spec:     pod,
		},
	}
	if replicas, fixed := b.args.Scale.fixed(); fixed {
		spec.Replicas = pulumi.Int(replicas)
	}
	wait := time.Duration(b.args.RolloutSeconds+graceSeconds) * time.Second
	made, err := appsv1.NewDeployment(b.ctx, b.name, &appsv1.DeploymentArgs{Metadata: metadata, Spec: spec}, pulumi.Parent(b.parent),
		pulumi.DependsOn(append(b.beforePods, b.args.After...)), pulumi.Timeouts(&pulumi.CustomTimeouts{Create: wait.String(), Update: wait.String()}))
	if err != nil {
		return fmt.Errorf("create deployment: %w", err)
	}
	b.parent.Parts = append(b.parent.Parts, made)
	b.parent.Name = made.Metadata.Name().Elem()
	return nil
}

// fixed says how many pods there are, unless their number follows the load.
func (s Scale) fixed() (replicas int, fixed bool) {
	if s.Stopped {
		return 0, true
	}
	return s.Min, s.Min == s.Max
}

func (b *builder) pod() *corev1.PodSpecArgs {
	spec := &corev1.PodSpecArgs{
		ServiceAccountName:            pulumi.String(b.parent.ServiceAccount),
		AutomountServiceAccountToken:  pulumi.Bool(b.args.KubernetesToken),
		EnableServiceLinks:            pulumi.Bool(false), // names of other services are no business of its environment
		TerminationGracePeriodSeconds: pulumi.Int(b.args.StopSeconds),
		SecurityContext: &corev1.PodSecurityContextArgs{
			RunAsNonRoot: pulumi.Bool(true), RunAsUser: pulumi.Int(b.args.UserID), RunAsGroup: pulumi.Int(b.args.UserID), FsGroup: pulumi.Int(b.args.UserID),
			SeccompProfile: &corev1.SeccompProfileArgs{Type: pulumi.String("RuntimeDefault")},
		},
		TopologySpreadConstraints: corev1.TopologySpreadConstraintArray{
			b.spread("topology.kubernetes.io/zone", "DoNotSchedule"), b.spread("kubernetes.io/hostname", "ScheduleAnyway"),
		},
		Containers: corev1.ContainerArray{b.container()},
		Volumes: corev1.VolumeArray{&corev1.VolumeArgs{Name: pulumi.String(scratch), EmptyDir: &corev1.EmptyDirVolumeSourceArgs{
			SizeLimit: mebibytes(b.args.ScratchMiB),
		}}},
	}
	if b.args.PriorityClass != "" {
		spec.PriorityClassName = pulumi.String(b.args.PriorityClass)
	}
	b.addSecrets(spec)
	b.addSidecars(spec)
	return spec
}

// scratch is the one folder that the program may write to.
const scratch = "tmp"

// spread keeps the pods of one version apart. A node that takes no pods, as those of a zone that is lost, does not count: the others
// take what it had.
func (b *builder) spread(key, otherwise string) *corev1.TopologySpreadConstraintArgs {
	return &corev1.TopologySpreadConstraintArgs{
		TopologyKey: pulumi.String(key), MaxSkew: pulumi.Int(1), WhenUnsatisfiable: pulumi.String(otherwise),
		LabelSelector: selector(b.name), NodeTaintsPolicy: pulumi.String("Honor"),
		MatchLabelKeys: pulumi.ToStringArray([]string{"pod-template-hash"}),
	}
}

func (b *builder) container() *corev1.ContainerArgs {
	a, variables := b.args, environment(b.args.Variables)
	if a.AddressVariable != "" {
		variables = append(corev1.EnvVarArray{&corev1.EnvVarArgs{Name: pulumi.String(a.AddressVariable), ValueFrom: &corev1.EnvVarSourceArgs{
			FieldRef: &corev1.ObjectFieldSelectorArgs{FieldPath: pulumi.String("status.podIP")},
		}}}, variables...)
	}
	health := corev1.ContainerPortArray{&corev1.ContainerPortArgs{Name: pulumi.String("health"), ContainerPort: pulumi.Int(a.Health.Port), Protocol: pulumi.String("TCP")}}
	if a.Port != 0 && a.Port != a.Health.Port {
		health = append(health, &corev1.ContainerPortArgs{Name: pulumi.String("calls"), ContainerPort: pulumi.Int(a.Port), Protocol: pulumi.String("TCP")})
	}
	starting := b.probe(a.Health.Live, 1, a.Health.StartSeconds)
	container := &corev1.ContainerArgs{
		Name:  pulumi.String(b.name),
		Image: pulumi.String(a.Image),
		Args:  pulumi.ToStringArray(a.Arguments),
		Env:   variables,
		Ports: health,
		// Ready and alive are asked only once it has started.
		StartupProbe: starting, ReadinessProbe: b.probe(a.Health.Ready, 5, 2), LivenessProbe: b.probe(a.Health.Live, 10, 3),
		Resources:                a.Resources.requirements(),
		Lifecycle:                &corev1.LifecycleArgs{PreStop: a.preStop()},
		SecurityContext:          confined(),
		TerminationMessagePolicy: pulumi.String("FallbackToLogsOnError"),
		VolumeMounts: corev1.VolumeMountArray{
			&corev1.VolumeMountArgs{Name: pulumi.String(scratch), MountPath: pulumi.String("/" + scratch)},
		},
	}
	if len(a.Command) > 0 {
		container.Command = pulumi.ToStringArray(a.Command)
	}
	return container
}

// preStop is what the kubelet does before it tells the program to stop: the image has no shell.
func (a *WorkloadArgs) preStop() *corev1.LifecycleHandlerArgs {
	if a.Drain != nil {
		return &corev1.LifecycleHandlerArgs{HttpGet: &corev1.HTTPGetActionArgs{Path: pulumi.String(a.Drain.Path), Port: pulumi.Int(a.Drain.Port)}}
	}
	return &corev1.LifecycleHandlerArgs{Sleep: &corev1.SleepActionArgs{Seconds: pulumi.Int(a.DrainSeconds)}}
}

func environment(variables map[string]string) corev1.EnvVarArray {
	list := corev1.EnvVarArray{}
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		list = append(list, &corev1.EnvVarArgs{Name: pulumi.String(name), Value: pulumi.String(variables[name])})
	}
	return list
}

func (r Resources) requirements() *corev1.ResourceRequirementsArgs {
	return &corev1.ResourceRequirementsArgs{
		Requests: pulumi.StringMap{"cpu": millicores(r.CPUMillicores), "memory": mebibytes(r.MemoryMiB)},
		Limits:   pulumi.StringMap{"cpu": millicores(r.CPULimitMillicores), "memory": mebibytes(r.MemoryMiB)},
	}
}

// probe asks a path. After so many failures in a row the answer is no.
func (b *builder) probe(path string, everySeconds, failures int) *corev1.ProbeArgs {
	return &corev1.ProbeArgs{
		HttpGet:       &corev1.HTTPGetActionArgs{Path: pulumi.String(path), Port: pulumi.Int(b.args.Health.Port)},
		PeriodSeconds: pulumi.Int(everySeconds), FailureThreshold: pulumi.Int(failures), TimeoutSeconds: pulumi.Int(2),
	}
}

// confined is what the profile "restricted" of Kubernetes asks for, and a file system that nobody writes to.
func confined() *corev1.SecurityContextArgs {
	return &corev1.SecurityContextArgs{
		AllowPrivilegeEscalation: pulumi.Bool(false), ReadOnlyRootFilesystem: pulumi.Bool(true),
		Capabilities: &corev1.CapabilitiesArgs{Drop: pulumi.ToStringArray([]string{"ALL"})},
	}
}

func millicores(n int) pulumi.String { return pulumi.String(strconv.Itoa(n) + "m") }

func mebibytes(n int) pulumi.String { return pulumi.String(strconv.Itoa(n) + "Mi") }
