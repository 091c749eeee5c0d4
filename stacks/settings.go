package stacks

import "github.com/shopspring/decimal"

//go:generate go run ./internal/settingsdoc

// EnvironmentSettings are all choices of one environment. The comments and tags of the fields below are the
// settings reference (docs/settings.md): "settings" is the key, "default" the value of a missing key (a key
// without one must be given) and "allowed" says what is accepted, in the reference and in error messages.
type EnvironmentSettings struct {
	// Kind says what the stack deploys. The keys below belong to the kind environment.
	Kind Kind `settings:"kind" allowed:"environment, workloads or tenant"`
	// Environment is the environment's name and the tag "environment" of every resource. The registry of
	// environments says which there are, and in which the rules of production hold.
	Environment string `settings:"environment" allowed:"local, or an environment of internal/environments"`
	// Account is the number of the AWS account that the environment lives in. With credentials of another account
	// nothing is deployed, and a preview warns.
	Account string `settings:"account" allowed:"the 12 digits of an AWS account, in quotes"`
	// Owner is the tag "owner" of every resource: the team that answers for it.
	Owner string `settings:"owner" allowed:"1 to 128 letters, digits, spaces and any of _ . : / = + - @"`
	// CostCentre is the tag "cost-centre" of every resource: who pays for it.
	CostCentre string `settings:"costCentre" allowed:"1 to 128 letters, digits, spaces and any of _ . : / = + - @"`
	// DeletionProtection guards what holds data (databases, keys, secrets, buckets) against deletion, in the engine
	// and in AWS. With false a destroy leaves nothing behind but what AWS itself is late with: keys, which it
	// deletes seven days later, a last log of the cluster, and the database's RDSOSMetrics, for 30 days.
	DeletionProtection bool `settings:"deletionProtection" default:"true" allowed:"true or false"`

	Network NetworkSettings `settings:"network"`
	Cluster ClusterSettings `settings:"cluster"`
	// Databases are the PostgreSQL servers that the tenants' schemas are in.
	Databases   []DatabaseSettings  `settings:"databases" allowed:"one database for now, named main"`
	Provisioner ProvisionerSettings `settings:"provisioner"`
	Cache       CacheSettings       `settings:"cache"`
	Runner      RunnerSettings      `settings:"runner"`
	// Images are the names of the company's own images. Each has a repository, beside those of the platform's programs
	// (docs/images.md).
	Images      []string            `settings:"images" default:"[]" allowed:"up to 40 different names of 2 to 40 lower-case letters, digits and single hyphens, beginning with a letter"`
	Workloads   InClusterSettings   `settings:"workloads"`
	Migrations  MigrationSettings   `settings:"migrations"`
	Domain      DomainSettings      `settings:"domain"`
	Edge        EdgeSettings        `settings:"edge"`
	Budget      BudgetSettings      `settings:"budget"`
	Report      ReportSettings      `settings:"report"`
	Billing     BillingSettings     `settings:"billing"`
	BetterStack BetterStackSettings `settings:"betterStack"`
	Breaker     SparingSettings     `settings:"breaker"`
	Monitoring  MonitoringSettings  `settings:"monitoring"`
}

// NetworkSettings shape the VPC.
type NetworkSettings struct {
	// CIDR is the VPC's address range. It must not overlap with a network the VPC will ever be joined to.
	CIDR string `settings:"cidr" allowed:"a private IPv4 range (RFC 1918) from /16 to /22, written by its first address"`
	// Zones are the availability zones that the subnets lie in.
	Zones []string `settings:"zones" allowed:"2 to 6 different zones of the region, which aws:region names"`
	// NAT says how traffic leaves the private subnets: through a gateway in each zone, or through a single
	// one, which costs less and is lost with its zone.
	NAT string `settings:"nat" default:"perZone" allowed:"perZone or single"`
	// InterfaceEndpoints are AWS services reached inside the VPC rather than through NAT. Each costs about
	// USD 7.30 a month and zone, so it pays from about 210 GB of its service's traffic a month and zone. Traffic through
	// NAT is encrypted and stays in AWS's network as well; an endpoint adds a policy of its own and works without NAT.
	InterfaceEndpoints []string `settings:"interfaceEndpoints" default:"[]" allowed:"different short service names such as \"ecr.api\""`
	// FlowLogRetentionDays is how long the record of the network's connections is kept.
	FlowLogRetentionDays int `settings:"flowLogRetentionDays" default:"90" allowed:"1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653"`
}

// ClusterSettings shape the Kubernetes cluster.
type ClusterSettings struct {
	// Version is the Kubernetes version, in quotes.
	Version string `settings:"version" default:"1.35" allowed:"1.35 or later, major and minor alone"`
	// ExtendedSupport keeps a version after its standard support ends, for USD 365 a month more. Without it
	// AWS upgrades the cluster by itself then.
	ExtendedSupport bool `settings:"extendedSupport" default:"false" allowed:"true or false"`
	// PublicAccessCIDRs are the networks that may reach the cluster's API over the internet. Without any the
	// API is private.
	PublicAccessCIDRs []string `settings:"publicAccessCidrs" default:"[]" allowed:"different IPv4 ranges of /16 or smaller, written by their first address"`
	// Administrators are the IAM roles with full access to the cluster, all of the environment's account. Where there is a runner,
	// the roles of the workflows have what each needs besides; nobody else has any access.
	Administrators []string `settings:"administrators" default:"[]" allowed:"different ARNs of IAM roles"`
	// TenantNamespaces gives each tenant a namespace of its own, with its tier's processor time, memory and pods, where pods read
	// its secret and no other's. Whoever makes or changes a tenant must then reach the cluster's API, as an administrator or as the
	// workflow `tenant` on the environment's runner.
	TenantNamespaces bool `settings:"tenantNamespaces" default:"false" allowed:"true or false"`
	// NodeGroups are the groups of worker nodes.
	NodeGroups []NodeGroupSettings `settings:"nodeGroups" allowed:"1 to 10 groups"`
}

// NodeGroupSettings shape one group of worker nodes.
type NodeGroupSettings struct {
	// Name is the group's name, different from the other groups'.
	Name string `settings:"name" allowed:"1 to 20 lower-case letters, digits and single hyphens, beginning with a letter"`
	// InstanceTypes are the EC2 types that the group may use, the preferred first.
	InstanceTypes []string `settings:"instanceTypes" allowed:"1 to 20 different Graviton (arm64) types such as \"m7g.large\""`
	// Spot buys spare capacity at a discount, which AWS takes back at two minutes' notice.
	Spot bool `settings:"spot" default:"false" allowed:"true or false"`
	// Min is the smallest number of nodes.
	Min int `settings:"min" allowed:"0 to 100"`
	// Desired is the number of nodes. A deployment sets it back where it was changed by hand.
	Desired int `settings:"desired" allowed:"from min to max"`
	// Max is the largest number of nodes.
	Max int `settings:"max" allowed:"1 to 100, not less than min"`
	// DiskGiB is the size of each node's disk.
	DiskGiB int `settings:"diskGiB" default:"50" allowed:"20 to 1000"`
}

// DatabaseSettings shape one PostgreSQL server.
type DatabaseSettings struct {
	// Name is the database's name, which tenants' settings and the environment's outputs tell it by.
	Name string `settings:"name" allowed:"main"`
	// EngineVersion is PostgreSQL's major version, in quotes. AWS keeps the minor version current.
	EngineVersion string `settings:"engineVersion" default:"17" allowed:"17 or 18"`
	// AllowMajorUpgrade lets a deployment take the server to another major version, at once and with an
	// interruption. It is for that one deployment: runbooks/database-upgrade.md.
	AllowMajorUpgrade bool `settings:"allowMajorUpgrade" default:"false" allowed:"true or false"`
	// InstanceClass is the RDS instance class, of the families t, m or r.
	InstanceClass string `settings:"instanceClass" allowed:"an RDS instance class such as \"db.r7g.large\""`
	// SingleZone does without the standby in a second zone, for half the price and without failover.
	SingleZone bool `settings:"singleZone" default:"false" allowed:"true or false"`
	// StorageGiB is the size of the gp3 volume at the start.
	StorageGiB int `settings:"storageGiB" default:"50" allowed:"20 to 65536"`
	// MaxStorageGiB is how far the volume may grow by itself, and its cost with it.
	MaxStorageGiB int `settings:"maxStorageGiB" default:"200" allowed:"a tenth more than storageGiB or above, up to 65536"`
	// BackupRetentionDays is how far back the database can be restored, to any second.
	BackupRetentionDays int `settings:"backupRetentionDays" default:"35" allowed:"1 to 35"`
}

// ProvisionerSettings shape the function that makes the tenants' schemas in the database.
type ProvisionerSettings struct {
	// Architecture is the processor that the function runs on. "host" is that of the machine that deploys, for the
	// local cloud, which runs the function there.
	Architecture string `settings:"architecture" default:"arm64" allowed:"arm64, x86_64 or host"`
	// SchemaCeiling is how many tenants share the database. A further one is refused: each session remembers every
	// table that it has touched, and the memory for that grows with the schemas.
	SchemaCeiling int `settings:"schemaCeiling" default:"500" allowed:"1 to 2000"`
	// ReservedConcurrency is how many calls of the function run at once, set aside from what the account has. 0 sets
	// nothing aside: a new AWS account has nothing to set aside until its quota is raised.
	ReservedConcurrency int                `settings:"reservedConcurrency" default:"10" allowed:"0 to 100"`
	Overcommit          OvercommitSettings `settings:"overcommit"`
}

// OvercommitSettings let the connection limits of all tenants' tiers together be above what the database takes. Then a tenant
// may be refused a connection (53300) that its tier promises, while others have all of theirs.
type OvercommitSettings struct {
	// Percent is by how much.
	Percent int `settings:"percent" default:"0" allowed:"0 to 400"`
	// Reason is why that is right here, for instance how many of their connections the tenants were measured to use.
	Reason string `settings:"reason" default:"" allowed:"a reason of 20 characters or more whenever percent is above 0"`
}

// RunnerSettings have jobs of GitHub Actions run inside the VPC, where they reach the cluster's private API. Without them there is
// no runner, and such jobs need an API that GitHub's own runners reach.
type RunnerSettings struct {
	// Repository is the one on GitHub whose jobs run there.
	Repository string `settings:"repository" default:"" allowed:"\"owner/name\" as GitHub spells it, whenever there is a connectionArn"`
	// ConnectionARN is a connection of AWS CodeConnections to GitHub in the environment's account and region. A person makes it once,
	// in the console, and authorises it for this repository alone.
	ConnectionARN string `settings:"connectionArn" default:"" allowed:"the ARN of a connection of AWS CodeConnections, whenever there is a repository"`
	// Concurrency is how many jobs run at once.
	Concurrency int `settings:"concurrency" default:"2" allowed:"1 to 20"`
}

// DomainSettings say where the tenants' host names are. Without them tenants have none.
type DomainSettings struct {
	// Name is the domain; a tenant's host name is {slug}.app.{name}. Without an edge it leads to app.{name}, a record that whatever
	// receives the tenants' requests must create.
	Name string `settings:"name" default:"" allowed:"a domain such as \"genericcorp.example\""`
	// ZoneID is the hosted zone of the domain in Route 53. It must exist. For an edge it must be public, and the domain must lead to it.
	ZoneID string `settings:"zoneId" default:"" allowed:"the id of a hosted zone, such as \"Z0123456789ABC\", whenever there is a name"`
}

// EdgeSettings shape the way in for the tenants' requests: a load balancer that ends TLS for all names below app.{domain.name}, and passes
// connections on to the proxies on the nodes (workloads.edge).
type EdgeSettings struct {
	// Enabled makes the load balancer, its certificate and its names, for about USD 32 a month in three zones, and what passes through it;
	// and alarms on what tenants are promised, for about USD 16.
	Enabled bool `settings:"enabled" default:"false" allowed:"true or false; true only with domain.name and domain.zoneId"`
	// LogRetentionDays is how long the load balancer's log of connections is kept.
	LogRetentionDays int `settings:"logRetentionDays" default:"90" allowed:"1 to 3653"`
}

// CacheSettings shape the ElastiCache replication group.
type CacheSettings struct {
	// Engine is the cache's software.
	Engine string `settings:"engine" default:"valkey" allowed:"valkey or redis"`
	// EngineVersion is the engine's version, in quotes. AWS may raise the minor version in a maintenance window: then
	// write it here, because a version older than the one that runs would replace the cache.
	EngineVersion string `settings:"engineVersion" allowed:"8.0, 8.1 or 8.2 for valkey, 7.0 or 7.1 for redis"`
	// AllowMajorUpgrade lets a deployment change the engine or its major version, at once and with an interruption. It is for
	// that one deployment: without it the change waits for the maintenance window, and the deployment fails, because the old
	// parameter group is in use until then.
	AllowMajorUpgrade bool `settings:"allowMajorUpgrade" default:"false" allowed:"true or false"`
	// NodeType is the ElastiCache node type.
	NodeType string `settings:"nodeType" allowed:"an ElastiCache node type such as \"cache.r7g.large\""`
	// Nodes is the primary and its replicas. A single node has no failover.
	Nodes int `settings:"nodes" default:"2" allowed:"1 to 6"`
	// SnapshotRetentionDays is how long daily snapshots are kept.
	SnapshotRetentionDays int `settings:"snapshotRetentionDays" default:"7" allowed:"1 to 35"`
}

// BudgetSettings limit the environment's cost.
type BudgetSettings struct {
	// MonthlyLimitUSD is what the environment may cost a month, in US dollars: the whole bill, with all tenants that there
	// may be, support and tax. docs/cost.md has the sum.
	MonthlyLimitUSD decimal.Decimal `settings:"monthlyLimitUsd" allowed:"an amount above 0 and up to 1000000, in whole cents"`
	// Mail are the addresses that hear of the budget's thresholds and of anomalies.
	Mail    []string        `settings:"mail" allowed:"1 to 10 different mail addresses"`
	Breaker BreakerSettings `settings:"breaker"`
	// Support is the account's support plan, whose price is a share of the bill. AWS sells developer and business until the
	// end of 2026.
	Support string `settings:"support" default:"basic" allowed:"basic, developer, business or business-plus"`
	// TaxPercent is the tax on AWS's invoice, in per cent of all charges.
	TaxPercent decimal.Decimal `settings:"taxPercent" default:"0" allowed:"0 to 50"`
	// Scope says what the budget counts: the whole account, or what carries the tag "environment" of this
	// environment. AWS knows the tag a day after it was activated for billing; until then the budget sees nothing. Support
	// and tax carry no tag, so that a budget of the environment alone counts neither, and both settings must be left out.
	Scope string `settings:"scope" default:"account" allowed:"account or environment"`
	// AnomalyThresholdUSD is how far a day's cost may be from what is usual before mail is sent.
	AnomalyThresholdUSD decimal.Decimal `settings:"anomalyThresholdUsd" default:"50" allowed:"an amount above 0 and up to 1000000, in whole cents"`
	// AnomalyMonitorARN is the account's monitor of the cost of services where it has one already: AWS allows a
	// single one, and makes it by itself in new accounts. Without it the monitor is made.
	AnomalyMonitorARN string `settings:"anomalyMonitorArn" default:"" allowed:"the ARN of a cost anomaly monitor"`
}

// BreakerSettings shape the action that denies new spend at 100 per cent of the limit.
type BreakerSettings struct {
	// Mode says whether the action runs by itself or waits for a person's approval.
	Mode string `settings:"mode" default:"automatic" allowed:"automatic or approval"`
	// Roles are the names of the IAM roles that can no longer create what costs money: of those that `platform bootstrap` makes,
	// the ones that create anything.
	Roles []string `settings:"roles" allowed:"platform-deployer, platform-developer or both"`
}

// ReportSettings have the morning report mailed (docs/report.md). Without addresses none is sent, which production refuses.
type ReportSettings struct {
	// Addresses are those that the report goes to.
	Addresses []string `settings:"addresses" default:"[]" allowed:"up to 10 different mail addresses"`
	// Hour is the hour of UTC at which the report of yesterday is sent.
	Hour int `settings:"hour" default:"6" allowed:"0 to 23"`
	// Sender is the address that the report comes from. Without one it is reports@{domain.name}. Of an address that is not the
	// domain's, a person must follow the link that AWS sends there.
	Sender string `settings:"sender" default:"" allowed:"a mail address, whenever there are addresses and no domain.name"`
}

// BillingSettings have tenants pay by Stripe (docs/billing.md). Without a mode nobody pays.
type BillingSettings struct {
	// Mode says whether money is real: live takes it, with a key of Stripe's live mode, and test is Stripe's test mode. Either makes a function,
	// a secret for Stripe's keys and an address for Stripe's events, for about USD 1 a month.
	Mode string `settings:"mode" default:"" allowed:"test, or live in production"`
	// StandIn has the local cloud's own stand-in of Stripe be asked rather than Stripe, with a key and an endpoint that "platform local up" makes.
	StandIn bool `settings:"standIn" default:"false" allowed:"true on the local cloud with mode test, and false otherwise"`
	// ApprovedBy is who agreed that tenants pay real money, beside whoever writes it here.
	ApprovedBy string `settings:"approvedBy" default:"" allowed:"a mail address whenever mode is live, and nothing otherwise"`
	// DaysToPay is how many days after it is sent an invoice is overdue.
	DaysToPay int `settings:"daysToPay" default:"14" allowed:"1 to 90"`
	// LimitedAfterDays is for how many days an invoice is overdue before its tenant may only read.
	LimitedAfterDays int `settings:"limitedAfterDays" default:"7" allowed:"1 to 89"`
	// SuspendedAfterDays is for how many days an invoice is overdue before its tenant may do nothing.
	SuspendedAfterDays int `settings:"suspendedAfterDays" default:"21" allowed:"more than limitedAfterDays, and at most 90"`
}

// BetterStackSettings have Better Stack look at the platform from outside (docs/betterstack.md). Without a mode nobody does.
type BetterStackSettings struct {
	// Mode says what is made: prepared is the secret for the token alone, for USD 0.40 a month, and on is the monitors, the escalation policy
	// and the status page besides, once a person has put the token into the secret.
	Mode string `settings:"mode" default:"" allowed:"prepared or on; none on the local cloud"`
	// Responders is how many people Better Stack calls, each with a licence of USD 34 a month. With none it is the free plan, which mails the
	// team, and looks each three minutes rather than each half.
	Responders int `settings:"responders" default:"0" allowed:"0 to 20"`
	// Company is the name on the status page.
	Company string `settings:"company" default:"" allowed:"1 to 60 letters, digits, spaces and any of . , & ' ( ) / -, beginning with a letter or digit, whenever mode is on"`
	// CompanyURL is where the status page leads to.
	CompanyURL string `settings:"companyUrl" default:"" allowed:"an https address, whenever mode is on"`
	// Subdomain is the status page's, below betteruptime.com. No other customer of Better Stack's may have it.
	Subdomain string `settings:"subdomain" default:"" allowed:"1 to 63 lower-case letters, digits and hyphens, no hyphen at an end, whenever mode is on"`
	// Probes are pages of tenants of our own that are looked at, for instance one a tier. Their requests count as any others.
	Probes []ProbeSettings `settings:"probes" default:"[]" allowed:"up to 8 different ones"`
}

// ProbeSettings name a page that is looked at.
type ProbeSettings struct {
	// Name is what the status page calls it.
	Name string `settings:"name" allowed:"1 to 60 letters, digits, spaces and any of . , & ' ( ) / -, beginning with a letter or digit, which nothing else on the page has"`
	// Tenant is a tenant of our own: everybody sees the status page, and no customer's name belongs there.
	Tenant string `settings:"tenant" allowed:"a tenant's name"`
	// Path is a page that answers with a status of 2XX.
	Path string `settings:"path" default:"/" allowed:"a path such as \"/healthz\""`
}

// MigrationSettings say to which of the application's migrations the tenants' schemas are brought (docs/migrations.md).
type MigrationSettings struct {
	// Artifact is what "platform migrate push" has sent to the environment's registry. The workflow deploy applies it before what runs in
	// the cluster.
	Artifact string `settings:"artifact" default:"" allowed:"the name of one of the environment's images and a digest: migrations@sha256:<64 hexadecimal digits>"`
	// Canaries are the tenants that come first: unless all of them succeed, no other is touched.
	Canaries []string `settings:"canaries" default:"[]" allowed:"up to 100 different tenants"`
}

// SparingSettings shape the breaker that holds the environment to its limit (docs/breaker.md).
type SparingSettings struct {
	// Spare are the tenants that it never suspends so that the environment costs less. Their own use is held to their tiers' allowance all
	// the same.
	Spare []SpareSettings `settings:"spare" default:"[]" allowed:"up to 100 different tenants"`
}

// SpareSettings name a tenant that is never suspended for the environment's sake.
type SpareSettings struct {
	// Tenant is its name.
	Tenant string `settings:"tenant" allowed:"a tenant's name, once"`
	// Reason is why, for whoever looks for what can be saved.
	Reason string `settings:"reason" allowed:"a reason of 20 characters or more"`
}

// MonitoringSettings say who hears of trouble and how long records are kept.
type MonitoringSettings struct {
	// Mail are the addresses that hear of alarms.
	Mail []string `settings:"mail" allowed:"1 to 10 different mail addresses"`
	// BetterStackURL is the BetterStack integration's address, which pages whoever is on call. Anyone who
	// knows it can page, so it is a secret.
	BetterStackURL Secret `settings:"betterStackUrl" default:"" allowed:"an https address, stored with pulumi config set --secret --path"`
	// LogRetentionDays is how long the logs of cluster, database and cache are kept.
	LogRetentionDays int `settings:"logRetentionDays" default:"90" allowed:"1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653"`
	// TrailRetentionDays is how long the record of every call to AWS's API is kept.
	TrailRetentionDays int `settings:"trailRetentionDays" default:"400" allowed:"90 to 3653"`
}
