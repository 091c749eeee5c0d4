package cluster

import (
	"fmt"

	admissionv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/admissionregistration/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	rbacv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/rbac/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/internal/tenant/slug"
)

// The groups of those who are let into the cluster without being its administrators.
const (
	// GroupReaders sees what is deployed, and no secret. Without the right to change anything, the provider of Kubernetes compares by
	// itself in a preview rather than having the API server try each change.
	GroupReaders = "platform:readers"
	// GroupTenants makes, changes and removes what a tenant has in the cluster, in namespaces of tenants alone.
	GroupTenants = "platform:tenants"
)

// grant is what may be done with kinds of an API group.
type grant struct {
	group string
	kinds []string
	verbs []string
}

var (
	look   = []string{"get", "list", "watch"}
	manage = append([]string{"create", "update", "patch", "delete"}, look...)
)

// readersGrants are all kinds that the platform deploys, and what explains their state. Secrets are not among them.
var readersGrants = []grant{
	{"", []string{
		"configmaps", "endpoints", "events", "limitranges", "namespaces", "nodes", "persistentvolumeclaims", "persistentvolumes", "pods", "resourcequotas",
		"serviceaccounts", "services",
	}, look},
	{"admissionregistration.k8s.io", []string{"validatingadmissionpolicies", "validatingadmissionpolicybindings"}, look},
	{"apps", []string{"controllerrevisions", "daemonsets", "deployments", "replicasets", "statefulsets"}, look},
	{"autoscaling", []string{"horizontalpodautoscalers"}, look},
	{"batch", []string{"cronjobs", "jobs"}, look},
	{"discovery.k8s.io", []string{"endpointslices"}, look},
	{"networking.k8s.io", []string{"ingresses", "networkpolicies"}, look},
	{"policy", []string{"poddisruptionbudgets"}, look},
	{"rbac.authorization.k8s.io", []string{"clusterrolebindings", "clusterroles", "rolebindings", "roles"}, look},
	{"scheduling.k8s.io", []string{"priorityclasses"}, look},
	{"storage.k8s.io", []string{"storageclasses"}, look},
}

// tenantsGrants are the kinds that a tenant's place consists of, and what tells whether its workloads have started. Where they may be
// changed no rule of RBAC can say, since the namespaces are not there yet: the admission policy does.
var tenantsGrants = []grant{
	{"", []string{"limitranges", "namespaces", "resourcequotas", "serviceaccounts"}, manage},
	{"", []string{"events", "pods", "pods/log"}, look},
	{"apps", []string{"deployments"}, manage},
	{"apps", []string{"replicasets"}, look},
	{"networking.k8s.io", []string{"networkpolicies"}, manage},
	{"policy", []string{"poddisruptionbudgets"}, manage},
}

// makeMembers says what the members of the cluster may do.
func (b *baselineBuilder) makeMembers() error {
	for _, member := range []struct {
		name, group string
		grants      []grant
	}{{"platform-readers", GroupReaders, readersGrants}, {"platform-tenants", GroupTenants, tenantsGrants}} {
		if err := b.makeGroup(member.name, member.group, member.grants); err != nil {
			return fmt.Errorf("let %s in: %w", member.group, err)
		}
	}
	return b.confineTenants("platform-tenants")
}

func (b *baselineBuilder) makeGroup(name, group string, grants []grant) error {
	rules := make(rbacv1.PolicyRuleArray, len(grants))
	for i, g := range grants {
		rules[i] = &rbacv1.PolicyRuleArgs{
			ApiGroups: pulumi.ToStringArray([]string{g.group}), Resources: pulumi.ToStringArray(g.kinds), Verbs: pulumi.ToStringArray(g.verbs),
		}
	}
	role, err := rbacv1.NewClusterRole(b.ctx, b.name+"-"+name, &rbacv1.ClusterRoleArgs{
		Metadata: &metav1.ObjectMetaArgs{Name: pulumi.String(name)}, Rules: rules,
	}, pulumi.Parent(b.parent))
	if err != nil {
		return err
	}
	const api = "rbac.authorization.k8s.io"
	binding, err := rbacv1.NewClusterRoleBinding(b.ctx, b.name+"-"+name, &rbacv1.ClusterRoleBindingArgs{
		Metadata: &metav1.ObjectMetaArgs{Name: pulumi.String(name)},
		RoleRef:  &rbacv1.RoleRefArgs{ApiGroup: pulumi.String(api), Kind: pulumi.String("ClusterRole"), Name: pulumi.String(name)},
		Subjects: rbacv1.SubjectArray{&rbacv1.SubjectArgs{ApiGroup: pulumi.String(api), Kind: pulumi.String("Group"), Name: pulumi.String(group)}},
	}, pulumi.Parent(b.parent), pulumi.DependsOn([]pulumi.Resource{role}))
	b.made(binding)
	return err
}

// confineTenants keeps GroupTenants within the namespaces of tenants, and has them stay confined.
func (b *baselineBuilder) confineTenants(name string) error {
	policy, err := admissionv1.NewValidatingAdmissionPolicy(b.ctx, b.name+"-"+name, &admissionv1.ValidatingAdmissionPolicyArgs{
		Metadata: &metav1.ObjectMetaArgs{Name: pulumi.String(name)},
		Spec: &admissionv1.ValidatingAdmissionPolicySpecArgs{
			FailurePolicy: pulumi.String("Fail"),
			MatchConditions: admissionv1.MatchConditionArray{&admissionv1.MatchConditionArgs{
				Name: pulumi.String("tenants"), Expression: pulumi.Sprintf("%q in request.userInfo.groups", GroupTenants),
			}},
			MatchConstraints: &admissionv1.MatchResourcesArgs{ResourceRules: admissionv1.NamedRuleWithOperationsArray{
				&admissionv1.NamedRuleWithOperationsArgs{ // whatever RBAC lets the group change, now or later
					ApiGroups: pulumi.ToStringArray([]string{"*"}), ApiVersions: pulumi.ToStringArray([]string{"*"}), Resources: pulumi.ToStringArray([]string{"*/*"}),
					Operations: pulumi.ToStringArray([]string{"CREATE", "UPDATE", "DELETE", "CONNECT"}),
				},
			}},
			Validations: admissionv1.ValidationArray{
				&admissionv1.ValidationArgs{
					Expression: pulumi.Sprintf(`(request.resource.resource == "namespaces" ? request.name : request.namespace).startsWith(%q)`, slug.Namespace("")),
					Message:    pulumi.Sprintf("%s changes only what is in namespaces of tenants", GroupTenants),
				},
				&admissionv1.ValidationArgs{
					Expression: pulumi.String(`request.resource.resource != "namespaces" || request.operation == "DELETE" || ` +
						`(has(object.metadata.labels) && object.metadata.labels[?"pod-security.kubernetes.io/enforce"].orValue("") == "restricted")`),
					Message: pulumi.String("a tenant's namespace takes hardened pods alone: pod-security.kubernetes.io/enforce is restricted"),
				},
			},
		},
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("confine %s: %w", GroupTenants, err)
	}
	binding, err := admissionv1.NewValidatingAdmissionPolicyBinding(b.ctx, b.name+"-"+name, &admissionv1.ValidatingAdmissionPolicyBindingArgs{
		Metadata: &metav1.ObjectMetaArgs{Name: pulumi.String(name)},
		Spec: &admissionv1.ValidatingAdmissionPolicyBindingSpecArgs{
			PolicyName: pulumi.String(name), ValidationActions: pulumi.ToStringArray([]string{"Deny"}),
		},
	}, pulumi.Parent(b.parent), pulumi.DependsOn([]pulumi.Resource{policy}))
	if err != nil {
		return fmt.Errorf("confine %s: %w", GroupTenants, err)
	}
	b.made(binding)
	return nil
}
