package stacks

import (
	"runtime"
	"slices"

	"github.com/genericcorp/platform/components/betterstack"
	"github.com/genericcorp/platform/components/billing"
	"github.com/genericcorp/platform/components/budget"
	"github.com/genericcorp/platform/components/cache"
	"github.com/genericcorp/platform/components/cluster"
	"github.com/genericcorp/platform/components/database"
	"github.com/genericcorp/platform/components/edge"
	"github.com/genericcorp/platform/components/function"
	"github.com/genericcorp/platform/components/monitoring"
	"github.com/genericcorp/platform/components/network"
	"github.com/genericcorp/platform/components/provisioner"
	"github.com/genericcorp/platform/components/registry"
	morning "github.com/genericcorp/platform/components/report"
	"github.com/genericcorp/platform/components/runner"
	"github.com/genericcorp/platform/components/tenant"
	"github.com/genericcorp/platform/internal/artifact"
)

// What settings say of each component, as its arguments. What other components make is added where they are put together.

func (n NetworkSettings) args(region string) *network.NetworkArgs {
	return &network.NetworkArgs{
		Region:               region,
		CIDR:                 n.CIDR,
		Zones:                n.Zones,
		NAT:                  network.NATMode(n.NAT),
		FlowLogRetentionDays: n.FlowLogRetentionDays,
		InterfaceEndpoints:   n.InterfaceEndpoints,
	}
}

func (c ClusterSettings) args(account string) *cluster.ClusterArgs {
	groups := make([]cluster.NodeGroup, len(c.NodeGroups))
	for i, group := range c.NodeGroups {
		groups[i] = cluster.NodeGroup(group)
	}
	return &cluster.ClusterArgs{
		AccountID:         account,
		Version:           c.Version,
		ExtendedSupport:   c.ExtendedSupport,
		PublicAccessCIDRs: c.PublicAccessCIDRs,
		Administrators:    c.Administrators,
		NodeGroups:        groups,
	}
}

func (d DatabaseSettings) args() *database.DatabaseArgs {
	return &database.DatabaseArgs{
		EngineVersion:       d.EngineVersion,
		AllowMajorUpgrade:   d.AllowMajorUpgrade,
		InstanceClass:       d.InstanceClass,
		SingleZone:          d.SingleZone,
		StorageGiB:          d.StorageGiB,
		MaxStorageGiB:       d.MaxStorageGiB,
		BackupRetentionDays: d.BackupRetentionDays,
	}
}

// hostArchitecture stands for the processor of the machine that deploys.
const hostArchitecture = "host"

// Processor is the architecture that the function is built for.
func (p ProvisionerSettings) Processor() artifact.Architecture {
	if p.Architecture != hostArchitecture {
		return artifact.Architecture(p.Architecture)
	}
	if host, ok := artifact.Host(runtime.GOARCH); ok {
		return host
	}
	return artifact.X8664
}

func (p ProvisionerSettings) args() *provisioner.ProvisionerArgs {
	concurrency := p.ReservedConcurrency
	if concurrency == 0 {
		concurrency = function.Unreserved
	}
	return &provisioner.ProvisionerArgs{
		Settings:      function.Settings{Architecture: p.Processor(), ReservedConcurrency: concurrency},
		SchemaCeiling: p.SchemaCeiling, OvercommitPercent: p.Overcommit.Percent,
	}
}

func (c CacheSettings) args() *cache.CacheArgs {
	return &cache.CacheArgs{
		Engine:                cache.Engine(c.Engine),
		EngineVersion:         c.EngineVersion,
		AllowMajorUpgrade:     c.AllowMajorUpgrade,
		NodeType:              c.NodeType,
		Nodes:                 c.Nodes,
		SnapshotRetentionDays: c.SnapshotRetentionDays,
	}
}

// given says whether there is to be a runner.
func (r RunnerSettings) given() bool { return r.Repository != "" || r.ConnectionARN != "" }

func (r RunnerSettings) args(region, account string) *runner.RunnerArgs {
	return &runner.RunnerArgs{
		Region: region, AccountID: account, Repository: r.Repository, ConnectionARN: r.ConnectionARN, Concurrency: r.Concurrency,
	}
}

// ownImages are the platform's, of which every environment has the repositories.
var ownImages = []string{"sample", "secretfiles"}

// temporalImages are Temporal's own and the platform's that work with it, of which an environment has the repositories where Temporal is enabled.
var temporalImages = []string{"temporal-server", "temporal-admin-tools", "temporalnamespace", "sample-workflows"}

func (s *EnvironmentSettings) registryArgs() *registry.RegistryArgs {
	images := slices.Concat(s.Images, ownImages)
	if s.Workloads.Temporal.Enabled {
		images = append(images, temporalImages...)
	}
	if s.Workloads.Edge.Enabled {
		images = append(images, edgeImages...)
	}
	if s.Workloads.Collector.Enabled {
		images = append(images, collectorImages...)
	}
	return &registry.RegistryArgs{Images: images}
}

func (d DomainSettings) args() *tenant.Domain { return &tenant.Domain{Name: d.Name, ZoneID: d.ZoneID} }

func (e EdgeSettings) args() *edge.EdgeArgs {
	return &edge.EdgeArgs{LogRetentionDays: e.LogRetentionDays}
}

func (b BudgetSettings) args() *budget.BudgetArgs {
	return &budget.BudgetArgs{
		MonthlyLimitUSD:     b.MonthlyLimitUSD,
		Mail:                b.Mail,
		Breaker:             budget.Breaker{Mode: budget.BreakerMode(b.Breaker.Mode), Roles: b.Breaker.Roles},
		AnomalyThresholdUSD: b.AnomalyThresholdUSD,
		AnomalyMonitorARN:   b.AnomalyMonitorARN,
	}
}

// given says whether a report is to be sent.
func (r ReportSettings) given() bool { return len(r.Addresses) > 0 }

func (s *EnvironmentSettings) reportArgs() *morning.ReportArgs {
	args := &morning.ReportArgs{Settings: s.Provisioner.args().Settings, Addresses: s.Report.Addresses, Hour: s.Report.Hour, Sender: s.Report.Sender}
	args.Domain, args.ZoneID = s.Domain.Name, s.Domain.ZoneID
	// One call at a time is under way, but nothing is set aside for it: when the account has no room, Lambda repeats the call.
	args.ReservedConcurrency = function.Unreserved
	return args
}

// The modes of billing: Stripe's.
const (
	billingTest = "test"
	billingLive = "live"
)

// billingArgs run on the provisioner's processor, and set nothing aside where it does not.
func (s *EnvironmentSettings) billingArgs() *billing.BillingArgs {
	args := &billing.BillingArgs{
		Settings: s.Provisioner.args().Settings, Live: s.Billing.Mode == billingLive, StandIn: s.Billing.StandIn,
		DaysToPay: s.Billing.DaysToPay, LimitedAfterDays: s.Billing.LimitedAfterDays, SuspendedAfterDays: s.Billing.SuspendedAfterDays,
	}
	if args.ReservedConcurrency != function.Unreserved {
		args.ReservedConcurrency = 0 // its own default
	}
	return args
}

// Functions are the services whose functions are deployed.
func (s *EnvironmentSettings) Functions() []string {
	functions := []string{artifact.Provisioner}
	if s.Report.given() {
		functions = append(functions, artifact.Report)
	}
	if s.Billing.Mode != "" {
		functions = append(functions, artifact.Billing)
	}
	return functions
}

// The modes of Better Stack.
const (
	betterStackPrepared = "prepared"
	betterStackOn       = "on"
)

func (s *EnvironmentSettings) betterStackArgs() *betterstack.BetterStackArgs {
	b := s.BetterStack
	args := &betterstack.BetterStackArgs{
		Environment: s.Environment, Objects: b.Mode == betterStackOn, Responders: b.Responders, Domain: s.Domain.Name,
		Company: b.Company, CompanyURL: b.CompanyURL, Subdomain: b.Subdomain,
	}
	for _, probe := range b.Probes {
		args.Probes = append(args.Probes, betterstack.Probe(probe))
	}
	return args
}

func (m MonitoringSettings) alerts() *monitoring.AlertsArgs {
	return &monitoring.AlertsArgs{Mail: m.Mail}
}

func (m MonitoringSettings) args() *monitoring.MonitoringArgs {
	return &monitoring.MonitoringArgs{TrailRetentionDays: m.TrailRetentionDays}
}
