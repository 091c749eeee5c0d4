package monitoring

import (
	"encoding/json"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// watched are the names in AWS of what the dashboard shows.
type watched struct {
	region, cluster, database, cache string
}

// makeDashboard makes the one page that shows whether the shared platform is well.
func (b *builder) makeDashboard() error {
	body := pulumi.All(b.args.ClusterName, b.args.DatabaseID, b.args.CacheID).ApplyT(func(names []any) (string, error) {
		text, err := json.Marshal(dashboardOf(watched{
			region: b.args.Region, cluster: names[0].(string), database: names[1].(string), cache: names[2].(string),
		}))
		return string(text), err
	}).(pulumi.StringOutput)
	made, err := cloudwatch.NewDashboard(b.ctx, b.name+"-dashboard", &cloudwatch.DashboardArgs{
		DashboardName: pulumi.String(b.physical),
		DashboardBody: body,
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("create dashboard: %w", err)
	}
	b.parent.DashboardName = made.DashboardName
	return nil
}

// dashboardOf lays the graphs out, a row a part of the platform.
func dashboardOf(w watched) dashboard {
	return layOut(w.region,
		row{"Cluster",
			graph{"API requests", []line{
				eks("apiserver_request_total", "Sum", "all", w), eks("apiserver_request_total_5XX", "Sum", "failed", w),
				eks("apiserver_request_total_429", "Sum", "throttled", w),
			}},
			graph{"Pods that wait", []line{
				eks("scheduler_pending_pods_UNSCHEDULABLE", "Maximum", "no room", w),
				eks("scheduler_pending_pods_ACTIVEQ", "Maximum", "in turn", w),
			}},
			graph{"Node CPU, per cent", []line{search("{AWS/EC2,AutoScalingGroupName} MetricName=CPUUtilization eks", "Average")}},
		},
		row{"Database",
			graph{"CPU, per cent", []line{rds("CPUUtilization", "Average", "CPU", w)}},
			graph{"Connections", []line{rds("DatabaseConnections", "Maximum", "connections", w)}},
			graph{"Free storage and memory, bytes", []line{
				rds("FreeStorageSpace", "Minimum", "storage", w), rds("FreeableMemory", "Minimum", "memory", w),
			}},
		},
		row{"Cache",
			graph{"Engine CPU, per cent", []line{cacheNodes("EngineCPUUtilization", "Average", w)}},
			graph{"Memory in use, per cent", []line{cacheNodes("DatabaseMemoryUsagePercentage", "Maximum", w)}},
			graph{"Evictions", []line{cacheNodes("Evictions", "Sum", w)}},
		},
		row{"Network and money",
			graph{"NAT bytes out, which cost money", []line{nat("BytesOutToDestination", "Sum")}},
			graph{"NAT connections refused", []line{nat("ErrorPortAllocation", "Sum")}},
			graph{"The month's bill so far, USD (empty until billing alerts are on)", []line{metric("AWS/Billing", "EstimatedCharges", "Maximum", "USD", "Currency", "USD")}},
		},
	)
}

func eks(name, statistic, label string, w watched) line {
	return metric("AWS/EKS", name, statistic, label, "ClusterName", w.cluster)
}

func rds(name, statistic, label string, w watched) line {
	return metric("AWS/RDS", name, statistic, label, "DBInstanceIdentifier", w.database)
}

// cacheNodes finds the nodes of a replication group, whose names start with the group's.
func cacheNodes(name, statistic string, w watched) line {
	return search(fmt.Sprintf("{AWS/ElastiCache,CacheClusterId} MetricName=%s %q", name, w.cache), statistic)
}

// nat finds every NAT gateway of the region.
func nat(name, statistic string) line {
	return search("{AWS/NATGateway,NatGatewayId} MetricName="+name, statistic)
}
