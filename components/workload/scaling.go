package workload

import (
	"fmt"

	autoscalingv2 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/autoscaling/v2"
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	policyv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/policy/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// makeScaling has the number of pods follow the load.
func (b *builder) makeScaling() error {
	scale := b.args.Scale
	if _, fixed := scale.fixed(); fixed {
		return nil
	}
	_, err := autoscalingv2.NewHorizontalPodAutoscaler(b.ctx, b.name, &autoscalingv2.HorizontalPodAutoscalerArgs{
		Metadata: b.metadata(b.name),
		Spec: &autoscalingv2.HorizontalPodAutoscalerSpecArgs{
			ScaleTargetRef: &autoscalingv2.CrossVersionObjectReferenceArgs{
				ApiVersion: pulumi.String("apps/v1"), Kind: pulumi.String("Deployment"), Name: pulumi.String(b.name),
			},
			MinReplicas: pulumi.Int(scale.Min),
			MaxReplicas: pulumi.Int(scale.Max),
			Metrics: autoscalingv2.MetricSpecArray{&autoscalingv2.MetricSpecArgs{
				Type: pulumi.String("Resource"),
				Resource: &autoscalingv2.ResourceMetricSourceArgs{
					Name:   pulumi.String("cpu"),
					Target: &autoscalingv2.MetricTargetArgs{Type: pulumi.String("Utilization"), AverageUtilization: pulumi.Int(scale.CPUPercent)},
				},
			}},
		},
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("create autoscaler: %w", err)
	}
	return nil
}

// makeDisruptionBudget lets a drain of nodes take one pod at a time. A pod that does not work protects nothing, and must not hold up
// the drain of a node.
func (b *builder) makeDisruptionBudget() error {
	_, err := policyv1.NewPodDisruptionBudget(b.ctx, b.name, &policyv1.PodDisruptionBudgetArgs{
		Metadata: b.metadata(b.name),
		Spec: &policyv1.PodDisruptionBudgetSpecArgs{
			Selector: selector(b.name), MaxUnavailable: pulumi.Int(1), UnhealthyPodEvictionPolicy: pulumi.String("AlwaysAllow"),
		},
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("create disruption budget: %w", err)
	}
	return nil
}

// makeService gives the pods one name and address, for callers in the cluster.
func (b *builder) makeService() error {
	if b.args.Port == 0 {
		return nil
	}
	metadata := b.metadata(b.name)
	// The engine would wait for a pod that answers, which only the Deployment, after this, makes.
	metadata.Annotations = pulumi.StringMap{"pulumi.com/skipAwait": pulumi.String("true")}
	spec := &corev1.ServiceSpecArgs{
		Type:     pulumi.String("ClusterIP"),
		Selector: selector(b.name).MatchLabels,
		Ports: corev1.ServicePortArray{&corev1.ServicePortArgs{
			Name: pulumi.String("calls"), Port: pulumi.Int(b.args.Port), TargetPort: pulumi.Int(b.args.Port), Protocol: pulumi.String("TCP"),
		}},
	}
	if b.args.Headless {
		spec.ClusterIP = pulumi.String("None")
	}
	if len(b.args.NodePorts) > 0 {
		b.exposeOnNodes(spec)
	}
	made, err := corev1.NewService(b.ctx, b.name, &corev1.ServiceArgs{Metadata: metadata, Spec: spec}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("create service: %w", err)
	}
	b.parent.Parts = append(b.parent.Parts, made)
	b.parent.Host = fmt.Sprintf("%s.%s.svc.cluster.local:%d", b.name, b.args.Namespace, b.args.Port)
	return nil
}

// exposeOnNodes offers the pods' ports on the nodes instead. A service of that type gives each of its ports a number there, so that it has
// none but these.
func (b *builder) exposeOnNodes(spec *corev1.ServiceSpecArgs) {
	exposed := corev1.ServicePortArray{}
	for _, port := range b.args.NodePorts {
		exposed = append(exposed, &corev1.ServicePortArgs{
			Name: pulumi.String(port.Name), Port: pulumi.Int(port.Port), TargetPort: pulumi.Int(port.Port), NodePort: pulumi.Int(port.NodePort),
			Protocol: pulumi.String("TCP"),
		})
	}
	spec.Type, spec.Ports, spec.ExternalTrafficPolicy = pulumi.String("NodePort"), exposed, pulumi.String("Local")
}
