package cluster

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/pulumitest"
)

// rulesOf are what a group may do, as "verb kind.group".
func rulesOf(t testing.TB, r *pulumitest.Recorder, name string) (list []string) {
	t.Helper()
	rules, _ := r.One(t, "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", name).Value(t, "rules").([]any)
	for _, each := range rules {
		rule, isRule := each.(map[string]any)
		require.True(t, isRule)
		for _, group := range rule["apiGroups"].([]any) { //nolint:errcheck // a rule has all three
			for _, kind := range rule["resources"].([]any) { //nolint:errcheck // as above
				for _, verb := range rule["verbs"].([]any) { //nolint:errcheck // as above
					list = append(list, strings.TrimSuffix(fmt.Sprintf("%s %s.%s", verb, kind, group), "."))
				}
			}
		}
	}
	slices.Sort(list)
	return list
}

// checkMembers requires of each group what it may do at most, and that nobody else is given it.
func checkMembers(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	readers, tenants := rulesOf(t, r, "baseline-platform-readers"), rulesOf(t, r, "baseline-platform-tenants")
	for _, rule := range slices.Concat(readers, tenants) {
		require.NotContains(t, rule, "secrets")
		require.NotContains(t, rule, "*")
	}
	every := func(verbs, kinds string) (list []string) {
		for _, verb := range strings.Fields(verbs) {
			for _, kind := range strings.Fields(kinds) {
				list = append(list, verb+" "+kind)
			}
		}
		return list
	}
	require.ElementsMatch(t, every("get list watch", `configmaps endpoints events limitranges namespaces nodes persistentvolumeclaims persistentvolumes pods resourcequotas
		serviceaccounts services validatingadmissionpolicies.admissionregistration.k8s.io validatingadmissionpolicybindings.admissionregistration.k8s.io
		controllerrevisions.apps daemonsets.apps deployments.apps replicasets.apps statefulsets.apps horizontalpodautoscalers.autoscaling cronjobs.batch jobs.batch
		endpointslices.discovery.k8s.io ingresses.networking.k8s.io networkpolicies.networking.k8s.io poddisruptionbudgets.policy
		clusterrolebindings.rbac.authorization.k8s.io clusterroles.rbac.authorization.k8s.io rolebindings.rbac.authorization.k8s.io roles.rbac.authorization.k8s.io
		priorityclasses.scheduling.k8s.io storageclasses.storage.k8s.io`), readers)
	require.ElementsMatch(t, append(every("get list watch create update patch delete",
		"deployments.apps limitranges namespaces networkpolicies.networking.k8s.io poddisruptionbudgets.policy resourcequotas serviceaccounts"),
		every("get list watch", "events pods pods/log replicasets.apps")...), tenants)
	for _, group := range []string{"readers", "tenants"} {
		has(t, r.One(t, "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding", "baseline-platform-"+group), map[string]any{
			"roleRef":  map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "platform-" + group},
			"subjects": []any{map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "platform:" + group}},
		})
	}
}

// checkConfinement requires that the policy is about all that the group might change, and that what it refuses is refused. What its
// expressions say is asked of the API server itself, in the tests of the whole.
func checkConfinement(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	policy := r.One(t, "kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicy", "baseline-platform-tenants")
	has(t, policy, map[string]any{
		"spec.failurePolicy": "Fail", "spec.matchConditions": []any{map[string]any{"name": "tenants", "expression": `"platform:tenants" in request.userInfo.groups`}},
		"spec.matchConstraints.resourceRules": []any{map[string]any{
			"apiGroups": []any{"*"}, "apiVersions": []any{"*"}, "resources": []any{"*/*"}, "operations": []any{"CREATE", "UPDATE", "DELETE", "CONNECT"},
		}},
		"spec.validations": []any{
			map[string]any{
				"expression": `(request.resource.resource == "namespaces" ? request.name : request.namespace).startsWith("tenant-")`,
				"message":    "platform:tenants changes only what is in namespaces of tenants",
			},
			map[string]any{
				"expression": `request.resource.resource != "namespaces" || request.operation == "DELETE" || ` +
					`(has(object.metadata.labels) && object.metadata.labels[?"pod-security.kubernetes.io/enforce"].orValue("") == "restricted")`,
				"message": "a tenant's namespace takes hardened pods alone: pod-security.kubernetes.io/enforce is restricted",
			},
		},
	})
	has(t, r.One(t, "kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicyBinding", "baseline-platform-tenants"), map[string]any{
		"spec.policyName": "platform-tenants", "spec.validationActions": []any{"Deny"},
	})
}
