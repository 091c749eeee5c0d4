package edgepods

import (
	"fmt"
	"strconv"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/cluster"
	"github.com/genericcorp/platform/components/workload"
	"github.com/genericcorp/platform/internal/edge/counting"
	sidecar "github.com/genericcorp/platform/services/edgesidecar/api"
	gate "github.com/genericcorp/platform/services/gate/api"
)

const (
	gatePort       = 9000
	gateHealthPort = 9001

	countingPort       = 8081
	countingHealthPort = 8080
	countingDebugPort  = 6070
)

const (
	// askedReplicas is how many pods each service has that the proxy asks: the loss of one is no outage. The role that gate has in the
	// database may have the connections of four.
	askedReplicas = 2
	// askedDrainSeconds is how long the proxy may know the address of a pod that goes: DNS says it for 5 seconds, and the proxy asks again
	// after 5. https://github.com/coredns/coredns/blob/v1.13.1/plugin/kubernetes/README.md (ttl)
	askedDrainSeconds = 15
	// askedStopSeconds adds the 10 in which both finish what is in flight.
	askedStopSeconds = 45
)

// asked is what both services have in common. The proxy knows each pod by its address: it has few connections, which last, and by one
// address of both pods all could get to the same one.
func (b *builder) asked(image string, port, health int) *workload.WorkloadArgs {
	return &workload.WorkloadArgs{
		Namespace: b.args.Namespace, Image: image, Port: port, Headless: true, Health: workload.Health{Port: health},
		Resources: workload.Resources{CPUMillicores: 100, MemoryMiB: 128}, Scale: workload.Scale{Min: askedReplicas}, PriorityClass: cluster.PriorityCritical,
		DrainSeconds: askedDrainSeconds, StopSeconds: askedStopSeconds,
		Identity: &workload.Identity{Cluster: b.args.Cluster, Region: b.args.Region}, SecretsImage: b.args.Images.SecretFiles,
	}
}

func (b *builder) makeGate() error {
	args := b.asked(b.args.Images.Gate, gatePort, gateHealthPort)
	args.Health.Ready, args.Health.Live = gate.PathReady, gate.PathLive
	args.Variables = map[string]string{
		gate.EnvDomain: b.args.Domain, gate.EnvPublicPort: strconv.Itoa(b.args.PublicPort), gate.EnvContact: b.args.Contact,
		gate.EnvGRPCAddress: fmt.Sprintf(":%d", gatePort), gate.EnvHTTPAddress: fmt.Sprintf(":%d", gateHealthPort),
		gate.EnvDatabaseHost: b.args.Database.Host, gate.EnvDatabasePort: strconv.Itoa(b.args.Database.Port), gate.EnvDatabaseName: b.args.Database.Name,
	}
	args.Secrets = []workload.Secret{
		{File: gate.PasswordFile, ARN: b.password, KeyARN: b.args.SecretsKeyARN}, {File: gate.SigningKeysFile, ARN: b.signingKeys, KeyARN: b.args.SecretsKeyARN},
		{File: gate.CacheFile, ARN: b.args.CacheSecretARN, KeyARN: b.args.SecretsKeyARN},
	}
	if b.args.CacheAuthorities != "" {
		args.Variables[gate.EnvCacheCAFile] = b.args.CacheAuthorities
	}
	args.After = b.before
	_, err := workload.NewWorkload(b.ctx, gateName, args, pulumi.Parent(b.parent))
	return err
}

// makeCounting runs the service that counts. It would take the cache's password from an environment variable alone, which everybody sees
// who may look at pods, and which no rotation reaches: so a program beside it logs in to the cache, over TLS, and it calls that.
func (b *builder) makeCounting() error {
	text, err := counting.YAML()
	if err != nil {
		return err
	}
	args := b.asked(b.args.Images.Counting, countingPort, countingHealthPort)
	args.Health.Ready, args.Health.Live = counting.PathHealth, counting.PathHealth
	args.Command = []string{"ratelimit"} // the local cloud's image has it in another folder
	args.Files = map[string]string{counting.File: string(text)}
	args.Variables = counting.Settings{
		Folder: workload.FilesFolder, Host: "0.0.0.0", GRPC: countingPort, HTTP: countingHealthPort, Debug: countingDebugPort,
		Cache: fmt.Sprintf("127.0.0.1:%d", sidecar.CachePort),
	}.Environment()
	args.Secrets = []workload.Secret{{File: sidecar.CacheFile, ARN: b.args.CacheSecretARN, KeyARN: b.args.SecretsKeyARN}}
	login := b.sidecar(sidecar.RoleLogin)
	if b.args.CacheAuthorities != "" {
		login.Variables = map[string]string{sidecar.EnvCacheCAFile: b.args.CacheAuthorities}
	}
	args.Sidecars = []workload.Sidecar{login}
	_, err = workload.NewWorkload(b.ctx, countingName, args, pulumi.Parent(b.parent))
	return err
}

func (b *builder) sidecar(role string) workload.Sidecar {
	return workload.Sidecar{
		Name: role, Image: b.args.Images.Sidecar, Arguments: []string{role}, Port: sidecar.Port, Ready: sidecar.PathReady,
		Resources: workload.Resources{CPUMillicores: 20, MemoryMiB: 32},
	}
}
