package edgepods

import (
	"fmt"
	"strconv"

	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	networkingv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/networking/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/cluster"
	"github.com/genericcorp/platform/components/workload"
	"github.com/genericcorp/platform/internal/awsvalue"
	"github.com/genericcorp/platform/internal/edge"
	"github.com/genericcorp/platform/internal/edge/envoyconfig"
	sidecar "github.com/genericcorp/platform/services/edgesidecar/api"
)

const (
	publicPort      = 8080
	proxyHealthPort = 8081
	adminPort       = 9901
	configFile      = "envoy.json"
	// connectionsPerMiB bounds what clients take: of 100 KiB for each, a connection has 64 for its two buffers at most.
	connectionsPerMiB = 10
	// stopSeconds is what a drain takes, and some more.
	stopSeconds = sidecar.HearSeconds + sidecar.FinishSeconds + 15
	// leastThreads of work: with one, a request that takes long to read would hold up all others.
	leastThreads = 2
)

// NodePorts is how many ports of the nodes the proxy has. A namespace's quota must allow them.
const NodePorts = 2

// makeProxy runs the proxy. Its configuration is a file: another one makes other pods.
func (b *builder) makeProxy() error {
	config, err := b.proxyConfig()
	if err != nil {
		return err
	}
	if err := b.openProxy(); err != nil {
		return err
	}
	threads := max(leastThreads, 4*b.args.Resources.CPUMillicores/1000)
	_, err = workload.NewWorkload(b.ctx, proxyName, &workload.WorkloadArgs{
		Namespace: b.args.Namespace, Image: b.args.Images.Proxy,
		Command: []string{"envoy"}, // the local cloud's image has it in another folder
		// Without hot restarts it needs no shared memory.
		Arguments: []string{"-c", workload.FilesFolder + "/" + configFile, "--disable-hot-restart", "--concurrency", strconv.Itoa(threads), "--log-level", "warning"},
		Files:     map[string]string{configFile: config},
		Port:      publicPort,
		NodePorts: []workload.NodePort{
			{Name: "public", Port: publicPort, NodePort: edge.NodePort}, {Name: "health", Port: proxyHealthPort, NodePort: edge.HealthNodePort},
		},
		// A proxy that drains stays ready for the cluster: kube-proxy sends nothing to a pod that goes and is not, while the load balancer,
		// which asks at edge.PathReady, sends what comes for some seconds yet.
		// https://kubernetes.io/docs/tutorials/services/pods-and-endpoint-termination-flow/
		Health:    workload.Health{Port: proxyHealthPort, Ready: envoyconfig.PathLive, Live: envoyconfig.PathLive},
		Resources: b.args.Resources, Scale: b.args.Scale, PriorityClass: cluster.PriorityCritical,
		StopSeconds: stopSeconds, Drain: &workload.Drain{Path: sidecar.PathDrain, Port: sidecar.Port},
		RolloutSeconds: 600, // pod by pod
		Sidecars:       []workload.Sidecar{b.sidecar(sidecar.RoleDrain)},
	}, pulumi.Parent(b.parent))
	return err
}

func (b *builder) proxyConfig() (string, error) {
	own := func(name string, port int) envoyconfig.Address {
		return envoyconfig.Address{Host: name + "." + b.args.Namespace + ".svc.cluster.local", Port: port}
	}
	everywhere := func(port int) envoyconfig.Address { return envoyconfig.Address{Host: "0.0.0.0", Port: port} }
	text, err := envoyconfig.JSON(envoyconfig.Settings{
		Node: proxyName, Public: everywhere(publicPort), Health: everywhere(proxyHealthPort), Admin: envoyconfig.Address{Host: "127.0.0.1", Port: adminPort},
		Gate: own(gateName, gatePort), Counting: own(countingName, countingPort),
		Workload:  envoyconfig.Address{Host: b.args.Application.host(), Port: b.args.Application.Port},
		Resources: envoyconfig.Resources{Connections: connectionsPerMiB * b.args.Resources.MemoryMiB},
	})
	return string(text), err
}

// openProxy lets in whoever comes by the nodes' ports: everybody at the public one, because the load balancer leaves clients' addresses as
// they are, and the load balancer itself at the other one. Who reaches the nodes' ports at all, their security group says.
func (b *builder) openProxy() error {
	from := func(ranges []string, port int) *networkingv1.NetworkPolicyIngressRuleArgs {
		peers := networkingv1.NetworkPolicyPeerArray{}
		for _, r := range ranges {
			peers = append(peers, &networkingv1.NetworkPolicyPeerArgs{IpBlock: &networkingv1.IPBlockArgs{Cidr: pulumi.String(r)}})
		}
		return &networkingv1.NetworkPolicyIngressRuleArgs{From: peers, Ports: networkingv1.NetworkPolicyPortArray{
			&networkingv1.NetworkPolicyPortArgs{Protocol: pulumi.String("TCP"), Port: pulumi.Int(port)},
		}}
	}
	labels := pulumi.StringMap{workload.LabelName: pulumi.String(proxyName)}
	_, err := networkingv1.NewNetworkPolicy(b.ctx, b.name+"-public", &networkingv1.NetworkPolicyArgs{
		Metadata: &metav1.ObjectMetaArgs{Name: pulumi.String(proxyName + "-public"), Namespace: pulumi.String(b.args.Namespace), Labels: labels},
		Spec: &networkingv1.NetworkPolicySpecArgs{
			PodSelector: &metav1.LabelSelectorArgs{MatchLabels: labels}, PolicyTypes: pulumi.ToStringArray([]string{"Ingress"}),
			Ingress: networkingv1.NetworkPolicyIngressRuleArray{
				from([]string{"0.0.0.0/0"}, publicPort), from(awsvalue.PrivateRanges(), proxyHealthPort),
			},
		},
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("open the proxy: %w", err)
	}
	return nil
}
