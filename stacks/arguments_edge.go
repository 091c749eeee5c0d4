package stacks

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/cluster"
	"github.com/genericcorp/platform/components/edgepods"
	"github.com/genericcorp/platform/components/workload"
	"github.com/genericcorp/platform/internal/environments"
	"github.com/genericcorp/platform/internal/rdsca"
)

// edgeImages are the proxy's and the counting service's own and the platform's that work with them, of which an environment has the
// repositories where the edge is enabled.
var edgeImages = []string{"envoy", "ratelimit", "gate", "edgesidecar"}

// cacheAuthorities is where the images of the local cloud have the authority of its cache. On AWS a public one signs for it.
func (s site) cacheAuthorities() string {
	if s.environment == environments.Local {
		return rdsca.ImagePath
	}
	return ""
}

// application is the program that gets the edge's requests.
func (s InClusterSettings) application() edgepods.Application {
	application := edgepods.Application{Namespace: cluster.TenantsNamespace, Name: s.Edge.Program}
	for _, program := range s.Programs {
		if program.Name == s.Edge.Program {
			application.Port = program.Port
		}
	}
	return application
}

func (s InClusterSettings) edgeArgs(at site) *edgepods.EdgePodsArgs {
	e := s.Edge
	return &edgepods.EdgePodsArgs{
		Environment: at.environment, Cluster: at.cluster, Region: at.region, Namespace: cluster.SystemNamespace,
		Images: edgepods.Images{
			Proxy: at.reference(e.ProxyImage), Counting: at.reference(e.CountingImage), Gate: at.reference(e.GateImage),
			Sidecar: at.reference(e.SidecarImage), SecretFiles: at.reference(at.secretFiles),
		},
		Application: s.application(), Database: edgepods.Database{Host: at.databaseHost, Port: at.databasePort},
		CacheSecretARN: at.cacheSecret, CacheAuthorities: at.cacheAuthorities(),
		FunctionName: pulumi.String(at.provisioner), SecretsKeyARN: at.secretsKey,
		Domain: e.Domain, PublicPort: e.PublicPort, Contact: e.Contact,
		PasswordVersion: e.PasswordVersion, SigningKeys: e.SigningKeys, DeletionProtection: new(at.protected),
		Scale:     workload.Scale{Min: e.Scale.Min, Max: e.Scale.Max, CPUPercent: e.Scale.CPUPercent},
		Resources: workload.Resources{CPUMillicores: e.Resources.CPUMillicores, MemoryMiB: e.Resources.MemoryMiB},
	}
}

// edgeConnections lists whom the parts of the edge call.
func (s InClusterSettings) edgeConnections(database, cache workload.Connection) []workload.Connection {
	if !s.Edge.Enabled {
		return nil
	}
	return edgepods.Connections(cluster.SystemNamespace, s.application(), database, cache)
}

// groundArgs lets the edge have its ports of the nodes.
func (s InClusterSettings) groundArgs() *cluster.BaselineArgs {
	if !s.Edge.Enabled {
		return &cluster.BaselineArgs{}
	}
	quota := cluster.DefaultQuota
	quota.NodePorts = edgepods.NodePorts
	return &cluster.BaselineArgs{Quotas: map[string]cluster.Quota{cluster.SystemNamespace: quota}}
}

// makeEdge makes the edge. Programs may have the public keys of its identities.
func (w *workloads) makeEdge() error {
	if !w.Edge.Enabled {
		return nil
	}
	made, err := edgepods.NewEdgePods(w.ctx, "edge", w.edgeArgs(w.site), w.options...)
	if err != nil {
		return err
	}
	w.site.identityKeys = made.PublicKeysARN
	return nil
}
