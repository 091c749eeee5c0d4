package workload

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/pulumitest"
)

// A sidecar comes after the secrets, which it reads as the program does, and is no less confined.
func TestSidecars(t *testing.T) {
	t.Parallel()
	args := full()
	args.Sidecars = []Sidecar{{
		Name: "login", Image: image, Arguments: []string{"login"}, Variables: map[string]string{"A": "1"}, Port: 9090, Ready: "/readyz",
		Resources: Resources{CPUMillicores: 10, MemoryMiB: 16},
	}}
	const sidecar = podSpec + "initContainers[1]."
	d := run(t, args).One(t, deploymentType, "api")
	has(t, d, map[string]any{
		keeper + "name": "secretfiles", sidecar + "name": "login", sidecar + "image": image, sidecar + "args": []any{"login"}, sidecar + "restartPolicy": "Always",
		sidecar + "env":                      []any{map[string]any{"name": "A", "value": "1"}},
		sidecar + "startupProbe.httpGet":     map[string]any{"path": "/readyz", "port": 9090.0},
		sidecar + "startupProbe":             map[string]any{"failureThreshold": 60.0, "httpGet": map[string]any{"path": "/readyz", "port": 9090.0}, "periodSeconds": 1.0, "timeoutSeconds": 2.0},
		sidecar + "resources":                map[string]any{"requests": map[string]any{"cpu": "10m", "memory": "16Mi"}, "limits": map[string]any{"cpu": "40m", "memory": "16Mi"}},
		sidecar + "securityContext":          d.Value(t, program+"securityContext"),
		sidecar + "terminationMessagePolicy": "FallbackToLogsOnError",
		sidecar + "volumeMounts":             []any{map[string]any{"name": "secrets", "mountPath": "/var/run/secrets/platform", "readOnly": true}},
	})

	args = worker()
	args.Sidecars = []Sidecar{{Name: "a", Image: image, Port: 9090, Ready: "/", Resources: Resources{CPUMillicores: 1, MemoryMiB: 8}}}
	require.False(t, run(t, args).One(t, deploymentType, "api").Has(podSpec+"initContainers[0].volumeMounts"), "without secrets there is nothing to mount")
}

// Callers find each pod of a headless one, for as long as they may know it.
func TestHeadless(t *testing.T) {
	t.Parallel()
	args := full()
	args.Headless, args.DrainSeconds = true, 15
	r := run(t, args)
	has(t, r.One(t, serviceType, "api"), map[string]any{"spec.clusterIP": "None", "spec.type": "ClusterIP"})
	has(t, r.One(t, deploymentType, "api"), map[string]any{program + "lifecycle.preStop": map[string]any{"sleep": map[string]any{"seconds": 15.0}}})
}

// The nodes offer what is exposed, and nothing else: a service of this type would give each port a number there.
func TestNodePorts(t *testing.T) {
	t.Parallel()
	args := full()
	args.NodePorts = []NodePort{{"public", 8080, 30443}, {"health", 8081, 30444}}
	args.Drain = &Drain{Path: "/drain", Port: 9090}
	r := run(t, args)
	has(t, r.One(t, serviceType, "api"), map[string]any{"spec": map[string]any{
		"type": "NodePort", "externalTrafficPolicy": "Local", "selector": map[string]any{LabelName: "api"}, "ports": []any{
			map[string]any{"name": "public", "port": 8080.0, "targetPort": 8080.0, "nodePort": 30443.0, "protocol": "TCP"},
			map[string]any{"name": "health", "port": 8081.0, "targetPort": 8081.0, "nodePort": 30444.0, "protocol": "TCP"},
		},
	}})
	has(t, r.One(t, deploymentType, "api"), map[string]any{
		program + "lifecycle.preStop": map[string]any{"httpGet": map[string]any{"path": "/drain", "port": 9090.0}},
	})
}

func TestRefusalsOfFurtherChoices(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args *WorkloadArgs
		want []string
	}{
		{&WorkloadArgs{
			Headless: true, NodePorts: []NodePort{{"Public", 80, 443}}, Drain: &Drain{}, DrainSeconds: 40,
			Sidecars: []Sidecar{{Name: "Login", Image: "login:latest", Variables: map[string]string{"REDIS_PASSWORD": "a"}}},
		}, []string{
			"port: got 0, expected a port, with headless or nodePorts", "headless: got true, expected false with nodePorts", `nodePorts[0].name: got "Public"`,
			"nodePorts[0].port: got 80", "nodePorts[0].nodePort: got 443, expected 30000 to 32767", "drain.port: got 0", `drain.path: got ""`,
			"stopSeconds: got 30, expected 41 to 3600", `sidecars[0].name: got "Login"`, `sidecars[0].image: got "login:latest"`,
			`sidecars[0].variables: got "REDIS_PASSWORD", expected no secret`, "sidecars[0].port: got 0", `sidecars[0].ready: got ""`, "sidecars[0].resources.cpuMillicores: got 0",
		}},
		{&WorkloadArgs{DrainSeconds: -1}, []string{"drainSeconds: got -1, expected 1 to 3599"}},
	} {
		r, err := pulumitest.Record(func(ctx *pulumi.Context) error {
			_, err := NewWorkload(ctx, "api", c.args)
			return err
		})
		for _, want := range c.want {
			require.ErrorContains(t, err, want)
		}
		require.Empty(t, r.All())
	}
}
