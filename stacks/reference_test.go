package stacks

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/components/budget"
	"github.com/genericcorp/platform/components/cache"
	"github.com/genericcorp/platform/components/cluster"
	"github.com/genericcorp/platform/components/database"
	"github.com/genericcorp/platform/components/edge"
	"github.com/genericcorp/platform/components/function"
	"github.com/genericcorp/platform/components/monitoring"
	"github.com/genericcorp/platform/components/network"
	"github.com/genericcorp/platform/components/provisioner"
	"github.com/genericcorp/platform/internal/check"
	"github.com/genericcorp/platform/internal/pulumitest"
	"github.com/genericcorp/platform/internal/tiers"
)

// What the reference says that a key takes is what a component's message says, which may leave out what settings add.
func TestTheReferenceSaysWhatTheRulesSay(t *testing.T) {
	t.Parallel()
	compared, types := map[string]bool{}, []string{"text in quotes", "a whole number", "true or false", "a list", "an object with keys"}
	for _, wrong := range wrongFiles {
		_, err := parseFile([]byte(strings.Replace(right, wrong.old, wrong.spoilt, 1)))
		for _, problem := range problemsOf(err) {
			key := strings.TrimPrefix(problem.Input, settingsKey+".")
			ofType := slices.Contains(types, problem.Expected)
			if strings.HasSuffix(key, "]") || allowed(key) == "" || ofType || strings.HasSuffix(problem.Expected, " in production") ||
				strings.Contains(problem.Expected, ", because ") ||
				strings.HasPrefix(problem.Expected, "a connection of the account") || strings.HasPrefix(problem.Expected, "an amount such as") || strings.HasPrefix(problem.Expected, "a secret") ||
				problem.Expected == "one" || strings.HasPrefix(problem.Expected, "one of ") || strings.HasPrefix(problem.Expected, settingsKey) || problem.Expected == "a name that no other group has" {
				continue
			}
			compared[key] = true
			assert.True(t, strings.HasPrefix(allowed(key), problem.Expected), "%s: the reference says %q, the rule %q", key, allowed(key), problem.Expected)
		}
	}
	require.Greater(t, len(compared), 25, "so many keys have a wrong value above")
}

func problemsOf(err error) (list []*check.Problem) {
	var joined interface{ Unwrap() []error }
	if !errors.As(err, &joined) {
		return nil
	}
	for _, part := range joined.Unwrap() {
		if problem := (*check.Problem)(nil); errors.As(part, &problem) {
			list = append(list, problem)
		}
	}
	return list
}

// A key that a file leaves out has the value that the component takes when it is told nothing.
func TestSettingsAndComponentsHaveTheSameDefaults(t *testing.T) {
	t.Parallel()
	none, account, key := pulumi.String("none"), "123456789012", pulumi.String("arn:key")
	subnets := pulumi.ToStringArray([]string{"subnet-a", "subnet-b"})
	mail := []string{"platform@genericcorp.example"}
	sections := map[string]func(*pulumi.Context) error{
		"network": func(ctx *pulumi.Context) error {
			_, err := network.NewNetwork(ctx, "it", &network.NetworkArgs{
				Region: "us-east-1", CIDR: "10.0.0.0/16", Zones: []string{"us-east-1a", "us-east-1b"}, LogKeyARN: key,
			})
			return err
		},
		"cluster": func(ctx *pulumi.Context) error {
			_, err := cluster.NewCluster(ctx, "it", &cluster.ClusterArgs{
				AccountID: account, VpcID: none, PrivateSubnetIDs: subnets, NodeSecurityGroupID: none, SecretsKeyARN: key, LogKeyARN: key, AlarmTopicARN: none,
				NodeGroups: []cluster.NodeGroup{{Name: "it", InstanceTypes: []string{"m7g.large"}, Max: 1}},
			})
			return err
		},
		"databases": func(ctx *pulumi.Context) error {
			_, err := database.NewDatabase(ctx, "it", &database.DatabaseArgs{
				InstanceClass: "db.t4g.medium", SubnetIDs: subnets, SecurityGroupID: none, KeyARN: key, MasterSecretKeyARN: key, LogKeyARN: key,
				AlarmTopicARN: none,
			})
			return err
		},
		"cache": func(ctx *pulumi.Context) error {
			_, err := cache.NewCache(ctx, "it", &cache.CacheArgs{
				NodeType: "cache.t4g.small", SubnetIDs: subnets, SecurityGroupID: none, KeyARN: key, SecretKeyARN: key, LogKeyARN: key, AlarmTopicARN: none,
			})
			return err
		},
		"provisioner": func(ctx *pulumi.Context) error {
			_, err := provisioner.NewProvisioner(ctx, "it", &provisioner.ProvisionerArgs{
				Settings: function.Settings{
					Environment: "stage", Region: "us-east-1", AccountID: account, PrivateSubnetIDs: subnets, SecurityGroupID: none,
					LogKeyARN: key, AlarmTopicARN: none,
				},
				DatabaseHost: none, DatabasePort: pulumi.Int(5432), MasterSecretARN: none, SecretsKeyARN: key, StorageKeyARN: key, NotificationsKeyARN: key,
			})
			return err
		},
		"edge": func(ctx *pulumi.Context) error {
			_, err := edge.NewEdge(ctx, "it", &edge.EdgeArgs{
				Region: "us-east-1", AccountID: account, DomainName: "genericcorp.example", ZoneID: "Z1", VpcID: none, PublicSubnetIDs: subnets,
				NodeSecurityGroupID: none, ScalingGroups: map[string]pulumi.StringOutput{"it": none.ToStringOutput()}, LogKeyARN: key, AlarmTopicARN: none,
			})
			return err
		},
		"budget": func(ctx *pulumi.Context) error {
			_, err := budget.NewBudget(ctx, "it", &budget.BudgetArgs{
				AccountID: account, MonthlyLimitUSD: decimal.NewFromInt(1), Mail: mail, NotificationsKeyARN: key,
			})
			return err
		},
		"monitoring": func(ctx *pulumi.Context) error {
			_, err := monitoring.NewMonitoring(ctx, "it", &monitoring.MonitoringArgs{
				Region: "us-east-1", AccountID: account, AlertTopicARN: none, CostTopicARN: none, ClusterName: none, DatabaseID: none, CacheID: none,
				TrailKeyARN: key, LogKeyARN: key,
			})
			return err
		},
	}
	for _, section := range fieldsOf(reflect.TypeFor[EnvironmentSettings]()) {
		construct := sections[section.key]
		if construct == nil {
			continue
		}
		component := pulumitest.Run(t, construct).All()[0]
		require.Contains(t, component.Type, "genericcorp:"+strings.TrimSuffix(section.key, "s"))
		typ := section.typ
		if typ.Kind() == reflect.Slice {
			typ = typ.Elem()
		}
		for _, f := range fieldsOf(typ) {
			if f.hasDefault && component.Has(f.key) {
				assert.Equal(t, fmt.Sprint(f.defaultValue()), strings.TrimSuffix(fmt.Sprint(component.Value(t, f.key)), ".00"), section.key+"."+f.key)
			}
		}
	}
}

// What the policy pack counts when a file does not say how many tenants there may be is what the provisioner then allows.
func TestDefaultCeiling(t *testing.T) {
	t.Parallel()
	settings, err := loadTree(objectOf(t, right), "us-east-1", newReport(), true)
	require.NoError(t, err)
	require.Equal(t, tiers.DefaultCeiling, settings.Environment.Provisioner.SchemaCeiling)
}
