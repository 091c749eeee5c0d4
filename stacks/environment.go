package stacks

import (
	"fmt"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/budget"
	"github.com/genericcorp/platform/components/cache"
	"github.com/genericcorp/platform/components/cluster"
	"github.com/genericcorp/platform/components/database"
	"github.com/genericcorp/platform/components/keys"
	"github.com/genericcorp/platform/components/monitoring"
	"github.com/genericcorp/platform/components/network"
	"github.com/genericcorp/platform/components/permissionsboundary"
	"github.com/genericcorp/platform/components/provisioner"
	"github.com/genericcorp/platform/components/tagging"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// environment carries what the parts of an environment share while they are put together. Parts wait for one
// another only where one takes an output of the other, so that AWS makes database, cache and cluster at once.
type environment struct {
	*EnvironmentSettings
	ctx    *pulumi.Context
	region string

	keys        *keys.Keys
	alerts      *monitoring.Alerts
	network     *network.Network
	databases   map[string]*database.Database // by name
	provisioner *provisioner.Provisioner
	cache       *cache.Cache
	cluster     *cluster.Cluster
	budget      *budget.Budget
	monitoring  *monitoring.Monitoring
}

// deployEnvironment makes everything that the tenants of one environment share, and exports its outputs.
func deployEnvironment(ctx *pulumi.Context, region string, settings *EnvironmentSettings) error {
	e, err := newEnvironment(ctx, region, settings)
	if err != nil {
		return err
	}
	for name, value := range e.outputs() {
		ctx.Export(name, value)
	}
	return nil
}

func newEnvironment(ctx *pulumi.Context, region string, settings *EnvironmentSettings) (*environment, error) {
	if err := requirePlace(ctx, settings); err != nil {
		return nil, err
	}
	e := &environment{EnvironmentSettings: settings, ctx: ctx, region: region}
	if err := tagging.Register(ctx, e.tags()); err != nil {
		return nil, fmt.Errorf("register tags: %w", err)
	}
	if err := permissionsboundary.Register(ctx, e.Account); err != nil {
		return nil, fmt.Errorf("register boundary of roles: %w", err)
	}
	for _, part := range []func() error{
		e.makeKeys, e.makeAlerts, e.makeNetwork, e.makeDatabases, e.makeProvisioner, e.makeCache, e.makeCluster,
		e.makeBaseline, e.makeBudget, e.makeMonitoring,
	} {
		if err := part(); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// tags are what every resource of the environment carries.
func (e *environment) tags() tagging.Stack {
	return tagging.Stack{Environment: e.Environment, Owner: e.Owner, CostCentre: e.CostCentre}
}

func (e *environment) makeKeys() (err error) {
	e.keys, err = keys.NewKeys(e.ctx, "keys", &keys.KeysArgs{
		Region:     e.region,
		AccountID:  e.Account,
		Disposable: !e.Protected(),
	})
	return err
}

func (e *environment) makeNetwork() (err error) {
	e.network, err = network.NewNetwork(e.ctx, "network", &network.NetworkArgs{
		Region:               e.region,
		CIDR:                 e.Network.CIDR,
		Zones:                e.Network.Zones,
		NAT:                  network.NATMode(e.Network.NAT),
		FlowLogRetentionDays: e.Network.FlowLogRetentionDays,
		LogKeyARN:            e.keys.Logs,
		InterfaceEndpoints:   e.Network.InterfaceEndpoints,
	})
	return err
}

func (e *environment) makeDatabases() error {
	e.databases = map[string]*database.Database{}
	for _, settings := range e.Databases {
		made, err := e.makeDatabase(settings)
		if err != nil {
			return err
		}
		e.databases[settings.Name] = made
	}
	return nil
}

func (e *environment) makeDatabase(settings DatabaseSettings) (*database.Database, error) {
	return database.NewDatabase(e.ctx, "database-"+settings.Name, &database.DatabaseArgs{
		EngineVersion:       settings.EngineVersion,
		AllowMajorUpgrade:   settings.AllowMajorUpgrade,
		InstanceClass:       settings.InstanceClass,
		SubnetIDs:           e.network.DatabaseSubnetIDs,
		SecurityGroupID:     e.network.DatabaseSecurityGroupID,
		KeyARN:              e.keys.Database,
		MasterSecretKeyARN:  e.keys.Secrets,
		LogKeyARN:           e.keys.Logs,
		AlarmTopicARN:       e.alerts.TopicARN,
		StorageGiB:          settings.StorageGiB,
		MaxStorageGiB:       settings.MaxStorageGiB,
		SingleZone:          settings.SingleZone,
		BackupRetentionDays: settings.BackupRetentionDays,
		LogRetentionDays:    e.Monitoring.LogRetentionDays,
		Disposable:          !e.Protected(),
	})
}

func (e *environment) makeProvisioner() (err error) {
	concurrency := e.Provisioner.ReservedConcurrency
	if concurrency == 0 {
		concurrency = provisioner.Unreserved
	}
	e.provisioner, err = provisioner.NewProvisioner(e.ctx, "provisioner", &provisioner.ProvisionerArgs{
		Environment:         e.Environment,
		Region:              e.region,
		AccountID:           e.Account,
		Architecture:        e.Provisioner.Processor(),
		PrivateSubnetIDs:    e.network.PrivateSubnetIDs,
		SecurityGroupID:     e.network.ProvisionerSecurityGroupID,
		DatabaseHost:        e.databases[api.MainDatabase].Address,
		DatabasePort:        e.databases[api.MainDatabase].Port,
		MasterSecretARN:     e.databases[api.MainDatabase].MasterSecretARN,
		SecretsKeyARN:       e.keys.Secrets,
		SchemaCeiling:       e.Provisioner.SchemaCeiling,
		ReservedConcurrency: concurrency,
		StorageKeyARN:       e.keys.Storage,
		LogKeyARN:           e.keys.Logs,
		LogRetentionDays:    e.Monitoring.LogRetentionDays,
		AlarmTopicARN:       e.alerts.TopicARN,
		Disposable:          !e.Protected(),
	})
	return err
}

func (e *environment) makeCache() (err error) {
	e.cache, err = cache.NewCache(e.ctx, "cache", &cache.CacheArgs{
		Engine:                cache.Engine(e.Cache.Engine),
		EngineVersion:         e.Cache.EngineVersion,
		NodeType:              e.Cache.NodeType,
		Nodes:                 e.Cache.Nodes,
		SubnetIDs:             e.network.DatabaseSubnetIDs,
		SecurityGroupID:       e.network.CacheSecurityGroupID,
		KeyARN:                e.keys.Cache,
		SecretKeyARN:          e.keys.Secrets,
		LogKeyARN:             e.keys.Logs,
		AlarmTopicARN:         e.alerts.TopicARN,
		SnapshotRetentionDays: e.Cache.SnapshotRetentionDays,
		LogRetentionDays:      e.Monitoring.LogRetentionDays,
		Disposable:            !e.Protected(),
	})
	return err
}

func (e *environment) makeCluster() (err error) {
	groups := make([]cluster.NodeGroup, len(e.Cluster.NodeGroups))
	for i, group := range e.Cluster.NodeGroups {
		groups[i] = cluster.NodeGroup(group)
	}
	e.cluster, err = cluster.NewCluster(e.ctx, "cluster", &cluster.ClusterArgs{
		Version:             e.Cluster.Version,
		ExtendedSupport:     e.Cluster.ExtendedSupport,
		VpcID:               e.network.VpcID,
		PrivateSubnetIDs:    e.network.PrivateSubnetIDs,
		NodeSecurityGroupID: e.network.NodeSecurityGroupID,
		PublicAccessCIDRs:   e.Cluster.PublicAccessCIDRs,
		Administrators:      e.Cluster.Administrators,
		SecretsKeyARN:       e.keys.Cluster,
		LogKeyARN:           e.keys.Logs,
		LogRetentionDays:    e.Monitoring.LogRetentionDays,
		NodeGroups:          groups,
		NodeTags:            e.tags().Map(),
	})
	return err
}

// makeBaseline goes into the cluster itself, where the settings say that its API can be reached from here.
func (e *environment) makeBaseline() error {
	if !e.Cluster.Baseline {
		return nil
	}
	provider, err := kubernetes.NewProvider(e.ctx, "cluster", &kubernetes.ProviderArgs{
		Kubeconfig:            e.cluster.Kubeconfig,
		EnableServerSideApply: pulumi.Bool(true),
	}, pulumi.Parent(e.cluster))
	if err != nil {
		return fmt.Errorf("make the provider of the cluster: %w", err)
	}
	_, err = cluster.NewBaseline(e.ctx, "baseline", &cluster.BaselineArgs{}, pulumi.Providers(provider))
	return err
}

func (e *environment) makeBudget() (err error) {
	var tag *budget.CostTag
	if e.Budget.Scope == "environment" {
		tag = &budget.CostTag{Key: tagging.KeyEnvironment, Value: e.Environment}
	}
	e.budget, err = budget.NewBudget(e.ctx, "budget", &budget.BudgetArgs{
		AccountID:           e.Account,
		MonthlyLimitUSD:     e.Budget.MonthlyLimitUSD,
		Mail:                e.Budget.Mail,
		CostTag:             tag,
		Breaker:             budget.Breaker{Mode: budget.BreakerMode(e.Budget.Breaker.Mode), RoleNames: e.Budget.Breaker.Roles},
		AnomalyThresholdUSD: e.Budget.AnomalyThresholdUSD,
		AnomalyMonitorARN:   e.Budget.AnomalyMonitorARN,
		NotificationsKeyARN: e.keys.Notifications,
	})
	return err
}

func (e *environment) makeAlerts() (err error) {
	args := &monitoring.AlertsArgs{
		Region:              e.region,
		AccountID:           e.Account,
		Mail:                e.Monitoring.Mail,
		NotificationsKeyARN: e.keys.Notifications,
	}
	if e.Monitoring.BetterStackURL.Given() {
		args.BetterStackURL = e.Monitoring.BetterStackURL.Output()
	}
	e.alerts, err = monitoring.NewAlerts(e.ctx, "alerts", args)
	return err
}

func (e *environment) makeMonitoring() (err error) {
	e.monitoring, err = monitoring.NewMonitoring(e.ctx, "monitoring", &monitoring.MonitoringArgs{
		Region:             e.region,
		AccountID:          e.Account,
		AlertTopicARN:      e.alerts.TopicARN,
		CostTopicARN:       e.budget.TopicARN,
		ClusterName:        e.cluster.Name,
		DatabaseID:         e.databases[api.MainDatabase].InstanceID,
		CacheID:            e.cache.ReplicationGroupID,
		StorageKeyARN:      e.keys.Storage,
		LogKeyARN:          e.keys.Logs,
		TrailRetentionDays: e.Monitoring.TrailRetentionDays,
		Disposable:         !e.Protected(),
	})
	return err
}
