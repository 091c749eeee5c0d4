package stacks

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/cluster"
	"github.com/genericcorp/platform/components/temporal"
	"github.com/genericcorp/platform/internal/environments"
	"github.com/genericcorp/platform/internal/rdsca"
)

// database is the environment's, as Temporal reaches it. The images of the local cloud have its authority.
func (s site) database() temporal.Database {
	d := temporal.Database{Host: s.databaseHost, Port: s.databasePort, CIDRs: s.databaseCIDRs}
	if s.environment != environments.Local {
		d.Authorities = string(rdsca.OfRegion(s.region))
	}
	return d
}

func (t TemporalSettings) args(s site) *temporal.TemporalArgs {
	return &temporal.TemporalArgs{
		Environment: s.environment, Cluster: s.cluster, Region: s.region, Namespace: cluster.SystemNamespace,
		Images: temporal.Images{
			Server: s.reference(t.ServerImage), AdminTools: s.reference(t.AdminToolsImage),
			Namespace: s.reference(t.NamespaceImage), SecretFiles: s.reference(s.secretFiles),
		},
		Database: s.database(), FunctionName: pulumi.String(s.provisioner), SecretsKeyARN: s.secretsKey,
		PasswordVersion: t.PasswordVersion, DeletionProtection: new(s.protected), HistoryShards: t.HistoryShards, Replicas: t.Replicas,
		CPUMillicores: t.CPUMillicores, MemoryMiB: t.MemoryMiB, WorkflowNamespace: t.Namespace, RetentionDays: t.RetentionDays,
	}
}

func (w *workloads) makeTemporal() error {
	if !w.Temporal.Enabled {
		return nil
	}
	made, err := temporal.NewTemporal(w.ctx, temporal.Name, w.Temporal.args(w.site), w.options...)
	if err != nil {
		return err
	}
	w.ctx.Export("temporalHost", pulumi.String(made.Host))
	w.ctx.Export("temporalNamespace", made.Namespace)
	return nil
}
