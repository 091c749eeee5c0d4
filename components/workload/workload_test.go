package workload

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/components/policydoc"
	"github.com/genericcorp/platform/internal/pulumitest"
)

const (
	deploymentType = "kubernetes:apps/v1:Deployment"
	policyType     = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
	scalerType     = "kubernetes:autoscaling/v2:HorizontalPodAutoscaler"
	serviceType    = "kubernetes:core/v1:Service"
)

var image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/platform/api@sha256:" + strings.Repeat("0a", 32)

// full has everything that a workload may have.
func full() *WorkloadArgs {
	return &WorkloadArgs{
		Namespace: "tenants", Image: image, Port: 8080, Variables: map[string]string{"B": "2", "A": "1"}, PriorityClass: "platform-critical",
		Resources: Resources{CPUMillicores: 100, MemoryMiB: 128}, Scale: Scale{Min: 2, Max: 6},
		Identity: &Identity{Cluster: "platform-test-cluster", Region: "us-east-1", Permissions: []policydoc.Statement{
			{Sid: "Publish", Actions: []string{"sns:Publish"}, Resources: []pulumi.StringInput{pulumi.String("arn:topic")}},
		}},
		Secrets:      []Secret{{File: "cache.json", ARN: pulumi.String("arn:cache"), KeyARN: pulumi.String("arn:key")}},
		SecretsImage: image,
	}
}

// worker has nothing that it can do without.
func worker() *WorkloadArgs {
	return &WorkloadArgs{
		Namespace: "tenants", Image: image, Health: Health{Port: 9000}, Resources: Resources{CPUMillicores: 50, MemoryMiB: 64},
	}
}

func run(t *testing.T, args *WorkloadArgs) *pulumitest.Recorder {
	t.Helper()
	return pulumitest.Run(t, func(ctx *pulumi.Context) error {
		_, err := NewWorkload(ctx, "api", args)
		return err
	})
}

func has(t testing.TB, r pulumitest.Resource, inputs map[string]any) {
	t.Helper()
	for path, want := range inputs {
		require.Equal(t, fmt.Sprint(want), fmt.Sprint(r.Value(t, path)), path)
	}
}

// checks hold for an API. Together they watch all that it consists of.
var checks = []pulumitest.Check{
	checkPods, checkRollout, checkConfinement, checkSpread, checkSecrets, checkIdentity, checkWayToTheIdentity, checkScaling, checkService, checkConventions,
}

func TestAPI(t *testing.T) {
	t.Parallel()
	r := run(t, full())
	for _, check := range checks {
		check(t, r)
	}
	r.RequireWatched(t, checks, "* * apiVersion", "* * kind", "* * description")
}

const (
	podSpec = "spec.template.spec."
	program = podSpec + "containers[0]."
	keeper  = podSpec + "initContainers[0]."
)

func checkPods(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	d := r.One(t, deploymentType, "api")
	has(t, d, map[string]any{
		program + "name": "api", program + "image": image, program + "args": []any{},
		program + "env":                  []any{map[string]any{"name": "A", "value": "1"}, map[string]any{"name": "B", "value": "2"}},
		program + "ports":                []any{map[string]any{"name": "health", "containerPort": 8080.0, "protocol": "TCP"}},
		program + "startupProbe.httpGet": map[string]any{"path": "/healthz", "port": 8080.0}, program + "startupProbe.periodSeconds": 1, program + "startupProbe.failureThreshold": 60,
		program + "readinessProbe.httpGet": map[string]any{"path": "/readyz", "port": 8080.0}, program + "readinessProbe.periodSeconds": 5, program + "readinessProbe.failureThreshold": 2,
		program + "livenessProbe.httpGet": map[string]any{"path": "/healthz", "port": 8080.0}, program + "livenessProbe.periodSeconds": 10, program + "livenessProbe.failureThreshold": 3,
		program + "startupProbe.timeoutSeconds": 2, program + "readinessProbe.timeoutSeconds": 2, program + "livenessProbe.timeoutSeconds": 2,
		program + "resources.requests":            map[string]any{"cpu": "100m", "memory": "128Mi"},
		program + "resources.limits":              map[string]any{"cpu": "400m", "memory": "128Mi"},
		program + "lifecycle.preStop":             map[string]any{"sleep": map[string]any{"seconds": 5.0}},
		podSpec + "terminationGracePeriodSeconds": 30, podSpec + "priorityClassName": "platform-critical", podSpec + "enableServiceLinks": false,
		program + "volumeMounts": []any{
			map[string]any{"name": "tmp", "mountPath": "/tmp"},
			map[string]any{"name": "secrets", "mountPath": "/var/run/secrets/platform", "readOnly": true},
		},
		podSpec + "volumes": []any{
			map[string]any{"name": "tmp", "emptyDir": map[string]any{"sizeLimit": "64Mi"}},
			map[string]any{"name": "secrets", "emptyDir": map[string]any{"medium": "Memory", "sizeLimit": "1Mi"}},
		},
	})
}

// A new version comes up beside the old one, or fails with the last lines of its log.
func checkRollout(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	d := r.One(t, deploymentType, "api")
	has(t, d, map[string]any{
		"spec.strategy":                map[string]any{"type": "RollingUpdate", "rollingUpdate": map[string]any{"maxUnavailable": 0.0, "maxSurge": 1.0}},
		"spec.progressDeadlineSeconds": 300, "spec.revisionHistoryLimit": 3,
		"spec.selector.matchLabels":          map[string]any{LabelName: "api"},
		"spec.template.metadata.labels":      map[string]any{LabelName: "api", LabelManagedBy: "platform"},
		program + "terminationMessagePolicy": "FallbackToLogsOnError", keeper + "terminationMessagePolicy": "FallbackToLogsOnError",
		`metadata.annotations["pulumi.com/patchForce"]`: "true",
	})
	require.False(t, d.Has("spec.replicas"), "the autoscaler decides")
	require.Equal(t, "5m30s", d.Request.GetCustomTimeouts().GetCreate(), "later than Kubernetes gives up")
	require.Equal(t, "5m30s", d.Request.GetCustomTimeouts().GetUpdate())
	for _, before := range []string{"ServiceAccount::api", "PodIdentityAssociation::api", "RolePolicy::api"} {
		require.True(t, slices.ContainsFunc(d.Request.GetDependencies(), func(urn string) bool { return strings.HasSuffix(urn, before) }), before)
	}
}

func checkConfinement(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	d := r.One(t, deploymentType, "api")
	confined := map[string]any{"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": map[string]any{"drop": []any{"ALL"}}}
	has(t, d, map[string]any{
		program + "securityContext": confined, keeper + "securityContext": confined, podSpec + "automountServiceAccountToken": false, podSpec + "serviceAccountName": "api",
		podSpec + "securityContext": map[string]any{
			"runAsNonRoot": true, "runAsUser": 65532.0, "runAsGroup": 65532.0, "fsGroup": 65532.0, "seccompProfile": map[string]any{"type": "RuntimeDefault"},
		},
	})
	has(t, r.One(t, "kubernetes:core/v1:ServiceAccount", "api"), map[string]any{"automountServiceAccountToken": false})
}

func checkSpread(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	for i, c := range []struct{ key, otherwise string }{{"topology.kubernetes.io/zone", "DoNotSchedule"}, {"kubernetes.io/hostname", "ScheduleAnyway"}} {
		has(t, r.One(t, deploymentType, "api"), map[string]any{fmt.Sprintf(podSpec+"topologySpreadConstraints[%d]", i): map[string]any{
			"topologyKey": c.key, "maxSkew": 1.0, "whenUnsatisfiable": c.otherwise, "labelSelector": map[string]any{"matchLabels": map[string]any{LabelName: "api"}},
			"nodeTaintsPolicy": "Honor", "matchLabelKeys": []any{"pod-template-hash"},
		}})
	}
	has(t, r.One(t, "kubernetes:policy/v1:PodDisruptionBudget", "api"), map[string]any{
		"spec": map[string]any{"maxUnavailable": 1.0, "unhealthyPodEvictionPolicy": "AlwaysAllow", "selector": map[string]any{"matchLabels": map[string]any{LabelName: "api"}}},
	})
}

// A secret is a file that the program beside the workload's keeps, and is in no variable and no manifest.
func checkSecrets(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	has(t, r.One(t, deploymentType, "api"), map[string]any{
		keeper + "name": "secretfiles", keeper + "image": image, keeper + "restartPolicy": "Always", keeper + "args": []any{"cache.json=arn:cache"},
		keeper + "startupProbe": map[string]any{"httpGet": map[string]any{"path": "/readyz", "port": 9089.0}, "periodSeconds": 1.0, "failureThreshold": 60.0},
		keeper + "resources":    map[string]any{"requests": map[string]any{"cpu": "5m", "memory": "32Mi"}, "limits": map[string]any{"cpu": "25m", "memory": "32Mi"}},
		keeper + "volumeMounts": []any{map[string]any{"name": "secrets", "mountPath": "/var/run/secrets/platform", "readOnly": false}},
	})
}

func checkIdentity(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	has(t, r.One(t, "aws:eks/podIdentityAssociation:PodIdentityAssociation", "api"), map[string]any{
		"clusterName": "platform-test-cluster", "namespace": "tenants", "serviceAccount": "api", "roleArn": "arn:aws:iam:us-east-1:123456789012:api",
	})
	has(t, r.One(t, "aws:iam/role:Role", "api"), map[string]any{"assumeRolePolicy": `{"Statement":[{"Action":["sts:AssumeRole","sts:TagSession"],"Condition":{"StringEquals":{` +
		`"aws:RequestTag/eks-cluster-name":["platform-test-cluster"],"aws:RequestTag/kubernetes-namespace":["tenants"],"aws:RequestTag/kubernetes-service-account":["api"]}},` +
		`"Effect":"Allow","Principal":{"Service":["pods.eks.amazonaws.com"]}}],"Version":"2012-10-17"}`})
	has(t, r.One(t, "aws:iam/rolePolicy:RolePolicy", "api"), map[string]any{"role": "api", "policy": `{"Statement":[` +
		`{"Action":["secretsmanager:GetSecretValue"],"Effect":"Allow","Resource":["arn:cache"],"Sid":"ReadSecrets"},` +
		`{"Action":["kms:Decrypt"],"Condition":{"StringEquals":{"kms:ViaService":["secretsmanager.us-east-1.amazonaws.com"]}},"Effect":"Allow","Resource":["arn:key"],"Sid":"DecryptSecrets"},` +
		`{"Action":["sns:Publish"],"Effect":"Allow","Resource":["arn:topic"],"Sid":"Publish"}],"Version":"2012-10-17"}`})
}

func checkWayToTheIdentity(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	port := func(n float64) []any { return []any{map[string]any{"protocol": "TCP", "port": n}} }
	require.Equal(t, map[string]any{
		"podSelector": map[string]any{"matchLabels": map[string]any{LabelName: "api"}}, "policyTypes": []any{"Egress"},
		"egress": []any{
			map[string]any{"ports": port(80), "to": []any{map[string]any{"ipBlock": map[string]any{"cidr": "169.254.170.23/32"}}}},
			map[string]any{"ports": port(443), "to": []any{map[string]any{"ipBlock": map[string]any{
				"cidr": "0.0.0.0/0", "except": []any{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"},
			}}}},
		},
	}, r.One(t, policyType, "api-identity").Value(t, "spec"))
}

func checkScaling(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	require.Equal(t, map[string]any{
		"scaleTargetRef": map[string]any{"apiVersion": "apps/v1", "kind": "Deployment", "name": "api"}, "minReplicas": 2.0, "maxReplicas": 6.0,
		"metrics": []any{map[string]any{"type": "Resource", "resource": map[string]any{
			"name": "cpu", "target": map[string]any{"type": "Utilization", "averageUtilization": 70.0},
		}}},
	}, r.One(t, scalerType, "api").Value(t, "spec"))
}

func checkService(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	service := r.One(t, serviceType, "api")
	has(t, service, map[string]any{`metadata.annotations["pulumi.com/skipAwait"]`: "true", "spec": map[string]any{
		"type": "ClusterIP", "selector": map[string]any{LabelName: "api"},
		"ports": []any{map[string]any{"name": "calls", "port": 8080.0, "targetPort": 8080.0, "protocol": "TCP"}},
	}})
}

// Each object has the workload's name, namespace and labels. Nothing is protected: all can be made again.
func checkConventions(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	r.RequireProtected(t)
	r.RequireBelow(t, "genericcorp:workload:Workload")
	for _, made := range r.All() {
		if made.Has("tags") {
			has(t, made, map[string]any{"tags": map[string]any{"component": "workload"}})
		}
		if made.Has("metadata.name") {
			has(t, made, map[string]any{
				"metadata.name": made.Name, "metadata.namespace": "tenants", "metadata.labels": map[string]any{LabelName: "api", LabelManagedBy: "platform"},
			})
		}
	}
}

// A worker that needs nothing has nothing that others could call, no role and no way out.
func TestWorker(t *testing.T) {
	t.Parallel()
	r := run(t, worker())
	for _, kind := range []string{serviceType, scalerType, policyType, "aws:iam/role:Role", "aws:eks/podIdentityAssociation:PodIdentityAssociation"} {
		require.Empty(t, r.OfType(kind), kind)
	}
	d := r.One(t, deploymentType, "api")
	has(t, d, map[string]any{"spec.replicas": 2, program + "livenessProbe.httpGet.port": 9000})
	require.False(t, d.Has(podSpec+"initContainers"))
	require.False(t, d.Has(podSpec+"priorityClassName"))
}

func TestFurtherChoices(t *testing.T) {
	t.Parallel()
	args := full()
	args.Scale.Stopped, args.KubernetesToken, args.Health.Port, args.Identity.Permissions = true, true, 9090, nil
	r := run(t, args)
	require.Empty(t, r.OfType(scalerType), "it would start them again")
	has(t, r.One(t, deploymentType, "api"), map[string]any{
		"spec.replicas": 0, podSpec + "automountServiceAccountToken": true, program + "readinessProbe.httpGet.port": 9090, program + "ports[1].containerPort": 8080,
	})
	require.NotContains(t, r.One(t, "aws:iam/rolePolicy:RolePolicy", "api").Value(t, "policy"), "sns:Publish")

	args.Secrets = nil
	require.Empty(t, run(t, args).OfType("aws:iam/rolePolicy:RolePolicy"), "a role that may do nothing")
}

func TestOutputs(t *testing.T) {
	t.Parallel()
	pulumitest.Run(t, func(ctx *pulumi.Context) error {
		w, err := NewWorkload(ctx, "api", full())
		require.NoError(t, err)
		require.Equal(t, "api.tenants.svc.cluster.local:8080", w.Host)
		require.Equal(t, "api", w.ServiceAccount)
		require.Equal(t, map[string]pulumitest.Output{"Name": {Value: "api", Known: true}}, pulumitest.Outputs(t, ctx, w))
		return nil
	})
}

// Secrets that come and go are asked for by the beginning of their names. Only their role may list names.
func TestFamilies(t *testing.T) {
	t.Parallel()
	args := full()
	args.Secrets, args.Families = nil, []SecretFamily{{File: "tenant-*.json", Prefix: "platform/dev/tenants/", AccountID: "123456789012", KeyARN: pulumi.String("arn:key")}}
	r := run(t, args)
	has(t, r.One(t, deploymentType, "api"), map[string]any{
		keeper + "args": []any{"tenant-*.json=platform/dev/tenants/*"}, podSpec + "volumes[1].emptyDir.sizeLimit": "8Mi",
	})
	policy := fmt.Sprint(r.One(t, "aws:iam/rolePolicy:RolePolicy", "api").Value(t, "policy"))
	require.Contains(t, policy, `{"Action":["secretsmanager:GetSecretValue"],"Effect":"Allow","Resource":["arn:aws:secretsmanager:us-east-1:123456789012:secret:platform/dev/tenants/*"],"Sid":"ReadSecrets"}`)
	require.Contains(t, policy, `{"Action":["secretsmanager:ListSecrets"],"Effect":"Allow","Resource":["*"],"Sid":"ListSecrets"}`)
	require.NotContains(t, r.One(t, "aws:iam/rolePolicy:RolePolicy", "api").Value(t, "policy"), "secretsmanager:*")
	require.NotContains(t, run(t, full()).One(t, "aws:iam/rolePolicy:RolePolicy", "api").Value(t, "policy"), "ListSecrets")
}

// One that acts as somebody else's service account has no identity of its own. One that nobody waits for says so.
func TestServiceAccountThatIsThere(t *testing.T) {
	t.Parallel()
	args := full()
	args.Identity, args.ServiceAccount, args.NoWait = nil, "tenant", true
	r := run(t, args)
	for _, kind := range []string{"kubernetes:core/v1:ServiceAccount", "aws:iam/role:Role", "aws:eks/podIdentityAssociation:PodIdentityAssociation", policyType} {
		require.Empty(t, r.OfType(kind), kind)
	}
	has(t, r.One(t, deploymentType, "api"), map[string]any{podSpec + "serviceAccountName": "tenant", `metadata.annotations["pulumi.com/skipAwait"]`: "true"})
	require.False(t, run(t, full()).One(t, deploymentType, "api").Has(`metadata.annotations["pulumi.com/skipAwait"]`))
}

// Everything that is wrong is told at once, and nothing is made.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		args *WorkloadArgs
		want []string
	}{
		{"Api", nil, []string{
			`name: got "Api"`, `namespace: got ""`, `image: got "", expected an image by digest alone`, "health.port: got 0", "resources.cpuMillicores: got 0", "resources.memoryMiB: got 0",
		}},
		{"api", &WorkloadArgs{
			Namespace: "tenants", Image: "registry.example/api:latest", Port: 80, Variables: map[string]string{"a b": ""}, Health: Health{Ready: "ready", StartSeconds: 1801},
			Resources: Resources{CPUMillicores: 100, CPULimitMillicores: 50, MemoryMiB: 1}, Scale: Scale{Min: 101, Max: 5, CPUPercent: 101}, UserID: -1, ScratchMiB: -1,
			StopSeconds: 5, RolloutSeconds: 29, Secrets: []Secret{{File: "../a"}, {File: "../a", ARN: pulumi.String("arn:a")}},
		}, []string{
			`image: got "registry.example/api:latest", expected an image by digest alone`, "port: got 80", `variables: got "a b"`, `health.ready: got "ready"`, "health.startSeconds: got 1801",
			"resources.cpuLimitMillicores: got 50", "resources.memoryMiB: got 1", "scale.min: got 101", "scale.max: got 5", "scale.cpuPercent: got 101", "userId: got -1",
			"scratchMiB: got -1", "stopSeconds: got 5, expected 6 to 3600", "rolloutSeconds: got 29, expected 30 to 3600", "rolloutSeconds: got 29, expected more than health.startSeconds",
			"identity: got <nil>", `secretsImage: got ""`, `secrets[0].file: got "../a"`, "secrets[0].arn: got <nil>", "secrets[1].keyArn: got <nil>", "a name that no other secret has",
		}},
		{"api", &WorkloadArgs{
			Namespace: "a", Image: image, Port: 8080, ServiceAccount: "other", SecretsImage: image, Families: []SecretFamily{{File: "all.json", Prefix: "platform"}},
			Variables: map[string]string{"API_TOKEN": "a", "URL": "https://me:geheim@example.com/"}, Arguments: make([]string, 51),
		}, []string{
			`families[0].file: got "all.json", expected the name of a file with one *`, `families[0].prefix: got "platform"`, `families[0].accountId: got ""`, "families[0].keyArn: got <nil>",
			`serviceAccount: got "other", expected none beside families`, `variables: got "API_TOKEN", expected no secret`, `variables: got "URL", expected no secret`, "arguments: got 51 arguments",
		}},
		{"api", &WorkloadArgs{Namespace: "a", Image: image, Port: 8080, Identity: &Identity{}}, []string{"identity.cluster", "identity.region"}},
	} {
		r, err := pulumitest.Record(func(ctx *pulumi.Context) error {
			_, err := NewWorkload(ctx, c.name, c.args)
			return err
		})
		for _, want := range c.want {
			require.ErrorContains(t, err, want)
		}
		require.Empty(t, r.All())
	}
}
