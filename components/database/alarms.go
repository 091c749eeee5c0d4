package database

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/alarm"
	"github.com/genericcorp/platform/internal/connections"
)

// threshold is the bound of one metric of the instance.
type threshold struct {
	suffix, metric, page, description string
	bound                             alarm.Bound
	value                             float64
}

const (
	maxCPUPercent        = 80
	minFreeShare         = 0.1 // of storage and of memory
	maxConnectionShare   = 0.8
	maxTransactionIDs    = 1_000_000_000 // the server stops at two thousand million
	maxDiskQueueRequests = 64
	maxLogBytes          = 100_000_000 // in five minutes; a busy server with slow statements writes a few
	bytesPerGiB          = 1 << 30
)

// oneTenant is the page of what is usually the doing of one tenant.
const oneTenant = "tenant-suspension-and-resume"

// thresholds are the bounds of an instance with that much memory.
func (a *DatabaseArgs) thresholds(memory int) []threshold {
	return []threshold{
		{"cpu", "CPUUtilization", oneTenant, "CPU above 80 %: look for slow statements in CloudWatch Database Insights", alarm.Above, maxCPUPercent},
		{"storage", "FreeStorageSpace", "database-failover", "Less than a tenth of the first storage is free: storage grows by itself up to its limit", alarm.Below,
			minFreeShare * float64(a.StorageGiB) * bytesPerGiB},
		{"memory", "FreeableMemory", oneTenant, "Less than a tenth of the memory is free: many connections remember many tables, or one tenant keeps large values: the page says how to find the session", alarm.Below,
			minFreeShare * float64(memory) * bytesPerGiB},
		{"connections", "DatabaseConnections", oneTenant, "More than 80 % of the connections are taken: look for a tenant that leaks them", alarm.Above,
			float64(int(maxConnectionShare * float64(connections.OfMemory(memory))))},
		{"transactions", "MaximumUsedTransactionIDs", oneTenant, "Vacuum falls behind: the server stops before transaction ids run out", alarm.Above,
			maxTransactionIDs},
		{"disk", "DiskQueueDepth", oneTenant, "Requests wait for the disk: look for large scans, then for more IOPS", alarm.Above, maxDiskQueueRequests},
	}
}

func (b *builder) makeAlarms(instance, log pulumi.StringInput) error {
	memory, _ := connections.MemoryGiB(b.args.InstanceClass) // known since validate
	for _, t := range b.args.thresholds(memory) {
		_, err := alarm.New(b.ctx, b.name+"-"+t.suffix, &alarm.Args{
			Description: t.description,
			Page:        t.page,
			Metric: alarm.Metric{
				Kind: alarm.Continuous, Namespace: "AWS/RDS", Name: t.metric,
				Dimensions: pulumi.StringMap{"DBInstanceIdentifier": instance},
			},
			Bound:     t.bound,
			Threshold: t.value,
			TopicARN:  b.args.AlarmTopicARN,
		}, pulumi.Parent(b.parent))
		if err != nil {
			return fmt.Errorf("create alarm %s: %w", t.suffix, err)
		}
	}
	_, err := alarm.New(b.ctx, b.name+"-log", &alarm.Args{
		Description: "The server writes more than 100 MB of log in five minutes, which costs money and disk: look in the log for who does, usually a tenant that raises warnings or errors",
		Page:        oneTenant,
		Metric: alarm.Metric{
			Kind: alarm.Events, Namespace: "AWS/Logs", Name: "IncomingBytes", Statistic: "Sum",
			Dimensions: pulumi.StringMap{"LogGroupName": log},
		},
		Bound: alarm.Above, Threshold: maxLogBytes, Minutes: 5, TopicARN: b.args.AlarmTopicARN,
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("create alarm log: %w", err)
	}
	return nil
}
