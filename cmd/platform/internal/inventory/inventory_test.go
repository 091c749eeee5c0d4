package inventory_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticache"
	"github.com/aws/aws-sdk-go-v2/service/elasticache/types"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/cmd/platform/internal/inventory"
)

var update = flag.Bool("update", false, "write the golden files again")

// resources reads a state as `pulumi stack export` prints it.
func resources(t *testing.T) []apitype.ResourceV3 {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "state.json"))
	require.NoError(t, err)
	var state struct{ Deployment apitype.DeploymentV3 }
	require.NoError(t, json.Unmarshal(raw, &state))
	return state.Deployment.Resources
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(got+"\n"), 0o600))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), got+"\n")
}

// caches answers for one replication group with a node in each of two zones.
type caches struct{ err error }

func (c caches) DescribeReplicationGroups(_ context.Context, in *elasticache.DescribeReplicationGroupsInput, _ ...func(*elasticache.Options)) (*elasticache.DescribeReplicationGroupsOutput, error) {
	if c.err != nil || aws.ToString(in.ReplicationGroupId) != "c-1" {
		return nil, errors.Join(c.err, errors.New("no such group"))
	}
	return &elasticache.DescribeReplicationGroupsOutput{ReplicationGroups: []types.ReplicationGroup{
		{Status: aws.String("modifying"), MemberClusters: []string{"c-1-002", "c-1-001"}}}}, nil
}

func (caches) DescribeCacheClusters(_ context.Context, in *elasticache.DescribeCacheClustersInput, _ ...func(*elasticache.Options)) (*elasticache.DescribeCacheClustersOutput, error) {
	zone := map[string]string{"c-1-001": "us-east-1a", "c-1-002": "us-east-1b"}[aws.ToString(in.CacheClusterId)]
	return &elasticache.DescribeCacheClustersOutput{CacheClusters: []types.CacheCluster{{PreferredAvailabilityZone: aws.String(zone)}}}, nil
}

// parts are those of the state, with their caches asked for.
func parts(t *testing.T, pricer inventory.Pricer) []inventory.Part {
	t.Helper()
	list := inventory.Of(resources(t), pricer)
	inventory.AskCaches(t.Context(), caches{}, list)
	return list
}

// listPrices knows the price of databases alone.
type listPrices struct{}

func (listPrices) MonthlyUSD(resources []apitype.ResourceV3) map[resource.URN]decimal.Decimal {
	prices := map[resource.URN]decimal.Decimal{}
	for _, r := range resources {
		if r.Type == "aws:rds/instance:Instance" {
			prices[r.URN] = decimal.RequireFromString("123.456")
		}
	}
	return prices
}

func TestTableWithoutPrices(t *testing.T) {
	t.Parallel()
	golden(t, "table.golden", inventory.Table(parts(t, nil)))
}

func TestTableWithPricesNeverCountsTheUnknownAsNothingInSilence(t *testing.T) {
	t.Parallel()
	golden(t, "priced.golden", inventory.Table(parts(t, listPrices{})))
}

func TestPartsAsJSON(t *testing.T) {
	t.Parallel()
	raw, err := json.MarshalIndent(parts(t, listPrices{}), "", "  ")
	require.NoError(t, err)
	golden(t, "parts.json.golden", string(raw))
	require.NotContains(t, string(raw), "ciphertext")
}

func TestTheStateOfACache(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]struct {
		asked caches
		made  bool
	}{
		"modifying":  {caches{}, true},
		"unknown":    {caches{errors.New("no answer")}, true},
		"incomplete": {caches{}, false}, // the engine knows better
	} {
		list := resources(t)
		for i := range list {
			if c.made {
				list[i].InitErrors = nil
			}
		}
		found := inventory.Of(list, nil)
		inventory.AskCaches(t.Context(), c.asked, found)
		for _, part := range found {
			if part.Part == "cache" {
				require.Equal(t, want, part.State)
			}
		}
	}
}

func TestAnEmptyStackHasNoParts(t *testing.T) {
	t.Parallel()
	require.Empty(t, inventory.Of(nil, nil))
}
