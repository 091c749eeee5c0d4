package stacks

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/components/tagging"
	"github.com/genericcorp/platform/internal/environments"
	"github.com/genericcorp/platform/internal/pulumitest"
)

func eachEnvironment(t *testing.T, test func(t *testing.T, name string, p *plan)) {
	t.Parallel()
	for _, name := range environments.All().Stacks() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, name, planOf(t, name))
		})
	}
}

// What is paid for by the piece is there as often as the settings say.
func TestNumberOfResources(t *testing.T) {
	expected := map[string]map[string]int{
		"dev": {
			"aws:ec2/natGateway:NatGateway": 1, "aws:ec2/subnet:Subnet": 6, "aws:ec2/vpcEndpoint:VpcEndpoint": 1,
			"aws:eks/nodeGroup:NodeGroup": 1, "eks:index:Cluster": 1,
			"aws:rds/instance:Instance": 1, "aws:elasticache/replicationGroup:ReplicationGroup": 1,
			"aws:kms/key:Key": 8, "aws:secretsmanager/secret:Secret": 1,
			"aws:budgets/budget:Budget": 1, "aws:budgets/budgetAction:BudgetAction": 1, "aws:cloudtrail/trail:Trail": 1,
			"aws:lambda/function:Function": 1, "aws:s3/bucketV2:BucketV2": 2, "aws:ecr/repository:Repository": 2,
			"kubernetes:core/v1:Namespace": 0, "pulumi:providers:kubernetes": 0,
		},
		"prod": {
			"aws:ec2/natGateway:NatGateway": 3, "aws:ec2/subnet:Subnet": 9, "aws:ec2/vpcEndpoint:VpcEndpoint": 1,
			"aws:eks/nodeGroup:NodeGroup": 2, "eks:index:Cluster": 1,
			"aws:rds/instance:Instance": 1, "aws:elasticache/replicationGroup:ReplicationGroup": 1,
			"aws:kms/key:Key": 8, "aws:secretsmanager/secret:Secret": 1,
			"aws:budgets/budget:Budget": 1, "aws:budgets/budgetAction:BudgetAction": 1, "aws:cloudtrail/trail:Trail": 1,
			"aws:lambda/function:Function": 2, "aws:s3/bucketV2:BucketV2": 2, "aws:ecr/repository:Repository": 2,
			"kubernetes:core/v1:Namespace": 0, "pulumi:providers:kubernetes": 0,
		},
		"local": {
			"aws:ec2/natGateway:NatGateway": 3, "aws:ec2/subnet:Subnet": 9, "aws:ec2/vpcEndpoint:VpcEndpoint": 3,
			"aws:eks/nodeGroup:NodeGroup": 2, "eks:index:Cluster": 1,
			"aws:rds/instance:Instance": 1, "aws:elasticache/replicationGroup:ReplicationGroup": 1,
			"aws:kms/key:Key": 8, "aws:secretsmanager/secret:Secret": 1,
			"aws:budgets/budget:Budget": 1, "aws:budgets/budgetAction:BudgetAction": 1, "aws:cloudtrail/trail:Trail": 1,
			"aws:lambda/function:Function": 2, "aws:s3/bucketV2:BucketV2": 2, "aws:ecr/repository:Repository": 2,
			"kubernetes:core/v1:Namespace": 0, "pulumi:providers:kubernetes": 0,
		},
	}
	eachEnvironment(t, func(t *testing.T, name string, p *plan) {
		got := map[string]int{}
		for resourceType := range expected[name] {
			got[resourceType] = len(p.OfType(resourceType))
		}
		require.Equal(t, expected[name], got)
	})
}

// Availability is bought in production and rehearsed locally.
func TestRedundancy(t *testing.T) {
	eachEnvironment(t, func(t *testing.T, name string, p *plan) {
		redundant := name != "dev"
		database := p.One(t, "aws:rds/instance:Instance", "database-main-instance")
		require.Equal(t, redundant, database.Value(t, "multiAz"))
		group := p.One(t, "aws:elasticache/replicationGroup:ReplicationGroup", "cache-group")
		require.Equal(t, redundant, group.Value(t, "automaticFailoverEnabled"))
		require.Equal(t, redundant, group.Value(t, "multiAzEnabled"))
	})
}

// stateful are the types that hold data or the means to read it.
var stateful = []string{
	"aws:cloudtrail/trail:Trail",
	"aws:ecr/repository:Repository",
	"aws:elasticache/replicationGroup:ReplicationGroup",
	"aws:kms/key:Key",
	"aws:rds/instance:Instance",
	"aws:s3/bucketV2:BucketV2",
	"aws:secretsmanager/secret:Secret",
}

func TestProtection(t *testing.T) {
	eachEnvironment(t, func(t *testing.T, name string, p *plan) {
		full := name == "prod"
		for _, r := range p.All() {
			require.Equal(t, full && slices.Contains(stateful, r.Type), r.Protect, "protect of %s", r.URN)
			require.False(t, r.Retain, "%s would stay behind after a destroy", r.URN)
		}
		database := p.One(t, "aws:rds/instance:Instance", "database-main-instance")
		require.Equal(t, full, database.Value(t, "deletionProtection"))
		require.Equal(t, !full, database.Value(t, "skipFinalSnapshot"))
		window := map[bool]float64{true: 30, false: 7}
		for _, key := range p.OfType("aws:kms/key:Key") {
			require.InDelta(t, window[full], key.Value(t, "deletionWindowInDays"), 0, key.Name)
		}
		for _, name := range []string{"monitoring-trail", "provisioner-archives"} {
			require.Equal(t, !full, p.One(t, "aws:s3/bucketV2:BucketV2", name).Value(t, "forceDestroy"), name)
		}
	})
}

func TestTags(t *testing.T) {
	eachEnvironment(t, func(t *testing.T, name string, p *plan) {
		tagged := 0
		for _, r := range p.All() {
			isAWS := strings.HasPrefix(r.Type, "aws:") || strings.HasPrefix(r.Type, "eks:")
			if !isAWS || slices.Contains(pulumitest.Untaggable, r.Type) {
				require.False(t, r.Has("tags"), "%s takes tags after all", r.Type)
				continue
			}
			require.True(t, r.Has("tags"), "%s has no tags", r.URN)
			tags, ok := r.Value(t, "tags").(map[string]any)
			require.True(t, ok, r.URN)
			require.Equal(t, name, tags[tagging.KeyEnvironment], r.URN)
			require.Equal(t, "platform", tags[tagging.KeyOwner], r.URN)
			require.Equal(t, "platform", tags[tagging.KeyCostCentre], r.URN)
			require.NotEmpty(t, tags[tagging.KeyComponent], r.URN)
			require.NotEmpty(t, tags[tagging.KeyName], r.URN)
			tagged++
		}
		require.Greater(t, tagged, 70)
	})
}

// Everything belongs to a component, and components belong to the stack or to one another.
func TestParents(t *testing.T) {
	eachEnvironment(t, func(t *testing.T, _ string, p *plan) {
		for _, r := range p.All() {
			parent := resource.URN(r.Parent)
			inComponent := strings.HasPrefix(string(parent.Type()), "genericcorp:")
			isComponent := strings.HasPrefix(r.Type, "genericcorp:")
			require.True(t, inComponent || isComponent && parent.Type() == resource.RootStackType,
				"%s has the parent %s", r.URN, parent)
		}
	})
}

// The engine knows a component, and all in it, by its type and name: whoever renames one gives the old name as an alias,
// or everything in it is recreated. Nothing has been renamed yet.
func TestAliases(t *testing.T) {
	components := map[string][]string{
		"alerts:genericcorp:monitoring:Alerts": nil, "budget:genericcorp:budget:Budget": nil, "cache:genericcorp:cache:Cache": nil,
		"cache-auth:genericcorp:secrets:Secret": nil, "cluster:genericcorp:cluster:Cluster": nil, "database-main:genericcorp:database:Database": nil,
		"keys:genericcorp:keys:Keys": nil, "monitoring:genericcorp:monitoring:Monitoring": nil, "network:genericcorp:network:Network": nil,
		"provisioner:genericcorp:provisioner:Provisioner": nil, "registry:genericcorp:registry:Registry": nil,
	}
	eachEnvironment(t, func(t *testing.T, name string, p *plan) {
		want, got := maps.Clone(components), map[string][]string{}
		if name == environments.Local { // where tenants have namespaces
			want["tenants-pods:genericcorp:tenant:Pods"] = nil
		}
		if name != "dev" { // where nobody gets a report
			want["report:genericcorp:report:Report"] = nil
		}
		for _, r := range p.All() {
			if strings.HasPrefix(r.Type, "genericcorp:") {
				got[r.Name+":"+r.Type] = r.Aliases
			}
		}
		require.Equal(t, want, got)
	})
}

func TestNamesAreUnique(t *testing.T) {
	eachEnvironment(t, func(t *testing.T, _ string, p *plan) {
		seen := map[string]bool{}
		for _, r := range p.All() {
			require.False(t, seen[r.URN], "%s is registered twice", r.URN)
			seen[r.URN] = true
		}
	})
}

func TestOutputs(t *testing.T) {
	eachEnvironment(t, func(t *testing.T, name string, p *plan) {
		settings, err := LoadFile("../Pulumi." + name + ".yaml")
		require.NoError(t, err)
		want := []string{
			"accountId", "alarmTopicArn", "archiveBucket", "breakerPolicyArn", "budgetName", "budgetTopicArn", "cacheAuthSecretArn",
			"cachePort", "cachePrimaryEndpoint", "cacheReaderEndpoint", "clusterCertificateAuthority", "clusterEndpoint", "clusterName",
			"clusterVersion", "costCentre", "dashboardName", "databaseSubnetCidrs", "databaseSubnetIds", "databases", "deletionProtection", "environment",
			"imageRepositories", "logsKeyArn",
			"notificationsKeyArn", "owner", "privateSubnetIds", "provisionerFunctionName",
			"provisionerSecurityGroupId", "region", "secretsKeyArn", "tenantNamespaces", "trailArn", "vpcId",
		}
		if settings.Environment.Cluster.TenantNamespaces {
			want = append(want, "tenantPodsRoleArn")
		}
		if settings.Environment.Report.given() {
			want = append(want, "reportFunctionName")
		}
		require.ElementsMatch(t, want, slices.Collect(maps.Keys(p.outputs)))
		for output, got := range p.outputs {
			require.NotContains(t, []any{nil, ""}, got.value, output)
			require.False(t, got.secret, "%s comes from a secret", output)
			for _, hidden := range []string{hiddenToken, "a-password-of-the-recorder"} {
				require.NotContains(t, fmt.Sprint(got.value), hidden, output)
			}
		}
		require.Equal(t, name, p.outputs["environment"].value)
		require.Equal(t, settings.Environment.Account, p.outputs["accountId"].value)
	})
}

// The settings hold one secret: it is marked as one wherever it goes, and goes to one place.
func TestSecretSettingStaysSecret(t *testing.T) {
	t.Parallel()
	p := planOf(t, "prod")
	holders := 0
	for _, r := range p.All() {
		for key, value := range r.Inputs {
			if !strings.Contains(fmt.Sprint(value), hiddenToken) {
				continue
			}
			holders++
			require.True(t, value.IsSecret(), "%s of %s", key, r.URN)
			require.Equal(t, "alerts-better-stack", r.Name)
		}
	}
	require.Equal(t, 1, holders)
}

// The slow parts are made at the same time: none waits for another, and none for what it does not use.
func TestPartsDoNotWaitForOneAnother(t *testing.T) {
	eachEnvironment(t, func(t *testing.T, _ string, p *plan) {
		for _, test := range []struct {
			resourceType, name string
			apartFrom          []string
		}{
			{"aws:rds/instance:Instance", "database-main-instance",
				[]string{"cluster:Cluster", "cache:Cache", "budget:Budget", "NatGateway", "VpcEndpoint", "FlowLog"}},
			{"aws:elasticache/replicationGroup:ReplicationGroup", "cache-group",
				[]string{"cluster:Cluster", "database:Database", "budget:Budget", "NatGateway", "VpcEndpoint", "FlowLog"}},
			{"eks:index:Cluster", "cluster",
				[]string{"database:Database", "cache:Cache", "budget:Budget", "monitoring:", "VpcEndpoint", "FlowLog"}},
			{"aws:budgets/budget:Budget", "budget-budget",
				[]string{"cluster:Cluster", "database:Database", "cache:Cache", "network:Network", "monitoring:"}},
			{"aws:cloudtrail/trail:Trail", "monitoring-trail",
				[]string{"cluster:Cluster", "database:Database", "cache:Cache", "network:Network", "budget:Budget"}},
		} {
			for _, dependency := range p.dependencies(t, p.One(t, test.resourceType, test.name).URN) {
				for _, other := range test.apartFrom {
					require.NotContains(t, dependency, other, "%s waits for it", test.name)
				}
			}
		}
	})
}

// Nodes need the way to the internet before they start, or they give up joining the cluster.
func TestNodesWaitForTheirWayOut(t *testing.T) {
	eachEnvironment(t, func(t *testing.T, _ string, p *plan) {
		for _, group := range p.OfType("aws:eks/nodeGroup:NodeGroup") {
			dependencies := strings.Join(p.dependencies(t, group.URN), "\n")
			for _, gateway := range p.OfType("aws:ec2/natGateway:NatGateway") {
				require.Contains(t, dependencies, gateway.URN)
			}
		}
	})
}

func TestBudgetScope(t *testing.T) {
	t.Parallel()
	for scope, filtered := range map[string]bool{"account": false, "environment": true} {
		tree := objectOf(t, right)
		set(tree, []string{"budget", "scope"}, scope)
		settings, err := loadTree(tree, "us-east-1", newReport(), true)
		require.NoError(t, err)
		r := pulumitest.Run(t, func(ctx *pulumi.Context) error {
			return deployEnvironment(ctx, settings.Region, settings.Environment)
		}, pulumitest.WithStack("dev"))
		require.Equal(t, filtered, r.One(t, "aws:budgets/budget:Budget", "budget-budget").Has("costFilters"))
	}
}

// With a connection to GitHub there is a runner, the only one beside the nodes that the cluster's API lets in.
func TestRunner(t *testing.T) {
	t.Parallel()
	deploy := func(runner map[string]any) *pulumitest.Recorder {
		tree := objectOf(t, right)
		tree["runner"] = runner
		given := runner["repository"] != nil
		settings, err := loadTree(tree, "us-east-1", newReport(), true)
		require.NoError(t, err)
		return pulumitest.Run(t, func(ctx *pulumi.Context) error {
			e, err := newEnvironment(ctx, settings.Region, settings.Environment)
			require.NoError(t, err)
			_, labelled := e.outputs()["runnerLabel"]
			require.Equal(t, given, labelled)
			return nil
		}, pulumitest.WithStack("dev"))
	}
	const rule = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
	without := deploy(map[string]any{})
	require.Empty(t, without.OfType("aws:codebuild/project:Project"))
	with := deploy(map[string]any{
		"repository": "genericcorp/platform", "connectionArn": "arn:aws:codeconnections:us-east-1:123456789012:connection/01234567-89ab-cdef-0123-456789abcdef",
	})
	project := with.One(t, "aws:codebuild/project:Project", "runner")
	require.Equal(t, "platform-dev-us-east-1-runner", project.Value(t, "name"))
	api := with.One(t, rule, "cluster-control-plane-from-nodes").Value(t, "securityGroupId")
	require.Equal(t, api, with.One(t, rule, "runner-to-api").Value(t, "securityGroupId"))
	require.Len(t, with.OfType(rule), len(without.OfType(rule))+1)

	const entry, role = "aws:eks/accessEntry:AccessEntry", "arn:aws:iam::123456789012:role/"
	members := map[string]string{}
	for _, made := range with.OfType(entry) {
		if made.Has("kubernetesGroups") {
			members[fmt.Sprint(made.Value(t, "principalArn"))] = fmt.Sprint(made.Value(t, "kubernetesGroups"))
		}
	}
	require.Equal(t, map[string]string{
		role + "platform-preview": "[platform:readers]", role + "platform-drift": "[platform:readers]", role + "platform-tenant": "[platform:tenants]",
	}, members, "whose jobs reach the API is let in")
	const admin = "aws:eks/accessPolicyAssociation:AccessPolicyAssociation"
	require.Len(t, with.OfType(admin), len(without.OfType(admin))+1)
	require.Equal(t, role+"platform-deployer", with.One(t, admin, "cluster-administrator-123456789012-platform-deployer").Value(t, "principalArn"))
}

// Wrong settings stop the program before anything is registered.
func TestRunRefusesWrongSettings(t *testing.T) {
	t.Parallel()
	r, err := pulumitest.Record(Run, pulumitest.WithConfig(map[string]string{"aws:region": "us-east-1", "platform:settings": "{}"}))
	require.ErrorContains(t, err, "settings of stack test:\nplatform:settings.kind: got nothing, expected environment, workloads or tenant")
	require.Empty(t, r.All())
}

func TestRunDeploysAnEnvironment(t *testing.T) {
	t.Parallel()
	r := pulumitest.Run(t, Run, asStack(t, "dev"))
	require.Len(t, r.All(), len(planOf(t, "dev").All()))
}
