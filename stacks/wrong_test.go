package stacks

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// right is a stack file without mistakes; every case below spoils it in one place.
const right = `config:
  aws:region: us-east-1
  platform:settings:
    kind: environment
    environment: dev
    account: "123456789012"
    owner: platform
    costCentre: "4711"
    deletionProtection: false
    network:
      cidr: 10.0.0.0/16
      zones: [us-east-1a, us-east-1b]
      nat: single
      interfaceEndpoints: [ecr.api]
      flowLogRetentionDays: 30
    cluster:
      version: "1.35"
      publicAccessCidrs: [203.0.113.0/24]
      administrators: ["arn:aws:iam::123456789012:role/platform/admin"]
      nodeGroups:
        - name: general
          instanceTypes: [m7g.large]
          min: 2
          desired: 2
          max: 4
    databases:
      - name: main
        engineVersion: "17"
        instanceClass: db.r7g.large
        storageGiB: 50
        maxStorageGiB: 100
    cache:
      engine: valkey
      engineVersion: "8.1"
      nodeType: cache.t4g.small
      nodes: 2
    budget:
      monthlyLimitUsd: 450.50
      mail: [platform@genericcorp.example]
      breaker: {mode: approval, roles: [platform-developer]}
    monitoring:
      mail: [platform@genericcorp.example]
      betterStackUrl: {secure: "v1:abc"}
`

func TestRightFileIsRight(t *testing.T) {
	t.Parallel()
	settings, err := parseFile([]byte(right))
	require.NoError(t, err)
	env := settings.Environment
	require.Equal(t, "450.5", env.Budget.MonthlyLimitUSD.String())
	require.True(t, env.Monitoring.BetterStackURL.Given())
	require.Equal(t, "50", env.Budget.AnomalyThresholdUSD.String(), "a default")
	require.Equal(t, 90, env.Monitoring.LogRetentionDays, "a default")
	require.Equal(t, 400, env.Monitoring.TrailRetentionDays, "a default")
	require.Equal(t, 50, env.Cluster.NodeGroups[0].DiskGiB, "a default within a list")
}

// The safe choice is what a file gets that says nothing.
func TestDefaultsAreSafe(t *testing.T) {
	t.Parallel()
	file := spoil(t, "    deletionProtection: false\n", "")
	for _, line := range []string{
		"      nat: single\n", "      nodes: 2\n", "      publicAccessCidrs: [203.0.113.0/24]\n",
	} {
		require.Contains(t, file, line)
		file = strings.Replace(file, line, "", 1)
	}
	file = strings.Replace(file, "mode: approval, ", "", 1)
	settings, err := parseFile([]byte(file))
	require.NoError(t, err)
	env := settings.Environment
	require.True(t, env.DeletionProtection)
	require.Equal(t, "perZone", env.Network.NAT)
	require.Equal(t, 2, env.Cache.Nodes)
	require.Empty(t, env.Cluster.PublicAccessCIDRs)
	require.False(t, env.Cluster.ExtendedSupport)
	require.False(t, env.Databases[0].SingleZone)
	require.Equal(t, "automatic", env.Budget.Breaker.Mode)
}

// wholeSettings is the right file from its settings on.
var wholeSettings = "platform:settings:" + strings.SplitN(right, "platform:settings:", 2)[1]

func TestWrongFiles(t *testing.T) {
	t.Parallel()
	for _, test := range wrongFiles {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := parseFile([]byte(spoil(t, test.old, test.spoilt)))
			require.EqualError(t, err, test.want)
		})
	}
}

const (
	retentions  = "1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653"
	someMail    = `a mail address such as "platform@genericcorp.example"`
	someRange   = "a private IPv4 range (RFC 1918) from /16 to /22, written by its first address"
	someAccount = "the 12 digits of an AWS account, in quotes"
	inSecret    = "a secret, stored with pulumi config set --secret --path"
)

var wrongFiles = []struct{ name, old, spoilt, want string }{
	// The provisioner and the domain.
	{"architecture", "    cache:\n", "    provisioner: {architecture: mips}\n    cache:\n",
		`platform:settings.provisioner.architecture: got "mips", expected arm64, x86_64 or host`},
	{"schema ceiling", "    cache:\n", "    provisioner: {schemaCeiling: 0}\n    cache:\n",
		"platform:settings.provisioner.schemaCeiling: got 0, expected 1 to 2000"},
	{"more tenants than connections", "db.r7g.large", "db.t4g.medium",
		"platform:settings.provisioner.schemaCeiling: got 500, expected 102 or fewer, because 500 tenants may open 1500 connections, were all in the tier free (3 each), and db.t4g.medium leaves them 308 " +
			"(it takes about 403, of which RDS keeps 5 and the platform needs 90); lower the ceiling, choose a larger instanceClass, " +
			"or state with provisioner.overcommit that tenants do not use all at once"},
	{"more calls than connections", "    cache:\n", "    provisioner: {reservedConcurrency: 100, overcommit: {percent: 30, reason: measured in the spring}}\n    cache:\n",
		"platform:settings.provisioner.schemaCeiling: got 500, expected 339 or fewer, because 500 tenants may open 1500 connections, were all in the tier free (3 each), and db.r7g.large leaves them 1017 " +
			"(it takes about 1688, of which RDS keeps 5 and the platform needs 900; provisioner.overcommit adds 30 per cent to the rest); lower the ceiling, choose a larger instanceClass, " +
			"or state with provisioner.overcommit that tenants do not use all at once"},
	{"overcommit", "    cache:\n", "    provisioner: {overcommit: {percent: 401, reason: measured in the spring}}\n    cache:\n",
		"platform:settings.provisioner.overcommit.percent: got 401, expected 0 to 400"},
	{"overcommit without a reason", "    cache:\n", "    provisioner: {overcommit: {percent: 50, reason: because}}\n    cache:\n",
		`platform:settings.provisioner.overcommit.reason: got "because", expected a reason of 20 characters or more whenever percent is above 0`},
	{"reserved concurrency", "    cache:\n", "    provisioner: {reservedConcurrency: -1}\n    cache:\n",
		"platform:settings.provisioner.reservedConcurrency: got -1, expected 0 to 100"},
	{"domain", "    cache:\n", "    domain: {name: \"*.example\", zoneId: Z1}\n    cache:\n",
		`platform:settings.domain.name: got "*.example", expected a domain such as "genericcorp.example"`},
	{"domain without a zone", "    cache:\n", "    domain: {name: genericcorp.example}\n    cache:\n",
		`platform:settings.domain.zoneId: got "", expected the id of a hosted zone, such as "Z0123456789ABC"`},
	{"edge without a domain", "    cache:\n", "    edge: {enabled: true, logRetentionDays: 0}\n    cache:\n",
		"platform:settings.edge.logRetentionDays: got 0, expected 1 to 3653\n" +
			"platform:settings.edge.enabled: got true, expected false, because without domain.name and domain.zoneId there is neither a name for a certificate nor a zone to prove it in"},
	{"zone without a domain", "    cache:\n", "    domain: {zoneId: Z0123456789ABC}\n    cache:\n",
		`platform:settings.domain.name: got "", expected a domain such as "genericcorp.example"`},
	{"runner", "    cache:\n", "    runner: {repository: platform, connectionArn: github, concurrency: 0}\n    cache:\n",
		`platform:settings.runner.repository: got "platform", expected "owner/name" as GitHub spells it
platform:settings.runner.connectionArn: got "github", expected the ARN of a connection of AWS CodeConnections
platform:settings.runner.concurrency: got 0, expected 1 to 20`},
	{"runner of another account", "    cache:\n", "    runner: {repository: genericcorp/platform, connectionArn: \"arn:aws:codeconnections:us-east-1:999999999999:connection/01234567-89ab-cdef-0123-456789abcdef\"}\n    cache:\n",
		`platform:settings.runner.connectionArn: got "arn:aws:codeconnections:us-east-1:999999999999:connection/01234567-89ab-cdef-0123-456789abcdef", expected a connection of the account 123456789012 in us-east-1`},
	{"repository without a connection", "    cache:\n", "    runner: {repository: genericcorp/platform}\n    cache:\n",
		`platform:settings.runner.connectionArn: got "", expected the ARN of a connection of AWS CodeConnections`},
	{"migrations", "    cache:\n", "    migrations: {artifact: 'migrations:latest', canaries: [acme, Acme!, acme]}\n    cache:\n",
		`platform:settings.migrations.artifact: got "migrations:latest", expected the name of one of the environment's images and a digest: migrations@sha256:<64 hexadecimal digits>
platform:settings.migrations.canaries[1]: got "Acme!", expected a tenant's name, once
platform:settings.migrations.canaries[2]: got "acme", expected a tenant's name, once`},
	{"migrations without a repository", "    cache:\n", "    migrations: {artifact: 'migrations@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef'}\n    cache:\n",
		`platform:settings.migrations.artifact: got "migrations@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", expected one of the setting images`},
	{"billing", "    cache:\n", "    billing: {mode: real, approvedBy: me, daysToPay: 0, limitedAfterDays: 21}\n    cache:\n",
		`platform:settings.billing.mode: got "real", expected test, or live in production
platform:settings.billing.approvedBy: got "me", expected nothing, because mode is not live
platform:settings.billing.daysToPay: got 0, expected 1 to 90
platform:settings.billing.suspendedAfterDays: got 21, expected more than limitedAfterDays, and at most 90`},
	{"Stripe's stand-in on AWS", "    cache:\n", "    billing: {mode: test, standIn: true}\n    cache:\n",
		`platform:settings.billing.standIn: got true, expected true on the local cloud with mode test, and false otherwise`},
	{"Stripe's stand-in without billing", "    environment: dev\n", "    environment: local\n    billing: {standIn: true}\n",
		`platform:settings.billing.standIn: got true, expected true on the local cloud with mode test, and false otherwise`},
	{"Better Stack", "    cache:\n", "    domain: {name: genericcorp.example, zoneId: Z0123456789ABC}\n    edge: {enabled: true}\n    betterStack: {mode: 'on', responders: 21, companyUrl: genericcorp.example, subdomain: a.b, probes: [{name: '', tenant: Acme, path: x}]}\n    cache:\n",
		`platform:settings.betterStack.responders: got 21, expected 0 to 20
platform:settings.betterStack.company: got "", expected 1 to 60 letters, digits, spaces and any of . , & ' ( ) / -, beginning with a letter or digit
platform:settings.betterStack.companyUrl: got "genericcorp.example", expected an https address
platform:settings.betterStack.subdomain: got "a.b", expected 1 to 63 lower-case letters, digits and hyphens, no hyphen at an end
platform:settings.betterStack.probes[0].name: got "", expected 1 to 60 letters, digits, spaces and any of . , & ' ( ) / -, beginning with a letter or digit
platform:settings.betterStack.probes[0].tenant: got "Acme", expected a tenant's name
platform:settings.betterStack.probes[0].path: got "x", expected a path such as "/healthz"`},
	{"Better Stack with nothing to look at", "    cache:\n", "    betterStack: {mode: 'on', company: Generic Corp, companyUrl: 'https://genericcorp.example', subdomain: genericcorp}\n    cache:\n",
		`platform:settings.betterStack.mode: got "on", expected prepared, because without edge.enabled there is nothing to look at`},
	{"Better Stack in another mode", "    cache:\n", "    betterStack: {mode: perhaps}\n    cache:\n",
		`platform:settings.betterStack.mode: got "perhaps", expected prepared or on; none on the local cloud`},
	{"Better Stack on the local cloud", "    environment: dev\n", "    environment: local\n    betterStack: {mode: prepared}\n",
		`platform:settings.betterStack.mode: got "prepared", expected nothing, because Better Stack cannot reach the local cloud`},
	{"real money outside of production", "    cache:\n", "    billing: {mode: live, approvedBy: finance@genericcorp.example}\n    cache:\n",
		`platform:settings.billing.mode: got "live", expected test, because real money is paid in production alone`},
	{"real money by one hand", wholeSettings, strings.NewReplacer("environment: dev", "environment: prod", "deletionProtection: false", "deletionProtection: true",
		"nat: single", "nat: perZone", "mode: approval", "mode: automatic", "    cache:\n", "    billing: {mode: live}\n    report: {addresses: [ceo@genericcorp.example], sender: reports@genericcorp.example}\n    cache:\n").Replace(wholeSettings),
		`platform:settings.billing.approvedBy: got "", expected ` + someMail + ` of who agreed that tenants pay real money, because mode is live`},
	{"production on the deployer's processor", wholeSettings, strings.NewReplacer("environment: dev", "environment: prod", "deletionProtection: false", "deletionProtection: true",
		"nat: single", "nat: perZone", "mode: approval", "mode: automatic", "    cache:\n",
		"    provisioner: {architecture: host}\n    report: {addresses: [ceo@genericcorp.example], sender: reports@genericcorp.example}\n    cache:\n").Replace(wholeSettings),
		`platform:settings.provisioner.architecture: got "host", expected arm64 or x86_64 in production`},

	// The file and its keys.
	{"no settings", "  platform:settings:", "  other:settings:",
		"other:settings: got an unknown key, expected platform:settings or aws:region\n" +
			"platform:settings: got nothing, expected an object with keys"},
	{"settings are text", wholeSettings, "platform:settings: hello\n",
		"platform:settings: got text, expected an object with keys"},
	{"settings are null", wholeSettings, "platform:settings:\n",
		"platform:settings: got null, expected an object with keys"},
	{"settings are a list", wholeSettings, "platform:settings: [a]\n",
		"platform:settings: got a list, expected an object with keys"},
	{"settings are secret", wholeSettings, "platform:settings: {secure: abc}\n",
		"platform:settings: got a secret, expected an object with keys"},
	{"another key in the namespace", "  platform:settings:", "  platform:setting: 1\n  platform:settings:",
		"platform:setting: got an unknown key, expected platform:settings or aws:region"},
	{"settings twice", "  aws:region: us-east-1", "  aws:region: us-east-1\n  aws:region: us-east-2",
		"aws:region: got two values, on lines 2 and 3, expected one"},
	{"no region", "  aws:region: us-east-1\n", "",
		`aws:region: got "", expected a region such as "us-east-1"`},
	{"a region's zone as region", "aws:region: us-east-1", "aws:region: us-east-1a",
		`aws:region: got "us-east-1a", expected a region such as "us-east-1"`},
	{"no kind", "    kind: environment\n", "",
		"platform:settings.kind: got nothing, expected environment, workloads or tenant"},
	{"unknown kind", "kind: environment", "kind: galaxy",
		`platform:settings.kind: got "galaxy", expected environment, workloads or tenant`},
	{"kind of another type", "kind: environment", "kind: 7",
		"platform:settings.kind: got 7, expected environment, workloads or tenant"},
	{"unknown key", "    owner: platform", "    owner: platform\n    ownr: me",
		"platform:settings.ownr: got an unknown key, expected platform:settings.owner"},
	{"unknown key in another case", "      nat: single", "      NAT: single",
		"platform:settings.network.NAT: got an unknown key, expected platform:settings.network.nat"},
	{"unknown key in a list", "          max: 4", "          max: 4\n          diskGib: 4",
		"platform:settings.cluster.nodeGroups[0].diskGib: got an unknown key, expected platform:settings.cluster.nodeGroups[0].diskGiB"},
	{"unknown key like no other", "      nodes: 2", "      numberOfReplicas: 2",
		"platform:settings.cache.numberOfReplicas: got an unknown key, expected one of engine, engineVersion, allowMajorUpgrade, nodeType, nodes, snapshotRetentionDays"},
	{"key twice", "      cidr: 10.0.0.0/16", "      cidr: 10.0.0.0/16\n      cidr: 10.1.0.0/16",
		"platform:settings.network.cidr: got two values, on lines 11 and 12, expected one"},
	{"missing key", "    owner: platform\n", "",
		"platform:settings.owner: got nothing, expected 1 to 128 letters, digits, spaces and any of _ . : / = + - @"},
	{"missing key in a list", "          min: 2\n", "",
		"platform:settings.cluster.nodeGroups[0].min: got nothing, expected 0 to 100"},
	{"missing section", "    cache:\n      engine: valkey\n      engineVersion: \"8.1\"\n      nodeType: cache.t4g.small\n      nodes: 2\n", "",
		"platform:settings.cache.engineVersion: got nothing, expected 8.0, 8.1 or 8.2 for valkey, 7.0 or 7.1 for redis\n" +
			`platform:settings.cache.nodeType: got nothing, expected an ElastiCache node type such as "cache.r7g.large"`},

	// Databases.
	{"no databases", right[strings.Index(right, "    databases:"):strings.Index(right, "    cache:")], "",
		"platform:settings.databases: got nothing, expected one database for now, named main"},
	{"an empty list of databases", right[strings.Index(right, "    databases:"):strings.Index(right, "    cache:")], "    databases: []\n",
		"platform:settings.databases: got 0 databases, expected one database for now, named main"},
	{"a second database", "    cache:\n", "      - name: second\n        instanceClass: db.r7g.large\n    cache:\n",
		"platform:settings.databases: got 2 databases, expected one database for now, named main"},
	{"database of another name", "      - name: main\n", "      - name: primary\n",
		`platform:settings.databases[0].name: got "primary", expected main`},
	{"the old key", "    databases:\n      - name: main\n", "    database:\n      - name: main\n",
		"platform:settings.database: got an unknown key, expected platform:settings.databases\n" +
			"platform:settings.databases: got nothing, expected one database for now, named main"},

	// Types.
	{"null", "      nat: single", "      nat:",
		"platform:settings.network.nat: got null, expected text in quotes"},
	{"null section", "    owner: platform", "    owner: platform\n    tenant: ~",
		"platform:settings.tenant: got an unknown key, expected one of kind, environment, account, owner, costCentre, deletionProtection, network, cluster, databases, provisioner, cache, runner, images, workloads, migrations, domain, edge, budget, report, billing, betterStack, breaker, monitoring"},
	{"number for text", "      version: \"1.35\"", "      version: 1.35",
		"platform:settings.cluster.version: got 1.35, expected text in quotes"},
	{"boolean for text", "      nat: single", "      nat: true",
		"platform:settings.network.nat: got true, expected text in quotes"},
	{"text for a number", "      nodes: 2", "      nodes: two",
		`platform:settings.cache.nodes: got "two", expected a whole number`},
	{"number in quotes", "      nodes: 2", "      nodes: \"2\"",
		`platform:settings.cache.nodes: got "2", expected a whole number`},
	{"fraction", "      nodes: 2", "      nodes: 2.5",
		"platform:settings.cache.nodes: got 2.5, expected a whole number"},
	{"huge number", "      nodes: 2", "      nodes: 99999999999",
		"platform:settings.cache.nodes: got 99999999999, expected a whole number"},
	{"not a number", "      nodes: 2", "      nodes: .nan",
		"platform:settings.cache.nodes: got .nan, expected a whole number"},
	{"text for a boolean", "      nodeGroups:", "      extendedSupport: \"yes\"\n      nodeGroups:",
		`platform:settings.cluster.extendedSupport: got "yes", expected true or false`},
	{"old YAML's boolean", "      nodeGroups:", "      extendedSupport: on\n      nodeGroups:",
		`platform:settings.cluster.extendedSupport: got "on", expected true or false`},
	{"text for a list", "zones: [us-east-1a, us-east-1b]", "zones: us-east-1a",
		`platform:settings.network.zones: got "us-east-1a", expected a list`},
	{"object for a list", "zones: [us-east-1a, us-east-1b]", "zones: {a: b}",
		"platform:settings.network.zones: got an object with keys, expected a list"},
	{"number in a list of texts", "zones: [us-east-1a, us-east-1b]", "zones: [us-east-1a, 2]",
		"platform:settings.network.zones[1]: got 2, expected text in quotes"},
	{"list for an object", "breaker: {mode: approval, roles: [platform-developer]}", "breaker: [platform-developer]",
		"platform:settings.budget.breaker: got a list, expected an object with keys"},
	{"text in a list of objects", "        - name: general", "        - general\n        - name: general",
		`platform:settings.cluster.nodeGroups[0]: got "general", expected an object with keys`},
	{"an alias", "      nat: single", "      nat: &nat single\n      interfaceEndpoint: *nat",
		"platform:settings.network.interfaceEndpoint: got an unknown key, expected platform:settings.network.interfaceEndpoints"},
	{"an alias as value", "      nat: single\n      interfaceEndpoints: [ecr.api]", "      interfaceEndpoints: &list [ecr.api]\n      nat: *list",
		"platform:settings.network.nat: got an alias, expected text in quotes"},
	{"amount with letters", "monthlyLimitUsd: 450.50", "monthlyLimitUsd: 450 USD",
		`platform:settings.budget.monthlyLimitUsd: got "450 USD", expected an amount such as 2500 or "2500.00"`},
	{"amount with an exponent", "monthlyLimitUsd: 450.50", "monthlyLimitUsd: 1e999999999",
		`platform:settings.budget.monthlyLimitUsd: got "1e999999999", expected an amount such as 2500 or "2500.00"`},
	{"secret where none belongs", "    owner: platform", "    owner: {secure: abc}",
		"platform:settings.owner: got a secret, expected text in quotes"},
	{"plain text where a secret belongs", `{secure: "v1:abc"}`, "https://uptime.betterstack.example/abc",
		"platform:settings.monitoring.betterStackUrl: got plain text, expected " + inSecret},
	{"number where a secret belongs", `{secure: "v1:abc"}`, "12",
		"platform:settings.monitoring.betterStackUrl: got something else, expected " + inSecret},

	// Values.
	{"unknown environment", "environment: dev", "environment: stage",
		`platform:settings.environment: got "stage", expected ` + registered},
	{"environment in capitals", "environment: dev", "environment: Dev",
		`platform:settings.environment: got "Dev", expected ` + registered},
	{"no account", "    account: \"123456789012\"\n", "",
		"platform:settings.account: got nothing, expected " + someAccount},
	{"account that is a number", `account: "123456789012"`, "account: 123456789012",
		"platform:settings.account: got 123456789012, expected text in quotes"},
	{"account with hyphens", `account: "123456789012"`, `account: "1234-5678-9012"`,
		`platform:settings.account: got "1234-5678-9012", expected ` + someAccount},
	{"administrator of another account", "iam::123456789012:role/platform/admin", "iam::111122223333:role/platform/admin",
		`platform:settings.cluster.administrators[0]: got "arn:aws:iam::111122223333:role/platform/admin", expected a role of the account 123456789012`},
	{"empty owner", "owner: platform", `owner: ""`,
		`platform:settings.owner: got "", expected 1 to 128 letters, digits, spaces and any of _ . : / = + - @`},
	{"cost centre with a comma", `costCentre: "4711"`, `costCentre: "a,b"`,
		`platform:settings.costCentre: got "a,b", expected 1 to 128 letters, digits, spaces and any of _ . : / = + - @`},
	{"half a protection", "deletionProtection: false", "deletionProtection: half",
		`platform:settings.deletionProtection: got "half", expected true or false`},
	{"public range", "cidr: 10.0.0.0/16", "cidr: 8.8.0.0/16",
		`platform:settings.network.cidr: got "8.8.0.0/16", expected ` + someRange},
	{"range too large", "cidr: 10.0.0.0/16", "cidr: 10.0.0.0/8",
		`platform:settings.network.cidr: got "10.0.0.0/8", expected ` + someRange},
	{"range too small", "cidr: 10.0.0.0/16", "cidr: 10.0.0.0/24",
		`platform:settings.network.cidr: got "10.0.0.0/24", expected ` + someRange},
	{"range not by its first address", "cidr: 10.0.0.0/16", "cidr: 10.0.3.0/16",
		`platform:settings.network.cidr: got "10.0.3.0/16", expected ` + someRange},
	{"range that leaves RFC 1918", "cidr: 10.0.0.0/16", "cidr: 172.32.0.0/16",
		`platform:settings.network.cidr: got "172.32.0.0/16", expected ` + someRange},
	{"range of IPv6", "cidr: 10.0.0.0/16", "cidr: fd00::/16",
		`platform:settings.network.cidr: got "fd00::/16", expected ` + someRange},
	{"a range's words", "cidr: 10.0.0.0/16", "cidr: ten",
		`platform:settings.network.cidr: got "ten", expected ` + someRange},
	{"zone of another region", "us-east-1b", "eu-west-1a",
		`platform:settings.network.zones[1]: got "eu-west-1a", expected a zone of us-east-1`},
	{"zone twice", "us-east-1b", "us-east-1a",
		`platform:settings.network.zones[1]: got "us-east-1a", expected a value that is not in the list already`},
	{"one zone", "zones: [us-east-1a, us-east-1b]", "zones: [us-east-1a]",
		"platform:settings.network.zones: got 1 element, expected 2 to 6 different zones of the region"},
	{"unknown NAT", "nat: single", "nat: none",
		`platform:settings.network.nat: got "none", expected perZone or single`},
	{"endpoint by its full name", "[ecr.api]", "[com.amazonaws/ecr]",
		`platform:settings.network.interfaceEndpoints[0]: got "com.amazonaws/ecr", expected the short name of a service such as "ecr.api"`},
	{"retention of containers' logs that AWS does not know", "    cache:\n", "    workloads: {collector: {logRetentionDays: 31}}\n    cache:\n",
		"platform:settings.workloads.collector.logRetentionDays: got 31, expected " + retentions},
	{"retention that AWS does not know", "flowLogRetentionDays: 30", "flowLogRetentionDays: 31",
		"platform:settings.network.flowLogRetentionDays: got 31, expected " + retentions},
	{"old Kubernetes", `"1.35"`, `"1.34"`,
		`platform:settings.cluster.version: got "1.34", expected 1.35 or later, major and minor alone`},
	{"Kubernetes with a patch", `"1.35"`, `"1.35.3"`,
		`platform:settings.cluster.version: got "1.35.3", expected 1.35 or later, major and minor alone`},
	{"API open to the world", "203.0.113.0/24", "0.0.0.0/0",
		`platform:settings.cluster.publicAccessCidrs[0]: got "0.0.0.0/0", expected an IPv4 range of /16 or smaller, written by its first address`},
	{"user as administrator", "role/platform/admin", "user/admin",
		`platform:settings.cluster.administrators[0]: got "arn:aws:iam::123456789012:user/admin", expected the ARN of an IAM role`},
	{"no node groups", right[strings.Index(right, "      nodeGroups:"):strings.Index(right, "    databases:")], "      nodeGroups: []\n",
		"platform:settings.cluster.nodeGroups: got 0 groups, expected 1 to 10 groups"},
	{"Intel nodes", "m7g.large", "m7i.large",
		`platform:settings.cluster.nodeGroups[0].instanceTypes[0]: got "m7i.large", expected a Graviton (arm64) type such as "m7g.large"`},
	{"group name in capitals", "name: general", "name: General",
		`platform:settings.cluster.nodeGroups[0].name: got "General", expected 1 to 20 lower-case letters, digits and single hyphens, beginning with a letter`},
	{"two groups of one name", "        - name: general", "        - {name: general, instanceTypes: [m7g.large], min: 0, desired: 0, max: 1}\n        - name: general",
		`platform:settings.cluster.nodeGroups[1].name: got "general", expected a name that no other group has`},
	{"more nodes than allowed", "desired: 2", "desired: 5",
		"platform:settings.cluster.nodeGroups[0].desired: got 5, expected from min to max"},
	{"less than no nodes", "min: 2", "min: -1",
		"platform:settings.cluster.nodeGroups[0].min: got -1, expected 0 to 100"},
	{"max below min", "max: 4", "max: 1",
		"platform:settings.cluster.nodeGroups[0].max: got 1, expected 1 to 100, not less than min"},
	{"small disk", "          max: 4", "          max: 4\n          diskGiB: 8",
		"platform:settings.cluster.nodeGroups[0].diskGiB: got 8, expected 20 to 1000"},
	{"old PostgreSQL", `"17"`, `"16"`,
		`platform:settings.databases[0].engineVersion: got "16", expected 17 or 18`},
	{"a minor version, which AWS would leave behind", `"17"`, `"17.6"`,
		`platform:settings.databases[0].engineVersion: got "17.6", expected 17 or 18`},
	{"EC2 type as database class", "db.r7g.large", "t4g.medium",
		`platform:settings.databases[0].instanceClass: got "t4g.medium", expected an RDS instance class such as "db.r7g.large"`},
	{"volume too small", "storageGiB: 50", "storageGiB: 10",
		"platform:settings.databases[0].storageGiB: got 10, expected 20 to 65536"},
	{"volume that must shrink", "maxStorageGiB: 100", "maxStorageGiB: 40",
		"platform:settings.databases[0].maxStorageGiB: got 40, expected a tenth more than storageGiB or above, up to 65536"},
	{"volume that could not grow", "maxStorageGiB: 100", "maxStorageGiB: 54",
		"platform:settings.databases[0].maxStorageGiB: got 54, expected a tenth more than storageGiB or above, up to 65536"},
	{"database class of another family", "db.r7g.large", "db.x2g.large",
		`platform:settings.databases[0].instanceClass: got "db.x2g.large", expected an RDS instance class such as "db.r7g.large"`},
	{"no backups", "      maxStorageGiB: 100", "      maxStorageGiB: 100\n        backupRetentionDays: 0",
		"platform:settings.databases[0].backupRetentionDays: got 0, expected 1 to 35"},
	{"unknown cache engine", "engine: valkey", "engine: memcached",
		`platform:settings.cache.engine: got "memcached", expected valkey or redis`},
	{"version of the other engine", "engine: valkey", "engine: redis",
		`platform:settings.cache.engineVersion: got "8.1", expected 8.0, 8.1 or 8.2 for valkey, 7.0 or 7.1 for redis`},
	{"node type without its prefix", "cache.t4g.small", "t4g.small",
		`platform:settings.cache.nodeType: got "t4g.small", expected an ElastiCache node type such as "cache.r7g.large"`},
	{"too many cache nodes", "nodes: 2", "nodes: 7",
		"platform:settings.cache.nodes: got 7, expected 1 to 6"},
	{"snapshots kept too long", "nodes: 2", "nodes: 2\n      snapshotRetentionDays: 36",
		"platform:settings.cache.snapshotRetentionDays: got 36, expected 1 to 35"},
	{"no snapshots", "nodes: 2", "nodes: 2\n      snapshotRetentionDays: 0",
		"platform:settings.cache.snapshotRetentionDays: got 0, expected 1 to 35"},
	{"spared twice", "    monitoring:", "    breaker: {spare: [{tenant: acme, reason: the company's own shop}, {tenant: acme, reason: again}]}\n    monitoring:",
		`platform:settings.breaker.spare[1].tenant: got "acme", expected a tenant's name, once` + "\n" +
			`platform:settings.breaker.spare[1].reason: got "again", expected a reason of 20 characters or more`},
	{"no budget", "monthlyLimitUsd: 450.50", "monthlyLimitUsd: 0",
		"platform:settings.budget.monthlyLimitUsd: got 0, expected an amount above 0 and up to 1000000, in whole cents"},
	{"unknown support plan", "monthlyLimitUsd: 450.50", "monthlyLimitUsd: 450.50\n      support: gold",
		`platform:settings.budget.support: got "gold", expected basic, developer, business or business-plus`},
	{"negative tax", "monthlyLimitUsd: 450.50", "monthlyLimitUsd: 450.50\n      taxPercent: -1",
		"platform:settings.budget.taxPercent: got -1, expected 0 to 50"},
	{"support that the budget does not see", "monthlyLimitUsd: 450.50", "monthlyLimitUsd: 450.50\n      scope: environment\n      support: business",
		`platform:settings.budget.support: got "business", expected basic, because a budget of the environment alone sees no cost without its tag`},
	{"tax that the budget does not see", "monthlyLimitUsd: 450.50", "monthlyLimitUsd: 450.50\n      scope: environment\n      taxPercent: 8",
		"platform:settings.budget.taxPercent: got 8, expected 0, because a budget of the environment alone sees no cost without its tag"},
	{"negative budget", "monthlyLimitUsd: 450.50", `monthlyLimitUsd: "-1"`,
		"platform:settings.budget.monthlyLimitUsd: got -1, expected an amount above 0 and up to 1000000, in whole cents"},
	{"parts of a cent", "monthlyLimitUsd: 450.50", "monthlyLimitUsd: 0.005",
		"platform:settings.budget.monthlyLimitUsd: got 0.005, expected an amount above 0 and up to 1000000, in whole cents"},
	{"mail with a name", "      mail: [platform@genericcorp.example]\n      breaker", "      mail: [\"Platform <platform@genericcorp.example>\"]\n      breaker",
		`platform:settings.budget.mail[0]: got "Platform <platform@genericcorp.example>", expected ` + someMail},
	{"mail without a domain", "      mail: [platform@genericcorp.example]\n      breaker", "      mail: [platform@localhost]\n      breaker",
		`platform:settings.budget.mail[0]: got "platform@localhost", expected ` + someMail},
	{"nobody to mail", "      mail: [platform@genericcorp.example]\n      better", "      mail: []\n      better",
		"platform:settings.monitoring.mail: got 0 elements, expected 1 to 10 different mail addresses"},
	{"trail kept too short", "      betterStackUrl", "      trailRetentionDays: 30\n      betterStackUrl",
		"platform:settings.monitoring.trailRetentionDays: got 30, expected 90 to 3653"},
	{"unknown scope", "breaker: {", "scope: world\n      breaker: {",
		`platform:settings.budget.scope: got "world", expected account or environment`},
	{"monitor by its name", "breaker: {", "anomalyMonitorArn: services\n      breaker: {",
		`platform:settings.budget.anomalyMonitorArn: got "services", expected the ARN of a cost anomaly monitor`},
	{"unknown breaker", "mode: approval", "mode: never",
		`platform:settings.budget.breaker.mode: got "never", expected automatic or approval`},
	{"role by its ARN", "roles: [platform-developer]", "roles: [\"arn:aws:iam::123456789012:role/developer\"]",
		`platform:settings.budget.breaker.roles[0]: got "arn:aws:iam::123456789012:role/developer", expected the name of an IAM role, not its ARN`},
	{"nobody to stop", "roles: [platform-developer]", "roles: []",
		"platform:settings.budget.breaker.roles: got 0 elements, expected platform-deployer, platform-developer or both"},
	{"role that bootstrap does not let the breaker stop", "roles: [platform-developer]", "roles: [platform-administrator]",
		`platform:settings.budget.breaker.roles[0]: got "platform-administrator", expected platform-deployer or platform-developer`},
}

// Production refuses each relaxation, and all of them at once.
func TestProductionCannotBeRelaxed(t *testing.T) {
	t.Parallel()
	file := spoil(t, "environment: dev", "environment: prod")
	for _, change := range [][2]string{
		{`administrators: ["arn:aws:iam::123456789012:role/platform/admin"]`, "administrators: []"},
		{"min: 2", "spot: true\n          min: 2"},
		{"maxStorageGiB: 100", "maxStorageGiB: 100\n        singleZone: true\n        backupRetentionDays: 6"},
		{"nodes: 2", "nodes: 1\n      snapshotRetentionDays: 6"},
		{`betterStackUrl: {secure: "v1:abc"}`, "trailRetentionDays: 364\n      logRetentionDays: 60"},
	} {
		require.Contains(t, file, change[0])
		file = strings.Replace(file, change[0], change[1], 1)
	}
	_, err := parseFile([]byte(file))
	require.EqualError(t, err, strings.Join([]string{
		`platform:settings.deletionProtection: got false, expected true in production`,
		`platform:settings.network.nat: got "single", expected perZone in production`,
		`platform:settings.cluster.administrators: got nobody, expected at least one role in production, or nobody could repair the cluster`,
		`platform:settings.cluster.nodeGroups: got 0, expected a sum of 2 or more as min of the groups that are not spot in production`,
		`platform:settings.databases[0].singleZone: got true, expected false in production`,
		`platform:settings.databases[0].backupRetentionDays: got 6, expected 7 or more in production`,
		`platform:settings.cache.nodes: got 1, expected 2 or more in production`,
		`platform:settings.cache.snapshotRetentionDays: got 6, expected 7 or more in production`,
		`platform:settings.budget.breaker.mode: got "approval", expected automatic in production`,
		`platform:settings.report.addresses: got nobody, expected at least one address in production, or nobody who pays would read what it costs`,
		`platform:settings.monitoring.trailRetentionDays: got 364, expected 365 or more in production`,
		`platform:settings.monitoring.logRetentionDays: got 60, expected 90 or more in production`,
	}, "\n"))
}

// All mistakes of a file are reported in one go, each once, with no echo of one mistake at another key.
func TestAllMistakesAtOnce(t *testing.T) {
	t.Parallel()
	file := right
	for _, test := range []string{
		"another key in the namespace", "unknown key", "missing key in a list", "number for text", "fraction",
		"public range", "zone of another region", "volume too small", "negative budget",
	} {
		for _, wrong := range wrongFiles {
			if wrong.name == test {
				require.Contains(t, file, wrong.old)
				file = strings.Replace(file, wrong.old, wrong.spoilt, 1)
			}
		}
	}
	_, err := parseFile([]byte(file))
	require.EqualError(t, err, strings.Join([]string{
		"platform:setting: got an unknown key, expected platform:settings or aws:region",
		"platform:settings.ownr: got an unknown key, expected platform:settings.owner",
		"platform:settings.cluster.nodeGroups[0].min: got nothing, expected 0 to 100",
		"platform:settings.cluster.version: got 1.35, expected text in quotes",
		"platform:settings.cache.nodes: got 2.5, expected a whole number",
		`platform:settings.network.cidr: got "8.8.0.0/16", expected ` + someRange,
		`platform:settings.network.zones[1]: got "eu-west-1a", expected a zone of us-east-1`,
		"platform:settings.databases[0].storageGiB: got 10, expected 20 to 65536",
		"platform:settings.budget.monthlyLimitUsd: got -1, expected an amount above 0 and up to 1000000, in whole cents",
	}, "\n"))
}

func TestFileThatIsNotYAML(t *testing.T) {
	t.Parallel()
	_, err := parseFile([]byte("config: [\n"))
	require.ErrorContains(t, err, "yaml: line")
	_, err = parseFile([]byte("hello"))
	require.ErrorContains(t, err, "yaml: ")
	_, err = parseFile(nil)
	require.ErrorContains(t, err, "platform:settings: got nothing, expected an object with keys")
}

func spoil(t *testing.T, old, spoilt string) string {
	t.Helper()
	require.Equal(t, 1, strings.Count(right, old), "%q must stand once in the right file", old)
	return strings.Replace(right, old, spoilt, 1)
}

// In a region whose authorities are not carried no tenant could be made: every login of the provisioner would fail.
func TestRegionWithoutAuthorities(t *testing.T) {
	t.Parallel()
	moved := strings.NewReplacer("us-east-1", "il-central-1").Replace(right)
	_, err := parseFile([]byte(moved))
	require.EqualError(t, err, `aws:region: got "il-central-1", expected a region whose database's certificates the provisioner can check: `+
		"internal/rdsca has no authorities of it, and says how to take AWS's newer list")
	_, err = parseFile([]byte(strings.NewReplacer("us-east-1", "eu-west-1").Replace(right)))
	require.NoError(t, err)
}
