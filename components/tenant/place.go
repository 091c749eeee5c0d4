package tenant

import (
	"fmt"
	"strconv"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	networkingv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/networking/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/namespace"
	"github.com/genericcorp/platform/components/podidentity"
	"github.com/genericcorp/platform/components/workload"
	"github.com/genericcorp/platform/internal/awsvalue"
	"github.com/genericcorp/platform/internal/check"
	"github.com/genericcorp/platform/internal/tenant/slug"
	"github.com/genericcorp/platform/internal/tiers"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// Cluster is where the tenants' namespaces are. Their Kubernetes provider comes through the options of NewTenant.
type Cluster struct {
	Name   string // in AWS
	Region string
	// DatabaseCIDRs and DatabasePort are where the pods reach the tenant's database.
	DatabaseCIDRs []string
	DatabasePort  int
	// Worker is what each tenant runs whose tier has a worker. Nil: none does.
	Worker *Worker
	// PodsRoleARN is the role of all tenants' pods (Pods), in which each reads its own tenant's secret.
	PodsRoleARN string
}

// Check records what is wrong with the cluster, by the inputs' names within it.
func (c Cluster) Check(p *check.Problems) {
	p.Require(c.Name != "", "name", c.Name, "the name of the cluster in AWS")
	awsvalue.Region.Check(p, "region", c.Region)
	awsvalue.AddressRange.CheckList(p, "databaseCidrs", c.DatabaseCIDRs, 1, 10, "1 to 10 ranges")
	p.Between("databasePort", c.DatabasePort, 1, 65535)
	if c.Worker != nil {
		c.Worker.Check(p.In("worker"))
	}
	awsvalue.RoleARN.Check(p, "podsRoleArn", c.PodsRoleARN)
}

// ServiceAccount is the one whose pods read the tenant's secret.
const ServiceAccount = "tenant"

// labelTenant is on the tenant's namespace.
const labelTenant = "genericcorp.example/tenant"

// place carries what the tenant's place in the cluster is made of.
type place struct {
	ctx    *pulumi.Context
	name   string // prefix of the children's names
	args   *TenantArgs
	tier   tiers.Tier
	parent *Tenant
	within []pulumi.ResourceOption // of what is in the namespace

	beforePods []pulumi.Resource
}

// makePlace makes the tenant's namespace, which bounds what all its pods get together, and the identity of its pods. It gives the
// namespace's name, or nothing without a cluster. It comes after the tenant's home in the database, as pods find their secret there.
func (a *TenantArgs) makePlace(ctx *pulumi.Context, name string, tier tiers.Tier, parent *Tenant, home pulumi.Resource) (string, error) {
	if a.Cluster == nil {
		return "", nil
	}
	p := &place{ctx: ctx, name: name, args: a, tier: tier, parent: parent}
	made, err := namespace.New(ctx, name, &namespace.Args{
		Name: slug.Namespace(a.Slug), Labels: map[string]string{labelTenant: a.Slug}, Quota: a.quota(tier.Limits), Limits: limits(tier.Limits),
	}, pulumi.Parent(parent), pulumi.DependsOn([]pulumi.Resource{home}))
	if err != nil {
		return "", err
	}
	p.within = []pulumi.ResourceOption{pulumi.Parent(parent), pulumi.DependsOn([]pulumi.Resource{made.Namespace})}
	p.beforePods = made.Parts
	for _, step := range []func() error{p.makeWays, p.makeServiceAccount, p.makeIdentity, p.makeWorker} {
		if err := step(); err != nil {
			return "", err
		}
	}
	return slug.Namespace(a.Slug), nil
}

// quota is what all pods of the tenant together ask for, and the most that they get. A suspended tenant has none. What costs money
// beside (disks, load balancers) is not in any tier.
func (a *TenantArgs) quota(l tiers.Limits) pulumi.StringMap {
	pods := l.Pods
	if a.State == api.StateSuspended {
		pods = 0
	}
	cpu, memory := millicores(l.CPUMillicores), mebibytes(l.MemoryMiB)
	return pulumi.StringMap{
		"requests.cpu": cpu, "limits.cpu": cpu, "requests.memory": memory, "limits.memory": memory, "pods": pulumi.String(strconv.Itoa(pods)),
		"requests.storage": pulumi.String("0"), "persistentvolumeclaims": pulumi.String("0"),
		"services.loadbalancers": pulumi.String("0"), "services.nodeports": pulumi.String("0"),
	}
}

// limits are those of one container: half of the tenant's when it names none, and never more than all of it.
func limits(l tiers.Limits) namespace.Limits {
	return namespace.Limits{
		DefaultRequest: pulumi.StringMap{"cpu": millicores(l.CPUMillicores / 10), "memory": mebibytes(l.MemoryMiB / 4)},
		Default:        pulumi.StringMap{"cpu": millicores(l.CPUMillicores / 2), "memory": mebibytes(l.MemoryMiB / 2)},
		Max:            pulumi.StringMap{"cpu": millicores(l.CPUMillicores), "memory": mebibytes(l.MemoryMiB)},
	}
}

func millicores(n int) pulumi.String { return pulumi.String(strconv.Itoa(n) + "m") }

func mebibytes(n int) pulumi.String { return pulumi.String(strconv.Itoa(n) + "Mi") }

// makeWays lets the tenant's pods out to its database, to their role's credentials and to AWS. Nobody is let in, other tenants' pods
// included.
func (p *place) makeWays() error {
	cluster := p.args.Cluster
	ways, err := networkingv1.NewNetworkPolicy(p.ctx, p.name+"-ways", &networkingv1.NetworkPolicyArgs{
		Metadata: p.metadata("allow-platform"),
		Spec: &networkingv1.NetworkPolicySpecArgs{
			PodSelector: &metav1.LabelSelectorArgs{},
			PolicyTypes: pulumi.ToStringArray([]string{"Egress"}),
			Egress:      append(workload.ToIdentity(), workload.Egress(workload.Peer{CIDRs: cluster.DatabaseCIDRs}, cluster.DatabasePort)),
		},
	}, p.within...)
	if err != nil {
		return fmt.Errorf("open the ways out of the namespace: %w", err)
	}
	p.beforePods = append(p.beforePods, ways)
	return nil
}

func (p *place) makeServiceAccount() error {
	account, err := corev1.NewServiceAccount(p.ctx, p.name, &corev1.ServiceAccountArgs{
		Metadata: p.metadata(ServiceAccount), AutomountServiceAccountToken: pulumi.Bool(false),
	}, p.within...)
	if err != nil {
		return fmt.Errorf("create service account: %w", err)
	}
	p.beforePods = append(p.beforePods, account)
	return nil
}

func (p *place) metadata(name string) *metav1.ObjectMetaArgs {
	return &metav1.ObjectMetaArgs{Name: pulumi.String(name), Namespace: pulumi.String(slug.Namespace(p.args.Slug))}
}

// makeIdentity gives the tenant's pods the role of all tenants' pods, which tells them apart by their namespace.
func (p *place) makeIdentity() error {
	association, err := podidentity.Associate(p.ctx, p.name, pulumi.String(p.args.Cluster.Name), slug.Namespace(p.args.Slug), ServiceAccount,
		pulumi.String(p.args.Cluster.PodsRoleARN), pulumi.Parent(p.parent))
	if err != nil {
		return err
	}
	p.beforePods = append(p.beforePods, association)
	return nil
}
