package estimator_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/policyx"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/pricing/catalogue"
	"github.com/genericcorp/platform/internal/pricing/estimator"
	"github.com/genericcorp/platform/internal/pricing/usage"
)

func TestUnknownValuesAreAssumedAtTheirWorstAndNamed(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		resource estimator.Resource
		ceilings estimator.Ceilings
		fixed    string
		message  string
	}{
		{"storage", db(props{"allocatedStorage": unknown()}), estimator.Ceilings{DatabaseGiB: 1000}, "220.85", "allocatedStorage is not known yet: assumed 1000"},
		{"storage, AWS's limit", db(props{"allocatedStorage": unknown()}), estimator.Ceilings{}, "7642.49", "allocatedStorage is not known yet: assumed 65536"},
		{"class among the allowed", db(props{"instanceClass": unknown()}), estimator.Ceilings{DatabaseClasses: []string{"db.t4g.*"}}, "190.64", "instanceClass is not known yet: assumed db.t4g.xlarge"},
		{"zones", db(props{"multiAz": unknown()}), estimator.Ceilings{}, "216.3", "multiAz is not known yet: assumed true"},
		{"engine", db(props{"engine": unknown()}), estimator.Ceilings{}, "108.15", "engine is not known yet: assumed the most expensive"},
		{"secret class", db(props{"instanceClass": secret("db.t4g.micro")}), estimator.Ceilings{DatabaseClasses: []string{"db.t3.*"}}, "108.15", "instanceClass is secret: assumed db.t3.large"},
		{"version", res("aws:eks/cluster:Cluster", props{"version": unknown()}), estimator.Ceilings{}, "438", "version is not known yet: assumed 0"},
		{"nodes", nodes(1, 1, props{"scalingConfig": nil}), estimator.Ceilings{}, "64.736", ""},
		{"subnets", res("aws:ec2/vpcEndpoint:VpcEndpoint", props{"vpcEndpointType": "Interface", "subnetIds": unknown()}), estimator.Ceilings{Zones: 3}, "21.9", "subnetIds is not known yet: assumed 3 of them"},
		{"instance type", res("aws:ec2/instance:Instance", props{"instanceType": unknown()}), estimator.Ceilings{InstanceTypes: []string{"t4g.medium", "m7g.large"}}, "60.368", "instanceType is not known yet: assumed m7g.large"},
		{"cache", res("aws:elasticache/replicationGroup:ReplicationGroup", props{"engine": "valkey", "nodeType": unknown(), "numCacheClusters": 2}), estimator.Ceilings{CacheNodeTypes: []string{"cache.t4g.*"}}, "75.92", "nodeType is not known yet: assumed cache.t4g.medium"},
		{"wrong type", db(props{"allocatedStorage": true}), estimator.Ceilings{DatabaseGiB: 100}, "117.35", "allocatedStorage is of the wrong type: assumed 100"},
		{"negative", db(props{"allocatedStorage": -5}), estimator.Ceilings{DatabaseGiB: 100}, "117.35", "allocatedStorage is not a number from 0 to 1e12: assumed 100"},
		{"snapshot without size", res("aws:ebs/volume:Volume", props{"snapshotId": "snap-1"}), estimator.Ceilings{VolumeGiB: 100}, "10", "size is not known yet: assumed 100 GiB"},
		{"template of another stack", nodes(1, 1, props{"instanceTypes": list("t4g.medium"), "launchTemplate": props{"id": "lt-elsewhere"}}), estimator.Ceilings{VolumeGiB: 50}, "29.528", "launchTemplate is not known yet: assumed a gp2 volume of 50 GiB a node, because the template is not in this stack"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			report := newEstimator(t, usage.None(), estimator.Options{Ceilings: test.ceilings}).Estimate(one(test.resource))
			if test.name == "nodes" {
				test.resource.Properties = test.resource.Properties.Delete("scalingConfig")
				report = newEstimator(t, usage.None(), estimator.Options{}).Estimate(one(test.resource))
			}
			assert.Equal(t, test.fixed, report.Fixed.Round(3).String(), lines(report.Resources[0]))
			if test.message == "" {
				assert.Empty(t, report.Problems)
				return
			}
			require.NotEmpty(t, report.Problems)
			messages := make([]string, 0, len(report.Problems))
			for _, p := range report.Problems {
				messages = append(messages, p.Message)
			}
			assert.Contains(t, messages, test.message)
			invalid := strings.Contains(test.message, "wrong") || strings.Contains(test.message, "not a number")
			assert.Equal(t, invalid, len(report.Blocking()) > 0, "what was assumed does not block, what cannot be does")

			refused := newEstimator(t, usage.None(), estimator.Options{Ceilings: test.ceilings, Unknown: estimator.Refuse}).Estimate(one(test.resource))
			assert.NotEmpty(t, refused.Blocking())
			assert.True(t, report.Fixed.Equal(refused.Fixed))
		})
	}
}

// A preview may not tell which template an unknown id means; it is one of the stack's, at the worst the most expensive.
func TestUnknownTemplateIsOneOfTheStack(t *testing.T) {
	t.Parallel()
	disk := func(name string, gib int) estimator.Resource {
		return named(name, "aws:ec2/launchTemplate:LaunchTemplate", props{"blockDeviceMappings": list(map[string]any{"ebs": map[string]any{"volumeSize": gib, "volumeType": "gp3"}})})
	}
	for _, id := range []any{unknown(), "lt-1"} {
		report := standing(t, disk("large", 100), disk("small", 10),
			nodes(1, 1, props{"instanceTypes": list("t4g.medium"), "launchTemplate": props{"id": id, "version": unknown()}}))
		assert.Equal(t, "32.528", report.Fixed.String())
		require.Len(t, report.Problems, 1)
		assert.Equal(t, "launchTemplate is not known yet: assumed large, the most expensive of this stack", report.Problems[0].Message)
		assert.Empty(t, report.Blocking())
	}
}

func TestSecretsNeverReachTheReport(t *testing.T) {
	t.Parallel()
	report := standing(t,
		db(props{"instanceClass": secret("db.classified.large"), "engine": secret("postgres"), "engineVersion": secret("11.99"), "storageType": secret("gp3")}),
		res("aws:ec2/instance:Instance", props{"instanceType": secret("t3.classified")}),
		res("aws:eks/nodeGroup:NodeGroup", props{"instanceTypes": list(secret("t3.classified")), "scalingConfig": secret(map[string]any{"desiredSize": 31337})}),
	)
	for _, c := range report.Resources {
		for _, l := range c.Lines {
			assert.NotContains(t, l.Description, "classified")
			assert.NotContains(t, l.Quantity.String(), "31337")
		}
	}
	for _, p := range report.Problems {
		assert.NotContains(t, p.Message, "classified")
		assert.NotContains(t, p.Message, "11.99")
		assert.NotContains(t, p.Message, "31337")
	}
}

func TestFreeResourcesAreKnownAsFree(t *testing.T) {
	t.Parallel()
	for _, token := range []string{
		"pulumi:pulumi:Stack", "pulumi:providers:aws", "genericcorp:network:Network", "eks:index:Cluster", "random:index/randomPassword:RandomPassword",
		"kubernetes:core/v1:Namespace", "kubernetes:networking.k8s.io/v1:NetworkPolicy", "aws:iam/role:Role", "aws:ec2/vpc:Vpc",
		"aws:ec2/launchTemplate:LaunchTemplate", "aws:ec2/flowLog:FlowLog", "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
		"aws:eks/addon:Addon", "aws:eks/accessEntry:AccessEntry", "aws:rds/parameterGroup:ParameterGroup", "aws:rds/subnetGroup:SubnetGroup",
		"aws:elasticache/subnetGroup:SubnetGroup", "aws:kms/alias:Alias", "aws:secretsmanager/secretVersion:SecretVersion", "aws:sns/topicSubscription:TopicSubscription",
		"aws:budgets/budget:Budget", "aws:costexplorer/anomalyMonitor:AnomalyMonitor", "aws:lambda/invocation:Invocation", "aws:lambda/permission:Permission",
		"aws:s3/bucketPolicy:BucketPolicy", "aws:s3/bucketVersioningV2:BucketVersioningV2", "aws:route53/record:Record", "aws:acm/certificate:Certificate",
	} {
		c := standing(t, planned(token, "it", props{})).Resources[0]
		assert.NotEmpty(t, c.Free, token)
		assert.True(t, c.Total().IsZero(), token)
	}
	for _, token := range []string{"", "aws", "aws:iam", "kubernetes:helm.sh/v3:Release", "aws:rds/cluster:Cluster", "azure:core:Group"} {
		report := standing(t, planned(token, "it", props{}))
		require.Len(t, report.Blocking(), 1, token)
		assert.Equal(t, estimator.UnknownType, report.Problems[0].Kind)
	}
}

func TestSettingsDecideWhatBlocks(t *testing.T) {
	t.Parallel()
	release := planned("kubernetes:helm.sh/v3:Release", "ingress", props{})
	warned := newEstimator(t, usage.None(), estimator.Options{Unpriced: estimator.UnpricedWarns}).Estimate(one(release))
	assert.Len(t, warned.Problems, 1)
	assert.Empty(t, warned.Blocking())
	accepted := newEstimator(t, usage.None(), estimator.Options{
		KnownFree: map[string]string{"kubernetes:helm.sh/v3:Release": "the chart holds deployments only"},
	}).Estimate(one(release))
	assert.Empty(t, accepted.Problems)
	assert.Equal(t, "the chart holds deployments only", accepted.Resources[0].Free)
}

func TestWrongOptionsAreReportedAtOnce(t *testing.T) {
	t.Parallel()
	c, err := catalogue.Embedded()
	require.NoError(t, err)
	_, err = estimator.New(c, usage.None(), estimator.Options{
		Region: "eu-west-1", Unknown: "ignore", Unpriced: "zero", KnownFree: map[string]string{"a:b:C": ""}, Ceilings: estimator.Ceilings{Nodes: -1},
	})
	require.EqualError(t, err, `estimate: unknown values: got "ignore", expected worst or refuse
estimate: unpriced resources: got "zero", expected block or warn
estimate: known free a:b:C: got "", expected the reason why it costs nothing
estimate: ceiling of nodes: got -1, expected above zero, or 0 for AWS's own limit
no prices are loaded for region "eu-west-1" (loaded: us-east-1): refresh the catalogue from that region's offer files first`)
}

func TestOtherRegionsAreRefused(t *testing.T) {
	t.Parallel()
	r := res("aws:ec2/natGateway:NatGateway", props{})
	r.Region = "eu-west-1"
	free := res("aws:ec2/vpc:Vpc", props{})
	free.Region = "eu-west-1"
	report := standing(t, r, free)
	require.Len(t, report.Blocking(), 1)
	assert.Contains(t, report.Problems[0].Message, `no prices are loaded for region "eu-west-1"`)
}

func TestAccountUsageIsShownApart(t *testing.T) {
	t.Parallel()
	profile := usage.None()
	for q, v := range map[usage.Quantity]string{usage.InternetOutGB: "160000", usage.CrossZoneGB: "300", usage.CustomMetrics: "10", usage.CostExplorerRequests: "31"} {
		profile = profile.With(q, d(v))
	}
	report := newEstimator(t, profile, estimator.Options{}).Estimate(nil)
	assert.Equal(t, []string{
		"Data to the internet, up to 10TB: 921.6", "Data to the internet, next 40TB: 3481.6", "Data to the internet, next 100TB: 7168",
		"Data to the internet, above 150TB: 315", "Data between zones, both directions: 6", "Custom metrics of workloads: 3", "Cost Explorer requests: 0.31",
	}, lines(report.Account))
	assert.True(t, report.Usage.Equal(report.Account.Usage))
	within := newEstimator(t, usage.None().With(usage.InternetOutGB, d("100")), estimator.Options{}).Estimate(nil)
	assert.True(t, within.Total().IsZero(), "the first 100 GB are free")
}

func TestOrderDoesNotMatter(t *testing.T) {
	t.Parallel()
	var stack []estimator.Resource
	for i, test := range cases {
		for _, r := range test.resources {
			r.URN += "-" + string(rune('A'+i))
			stack = append(stack, r)
		}
	}
	prod, err := usage.Default(usage.Prod)
	require.NoError(t, err)
	e := newEstimator(t, prod, estimator.Options{})
	want := e.Estimate(stack)
	for range 5 {
		shuffled := slices.Clone(stack)
		rand.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		require.Equal(t, want, e.Estimate(shuffled))
	}
}

func TestRunningTotal(t *testing.T) {
	t.Parallel()
	running := newEstimator(t, usage.None(), estimator.Options{}).Running()
	running.Add(db(props{}))
	running.Add(res("aws:ec2/natGateway:NatGateway", props{}))
	assert.Equal(t, "141", running.Total().String())
	running.Add(db(props{"multiAz": true}))
	assert.Equal(t, "249.15", running.Total().String(), "a resource is counted once, with its latest properties")
	running.Add(named("lt", "aws:ec2/launchTemplate:LaunchTemplate", props{"blockDeviceMappings": list(map[string]any{"ebs": map[string]any{"volumeSize": 40, "volumeType": "gp3"}})}))
	group := depends(nodes(1, 1, props{"instanceTypes": list("m7g.large"), "launchTemplate": props{"id": unknown()}}), "launchTemplate", "aws:ec2/launchTemplate:LaunchTemplate", "lt")
	cost, problems := running.Add(group)
	assert.Empty(t, problems)
	assert.Equal(t, "62.768", cost.Total().String(), "it finds what was added before")
}

func TestNumbersInQuotesCount(t *testing.T) {
	t.Parallel()
	assert.Equal(t, standing(t, db(props{"allocatedStorage": 50, "multiAz": true})), standing(t, db(props{"allocatedStorage": "50", "multiAz": "true"})))
}

// The processors of machines and databases are those that work for the stack: all nodes, and no standby.
func TestProcessors(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]estimator.Resource{
		"2":  db(props{"multiAz": true}),
		"16": db(props{"instanceClass": "db.m6g.4xlarge"}),
		"6":  nodes(3, 9, props{"instanceTypes": list("t4g.medium")}),
		"5":  nodes(5, 5, props{"instanceTypes": list("m6g.medium")}),
		"4":  nodes(1, 1, props{"instanceTypes": list("m6g.xlarge")}),
		"0":  res("aws:ec2/natGateway:NatGateway", props{}),
	} {
		assert.Equal(t, want, standing(t, r).Resources[0].VCPUs.String(), r.Type)
	}
}

func TestBothFormsOfPropertiesAreRead(t *testing.T) {
	t.Parallel()
	r := res("aws:rds/instance:Instance", props{"engine": "postgres", "multiAz": true})
	r = with(r, "instanceClass", property.New("db.t4g.medium"))
	assert.Equal(t, "98.77", standing(t, r).Fixed.String())

	fromPolicy := estimator.FromAnalyzer(policyx.AnalyzerResource{
		URN: r.URN, Type: r.Type, Name: r.Name, Properties: r.Properties,
		PropertyDependencies: map[string][]string{"engine": {"urn"}},
		Provider:             policyx.AnalyzerProviderResource{Properties: property.NewMap(map[string]property.Value{"region": property.New("us-east-1")})},
	})
	assert.Equal(t, "us-east-1", fromPolicy.Region)
	assert.Equal(t, []string{"urn"}, fromPolicy.Dependencies["engine"])
	assert.Equal(t, "98.77", standing(t, fromPolicy).Fixed.String())
	fromPolicy = estimator.FromAnalyzer(policyx.AnalyzerResource{
		Provider: policyx.AnalyzerProviderResource{Properties: property.NewMap(map[string]property.Value{"region": property.New(property.Computed)})},
	})
	assert.Empty(t, fromPolicy.Region)

	fromJSON := estimator.Resource{URN: "u", Type: "aws:rds/instance:Instance", Properties: estimator.FromJSON(map[string]any{
		"engine": "postgres", "instanceClass": "db.t4g.medium", "multiAz": true, "allocatedStorage": 20.0, "password": "[secret]",
		"engineVersion": "04da6b54-80e4-46f7-96ec-b56ff0331ba9", "iops": nil, "vpcSecurityGroupIds": []any{"sg-1"},
		"storageType": map[string]any{"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "plaintext": `"gp3"`},
	})}
	report := standing(t, fromJSON)
	var messages []string
	for _, p := range report.Problems {
		messages = append(messages, p.Message)
	}
	assert.Equal(t, []string{"engineVersion is not known yet: assumed 0", "storageType is secret: assumed io1"}, messages)
}

func TestPublicSubnetsGiveAddresses(t *testing.T) {
	t.Parallel()
	subnet := named("public", "aws:ec2/subnet:Subnet", props{"id": "subnet-1", "mapPublicIpOnLaunch": true})
	report := standing(t, nodes(2, 2, props{"instanceTypes": list("t4g.medium"), "subnetIds": list("subnet-1")}), subnet)
	assert.Equal(t, "60.356", report.Fixed.String())
}

func TestCentsRoundHalfUpForDisplayOnly(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "16.43", estimator.Cents(d("16.425")))
	assert.Equal(t, "0.00", estimator.Cents(d("0.0049")))
	assert.Equal(t, "1234567.10", estimator.Cents(d("1234567.1")))
}

func TestProblemReadsWell(t *testing.T) {
	t.Parallel()
	p := standing(t, res("aws:elasticache/serverlessCache:ServerlessCache", props{"engine": "other"})).Problems[0]
	assert.True(t, strings.HasPrefix(p.String(), "aws:elasticache/serverlessCache:ServerlessCache it: no price for"))
}

func TestEveryLineTellsItsPriceAndSource(t *testing.T) {
	t.Parallel()
	prod, err := usage.Default(usage.Prod)
	require.NoError(t, err)
	for _, test := range cases {
		for _, c := range newEstimator(t, prod, estimator.Options{}).Estimate(test.resources).Resources {
			sum := decimal.Zero
			for _, l := range c.Lines {
				assert.NotEmpty(t, l.Source)
				assert.NotEmpty(t, l.Confidence)
				assert.True(t, l.Monthly.Equal(l.Quantity.Mul(l.UnitPrice)))
				sum = sum.Add(l.Monthly)
			}
			assert.True(t, sum.Equal(c.Total()))
			assert.False(t, c.Maximum.LessThan(c.Total()))
			if c.Free != "" {
				assert.Empty(t, c.Lines, c.Type)
			}
		}
	}
}
