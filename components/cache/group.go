package cache

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/elasticache"
	"github.com/pulumi/pulumi-random/sdk/v4/go/random"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/finalsnapshot"
	"github.com/genericcorp/platform/components/loggroup"
)

// tokenLength is the length of the token; ElastiCache takes 16 to 128 characters. Letters and digits are enough
// at this length, and need no quoting in any client's connection string.
const tokenLength = 64

// The windows, in UTC, in which AWS takes snapshots, and may change and restart nodes.
const (
	snapshotWindow    = "03:00-04:00"
	maintenanceWindow = "sun:05:00-sun:06:00"
)

// makeToken makes the password that every client shows.
func (b *builder) makeToken() (pulumi.StringOutput, error) {
	token, err := random.NewRandomPassword(b.ctx, b.name+"-token", &random.RandomPasswordArgs{
		Length:  pulumi.Int(tokenLength),
		Special: pulumi.Bool(false),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return pulumi.StringOutput{}, fmt.Errorf("make token: %w", err)
	}
	return token.Result, nil
}

// makeGroup makes the nodes and what they stand on.
func (b *builder) makeGroup(token pulumi.StringOutput) (*elasticache.ReplicationGroup, error) {
	subnets, err := elasticache.NewSubnetGroup(b.ctx, b.name+"-subnets", &elasticache.SubnetGroupArgs{
		Description: pulumi.String("Isolated subnets"),
		SubnetIds:   b.args.SubnetIDs,
	}, pulumi.Parent(b.parent))
	if err != nil {
		return nil, fmt.Errorf("create subnet group: %w", err)
	}
	parameters, err := b.makeParameterGroup()
	if err != nil {
		return nil, err
	}
	logs, err := b.makeLogs()
	if err != nil {
		return nil, err
	}
	a := b.args
	args := &elasticache.ReplicationGroupArgs{
		Description:              pulumi.String("Shared cache"),
		Engine:                   pulumi.String(a.Engine),
		EngineVersion:            pulumi.String(a.EngineVersion),
		NodeType:                 pulumi.String(a.NodeType),
		NumCacheClusters:         pulumi.Int(a.Nodes),
		AutomaticFailoverEnabled: pulumi.Bool(a.Nodes > 1),
		MultiAzEnabled:           pulumi.Bool(a.Nodes > 1),
		ParameterGroupName:       parameters.Name,
		SubnetGroupName:          subnets.Name,
		SecurityGroupIds:         pulumi.StringArray{a.SecurityGroupID},
		Port:                     pulumi.Int(a.Port),

		AtRestEncryptionEnabled:  pulumi.Bool(true),
		KmsKeyId:                 a.KeyARN.ToStringOutput().ToStringPtrOutput(),
		TransitEncryptionEnabled: pulumi.Bool(true),
		AuthToken:                token.ToStringPtrOutput(),

		SnapshotRetentionLimit:  pulumi.Int(a.SnapshotRetentionDays),
		SnapshotWindow:          pulumi.String(snapshotWindow),
		MaintenanceWindow:       pulumi.String(maintenanceWindow),
		AutoMinorVersionUpgrade: pulumi.Bool(true),
		// Another parameter group family waits for no window: the old parameter group can only go once nothing uses it.
		ApplyImmediately: pulumi.Bool(!*a.DeletionProtection || a.AllowMajorUpgrade),

		LogDeliveryConfigurations: logs,
	}
	if *a.DeletionProtection {
		prefix := strings.Join([]string{b.ctx.Project(), b.ctx.Stack(), b.name}, "-")
		final, err := finalsnapshot.New(b.ctx, b.name, prefix, pulumi.Parent(b.parent))
		if err != nil {
			return nil, err
		}
		args.FinalSnapshotIdentifier = final
	}
	group, err := elasticache.NewReplicationGroup(b.ctx, b.name+"-group", args,
		pulumi.Parent(b.parent), pulumi.Protect(*a.DeletionProtection))
	if err != nil {
		return nil, fmt.Errorf("create replication group: %w", err)
	}
	return group, nil
}

func (b *builder) makeParameterGroup() (*elasticache.ParameterGroup, error) {
	group, err := elasticache.NewParameterGroup(b.ctx, b.name+"-parameters", &elasticache.ParameterGroupArgs{
		Family:      pulumi.String(b.args.family()),
		Description: pulumi.String("Full memory refuses writes"),
		Parameters: elasticache.ParameterGroupParameterArray{
			// What is kept here cannot be read again from elsewhere: the edge's counts and leases, whose loss opens a limit, and jobs. Every
			// other policy throws out some of it without a word. Who is refused a write knows, and closes or tries again.
			&elasticache.ParameterGroupParameterArgs{Name: pulumi.String("maxmemory-policy"), Value: pulumi.String("noeviction")},
		},
	}, pulumi.Parent(b.parent))
	if err != nil {
		return nil, fmt.Errorf("create parameter group: %w", err)
	}
	return group, nil
}

// makeLogs makes a log group for slow commands and one for the engine's own words, and says to write there.
func (b *builder) makeLogs() (elasticache.ReplicationGroupLogDeliveryConfigurationArray, error) {
	var deliveries elasticache.ReplicationGroupLogDeliveryConfigurationArray
	for _, kind := range []string{"slow-log", "engine-log"} {
		group, err := loggroup.New(b.ctx, b.name+"-"+kind, &loggroup.Args{
			RetentionDays: b.args.LogRetentionDays,
			KeyARN:        b.args.LogKeyARN,
		}, pulumi.Parent(b.parent))
		if err != nil {
			return nil, fmt.Errorf("create log group of %s: %w", kind, err)
		}
		deliveries = append(deliveries, &elasticache.ReplicationGroupLogDeliveryConfigurationArgs{
			LogType:         pulumi.String(kind),
			LogFormat:       pulumi.String("json"),
			DestinationType: pulumi.String("cloudwatch-logs"),
			Destination:     group.Name,
		})
	}
	return deliveries, nil
}
