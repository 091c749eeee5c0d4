package inventory

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticache"
)

// CacheAPI is what is asked of ElastiCache.
type CacheAPI interface {
	DescribeReplicationGroups(context.Context, *elasticache.DescribeReplicationGroupsInput, ...func(*elasticache.Options)) (*elasticache.DescribeReplicationGroupsOutput, error)
	DescribeCacheClusters(context.Context, *elasticache.DescribeCacheClustersInput, ...func(*elasticache.Options)) (*elasticache.DescribeCacheClustersOutput, error)
}

// AskCaches completes the parts that are caches with what the engine's state does not hold: their state now, and the zones
// of their nodes. Where AWS does not answer, the state is unknown.
func AskCaches(ctx context.Context, api CacheAPI, parts []Part) {
	for i := range parts {
		part := &parts[i]
		if part.cache == "" {
			continue
		}
		status, zones, err := askCache(ctx, api, part.cache)
		if err != nil {
			part.setState("unknown")
			continue
		}
		part.setState(status)
		slices.SortFunc(zones, zoneOrder)
		part.Zones = slices.Compact(zones)
	}
}

func askCache(ctx context.Context, api CacheAPI, id string) (status string, zones []string, err error) {
	groups, err := api.DescribeReplicationGroups(ctx, &elasticache.DescribeReplicationGroupsInput{ReplicationGroupId: aws.String(id)})
	if err != nil {
		return "", nil, err
	}
	for _, group := range groups.ReplicationGroups {
		status = aws.ToString(group.Status)
		for _, member := range group.MemberClusters {
			nodes, err := api.DescribeCacheClusters(ctx, &elasticache.DescribeCacheClustersInput{CacheClusterId: aws.String(member)})
			if err != nil {
				return "", nil, err
			}
			for _, node := range nodes.CacheClusters {
				zones = append(zones, aws.ToString(node.PreferredAvailabilityZone))
			}
		}
	}
	return status, zones, nil
}
