package stacks

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/betterstack"
	"github.com/genericcorp/platform/components/billing"
	"github.com/genericcorp/platform/components/budget"
	"github.com/genericcorp/platform/components/cache"
	"github.com/genericcorp/platform/components/cluster"
	"github.com/genericcorp/platform/components/collector"
	"github.com/genericcorp/platform/components/database"
	"github.com/genericcorp/platform/components/edge"
	"github.com/genericcorp/platform/components/keys"
	"github.com/genericcorp/platform/components/monitoring"
	"github.com/genericcorp/platform/components/network"
	"github.com/genericcorp/platform/components/permissionsboundary"
	"github.com/genericcorp/platform/components/provisioner"
	"github.com/genericcorp/platform/components/registry"
	morning "github.com/genericcorp/platform/components/report"
	"github.com/genericcorp/platform/components/runner"
	"github.com/genericcorp/platform/components/servicelevels"
	"github.com/genericcorp/platform/components/tagging"
	"github.com/genericcorp/platform/components/tenant"
	"github.com/genericcorp/platform/internal/environments"
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
	report      *morning.Report  // nil without one
	billing     *billing.Billing // nil without it
	registry    *registry.Registry
	cache       *cache.Cache
	cluster     *cluster.Cluster
	pods        *tenant.Pods         // nil where tenants have no namespaces
	collector   *collector.Collector // nil without one
	runner      *runner.Runner       // nil without one
	edge        *edge.Edge           // nil without one
	budget      *budget.Budget
	monitoring  *monitoring.Monitoring
	betterStack *betterstack.BetterStack // nil without it
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
	if err := verifyTarget(ctx, region, settings); err != nil {
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
		e.makeKeys, e.makeAlerts, e.makeNetwork, e.makeDatabases, e.makeProvisioner, e.makeReport, e.makeBilling, e.makeRegistry, e.makeCache, e.makeCluster, e.makePods, e.makeCollector, e.makeRunner,
		e.makeEdge, e.makeServiceLevels, e.makeBudget, e.makeMonitoring, e.makeBetterStack,
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
		Region:             e.region,
		AccountID:          e.Account,
		AccessLogs:         e.Edge.Enabled,
		DeletionProtection: &e.DeletionProtection,
	})
	return err
}

func (e *environment) makeNetwork() (err error) {
	args := e.Network.args(e.region)
	args.LogKeyARN = e.keys.Logs
	e.network, err = network.NewNetwork(e.ctx, "network", args)
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
	args := settings.args()
	args.SubnetIDs = e.network.DatabaseSubnetIDs
	args.SecurityGroupID = e.network.DatabaseSecurityGroupID
	args.KeyARN = e.keys.Database
	args.MasterSecretKeyARN = e.keys.Secrets
	args.LogKeyARN = e.keys.Logs
	args.LogRetentionDays = e.Monitoring.LogRetentionDays
	args.AlarmTopicARN = e.alerts.TopicARN
	args.DeletionProtection = &e.DeletionProtection
	return database.NewDatabase(e.ctx, "database-"+settings.Name, args)
}

func (e *environment) makeProvisioner() (err error) {
	args := e.Provisioner.args()
	args.Environment = e.Environment
	args.Region = e.region
	args.AccountID = e.Account
	args.PrivateSubnetIDs = e.network.PrivateSubnetIDs
	args.SecurityGroupID = e.network.ProvisionerSecurityGroupID
	args.DatabaseHost = e.databases[api.MainDatabase].Address
	args.DatabasePort = e.databases[api.MainDatabase].Port
	args.MasterSecretARN = e.databases[api.MainDatabase].MasterSecretARN
	args.SecretsKeyARN = e.keys.Secrets
	args.StorageKeyARN = e.keys.Storage
	args.NotificationsKeyARN = e.keys.Notifications
	args.LogKeyARN = e.keys.Logs
	args.LogRetentionDays = e.Monitoring.LogRetentionDays
	args.AlarmTopicARN = e.alerts.TopicARN
	args.PublishServed = e.Edge.Enabled
	args.Billed = e.Billing.Mode != ""
	args.DeletionProtection = &e.DeletionProtection
	e.provisioner, err = provisioner.NewProvisioner(e.ctx, "provisioner", args)
	return err
}

// makeReport mails people each morning what the environment costs.
func (e *environment) makeReport() (err error) {
	if !e.Report.given() {
		return nil
	}
	args := e.reportArgs()
	args.Environment = e.Environment
	args.Region = e.region
	args.AccountID = e.Account
	args.PrivateSubnetIDs = e.network.PrivateSubnetIDs
	args.SecurityGroupID = e.network.ProvisionerSecurityGroupID
	args.ProvisionerName, args.ProvisionerARN = e.provisioner.FunctionName, e.provisioner.FunctionARN
	args.LogKeyARN = e.keys.Logs
	args.LogRetentionDays = e.Monitoring.LogRetentionDays
	args.AlarmTopicARN = e.alerts.TopicARN
	e.report, err = morning.NewReport(e.ctx, "report", args)
	return err
}

// makeBilling has tenants pay.
func (e *environment) makeBilling() (err error) {
	if e.Billing.Mode == "" {
		return nil
	}
	args := e.billingArgs()
	args.Environment = e.Environment
	args.Region = e.region
	args.AccountID = e.Account
	args.VpcID = e.network.VpcID
	args.PrivateSubnetIDs = e.network.PrivateSubnetIDs
	args.ProvisionerName, args.ProvisionerARN = e.provisioner.FunctionName, e.provisioner.FunctionARN
	args.SecretsKeyARN = e.keys.Secrets
	args.LogKeyARN = e.keys.Logs
	args.LogRetentionDays = e.Monitoring.LogRetentionDays
	args.AlarmTopicARN = e.alerts.TopicARN
	args.DeletionProtection = &e.DeletionProtection
	e.billing, err = billing.NewBilling(e.ctx, "billing", args)
	return err
}

func (e *environment) makeRegistry() (err error) {
	args := e.registryArgs()
	args.Environment = e.Environment
	args.AccountID = e.Account
	args.KeyARN = e.keys.Storage
	args.DeletionProtection = &e.DeletionProtection
	e.registry, err = registry.NewRegistry(e.ctx, "registry", args)
	return err
}

func (e *environment) makeCache() (err error) {
	args := e.Cache.args()
	args.SubnetIDs = e.network.DatabaseSubnetIDs
	args.SecurityGroupID = e.network.CacheSecurityGroupID
	args.KeyARN = e.keys.Cache
	args.SecretKeyARN = e.keys.Secrets
	args.LogKeyARN = e.keys.Logs
	args.LogRetentionDays = e.Monitoring.LogRetentionDays
	args.AlarmTopicARN = e.alerts.TopicARN
	args.DeletionProtection = &e.DeletionProtection
	e.cache, err = cache.NewCache(e.ctx, "cache", args)
	return err
}

func (e *environment) makeCluster() (err error) {
	args := e.Cluster.args(e.Account)
	if e.Runner.given() {
		e.letWorkflowsIn(args)
	}
	args.VpcID = e.network.VpcID
	args.PrivateSubnetIDs = e.network.PrivateSubnetIDs
	args.NodeSecurityGroupID = e.network.NodeSecurityGroupID
	args.SecretsKeyARN = e.keys.Cluster
	args.LogKeyARN = e.keys.Logs
	args.LogRetentionDays = e.Monitoring.LogRetentionDays
	args.AlarmTopicARN = e.alerts.TopicARN
	args.NodeTags = e.tags().Map()
	e.cluster, err = cluster.NewCluster(e.ctx, "cluster", args)
	return err
}

// letWorkflowsIn gives the roles of the workflows whose jobs reach the API what each needs there: who deploys makes whatever is in the
// cluster, the rules of others among it. platform bootstrap has made the roles.
func (e *environment) letWorkflowsIn(args *cluster.ClusterArgs) {
	role := func(name string) string { return "arn:aws:iam::" + e.Account + ":role/" + name }
	if deployer := role(environments.RoleDeployer); !slices.Contains(args.Administrators, deployer) {
		args.Administrators = append(slices.Clone(args.Administrators), deployer)
	}
	for _, member := range []cluster.Member{
		{RoleARN: role(environments.RolePreview), Group: cluster.GroupReaders},
		{RoleARN: role(environments.RoleDrift), Group: cluster.GroupReaders},
		{RoleARN: role(environments.RoleTenant), Group: cluster.GroupTenants},
	} {
		if !slices.Contains(args.Administrators, member.RoleARN) {
			args.Members = append(args.Members, member)
		}
	}
}

// makePods makes the role of the tenants' pods, where tenants have namespaces.
func (e *environment) makePods() (err error) {
	if !e.Cluster.TenantNamespaces {
		return nil
	}
	e.pods, err = tenant.NewPods(e.ctx, &tenant.PodsArgs{
		Environment: e.Environment, Region: e.region, AccountID: e.Account, ClusterName: e.cluster.Name, SecretsKeyARN: e.keys.Secrets,
	})
	return err
}

// makeRunner gives the jobs that must reach the cluster's API a place inside the VPC.
func (e *environment) makeRunner() (err error) {
	if !e.Runner.given() {
		return nil
	}
	args := e.Runner.args(e.region, e.Account)
	args.Environment = e.Environment
	args.Workflows = environments.RunnerWorkflows()
	args.VpcID = e.network.VpcID
	args.PrivateSubnetIDs = e.network.PrivateSubnetIDs
	args.APISecurityGroupID = e.cluster.SecurityGroupID
	args.LogKeyARN = e.keys.Logs
	args.LogRetentionDays = e.Monitoring.LogRetentionDays
	args.AlarmTopicARN = e.alerts.TopicARN
	e.runner, err = runner.NewRunner(e.ctx, "runner", args)
	return err
}

// makeEdge gives the tenants' requests a way in.
func (e *environment) makeEdge() (err error) {
	if !e.Edge.Enabled {
		return nil
	}
	args := e.Edge.args()
	args.Region = e.region
	args.AccountID = e.Account
	args.DomainName, args.ZoneID = e.Domain.Name, e.Domain.ZoneID
	args.VpcID = e.network.VpcID
	args.PublicSubnetIDs = e.network.PublicSubnetIDs
	args.NodeSecurityGroupID = e.network.NodeSecurityGroupID
	args.ScalingGroups = e.cluster.ScalingGroups
	args.LogKeyARN = e.keys.AccessLogs
	args.AlarmTopicARN = e.alerts.TopicARN
	args.DeletionProtection = &e.DeletionProtection
	e.edge, err = edge.NewEdge(e.ctx, "edge", args)
	return err
}

// makeServiceLevels watches what tenants are promised, where the edge counts their requests.
func (e *environment) makeServiceLevels() (err error) {
	if e.Edge.Enabled {
		_, err = servicelevels.NewServiceLevels(e.ctx, "servicelevels", &servicelevels.ServiceLevelsArgs{Environment: e.Environment, AlarmTopicARN: e.alerts.TopicARN})
	}
	return err
}

func (e *environment) makeBudget() (err error) {
	args := e.Budget.args()
	args.AccountID = e.Account
	args.NotificationsKeyARN = e.keys.Notifications
	if e.Budget.Scope == "environment" {
		args.CostTag = &budget.CostTag{Key: tagging.KeyEnvironment, Value: e.Environment}
	}
	e.budget, err = budget.NewBudget(e.ctx, "budget", args)
	return err
}

func (e *environment) makeAlerts() (err error) {
	args := e.Monitoring.alerts()
	args.Region = e.region
	args.AccountID = e.Account
	args.NotificationsKeyARN = e.keys.Notifications
	if e.Monitoring.BetterStackURL.Given() {
		args.BetterStackURL = e.Monitoring.BetterStackURL.Output()
	}
	e.alerts, err = monitoring.NewAlerts(e.ctx, "alerts", args)
	return err
}

func (e *environment) makeMonitoring() (err error) {
	args := e.Monitoring.args()
	args.Region = e.region
	args.AccountID = e.Account
	args.AlertTopicARN = e.alerts.TopicARN
	args.CostTopicARN = e.budget.TopicARN
	args.ClusterName = e.cluster.Name
	args.DatabaseID = e.databases[api.MainDatabase].InstanceID
	args.CacheID = e.cache.ReplicationGroupID
	args.TrailKeyARN = e.keys.Trail
	args.LogKeyARN = e.keys.Logs
	args.DeletionProtection = &e.DeletionProtection
	e.monitoring, err = monitoring.NewMonitoring(e.ctx, "monitoring", args)
	return err
}

// makeBetterStack has the environment looked at from outside. It comes last: Better Stack may be away, and all of AWS's is made then.
func (e *environment) makeBetterStack() (err error) {
	if e.BetterStack.Mode == "" {
		return nil
	}
	args := e.betterStackArgs()
	args.SecretsKeyARN = e.keys.Secrets
	args.DeletionProtection = &e.DeletionProtection
	args.After = []pulumi.Resource{e.provisioner, e.registry, e.cache, e.cluster, e.budget, e.monitoring}
	if e.edge != nil {
		args.After = append(args.After, e.edge)
	}
	if e.report != nil {
		args.After = append(args.After, e.report)
	}
	if e.billing != nil {
		args.WebhookURL = e.billing.WebhookURL
		args.After = append(args.After, e.billing)
	}
	e.betterStack, err = betterstack.NewBetterStack(e.ctx, "betterstack", args)
	return err
}
