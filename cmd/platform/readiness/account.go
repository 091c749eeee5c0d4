package readiness

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
)

// databases are the instances of all databases that the environment's outputs name, by their databases' names.
func databases(ctx context.Context, t *tenant.Tenants) (map[string]rdstypes.DBInstance, error) {
	config, _, err := t.Database(ctx)
	if err != nil {
		return nil, err
	}
	outputs, err := t.Environment.Outputs(ctx)
	if err != nil {
		return nil, err
	}
	named, _ := outputs["databases"].(map[string]any)
	found, client := map[string]rdstypes.DBInstance{}, rds.NewFromConfig(config)
	for name, parts := range named {
		fields, _ := parts.(map[string]any)
		id, _ := fields["instanceId"].(string)
		out, err := client.DescribeDBInstances(ctx, &rds.DescribeDBInstancesInput{DBInstanceIdentifier: aws.String(id)})
		var gone *rdstypes.DBInstanceNotFoundFault
		switch {
		case errors.As(err, &gone):
			found[name] = rdstypes.DBInstance{DBInstanceStatus: aws.String("gone")}
		case err != nil:
			return nil, fmt.Errorf("describe database %s: %w", name, err)
		case len(out.DBInstances) > 0:
			found[name] = out.DBInstances[0]
		}
	}
	return found, nil
}

func askDatabases(ctx context.Context, t *tenant.Tenants, _ time.Time) (answer, error) {
	found, err := databases(ctx, t)
	return ofDatabases(found), err
}

func ofDatabases(found map[string]rdstypes.DBInstance) (a answer) {
	var not []string
	for _, name := range slices.Sorted(maps.Keys(found)) {
		if state := aws.ToString(found[name].DBInstanceStatus); state != "available" {
			not = append(not, fmt.Sprintf("database %s is %s", name, state))
		}
	}
	a.add("databases", float64(len(found)), "")
	a.add("not available", float64(len(not)), "")
	a.problem = strings.Join(not, ", ")
	return a
}

func askRestorable(ctx context.Context, t *tenant.Tenants, now time.Time) (answer, error) {
	found, err := databases(ctx, t)
	return ofRestorable(found, now), err
}

// ofRestorable takes the worst of them. Where one says nothing, nothing is known.
func ofRestorable(found map[string]rdstypes.DBInstance, now time.Time) (a answer) {
	worst := time.Duration(0)
	for _, instance := range found {
		if instance.LatestRestorableTime == nil {
			return answer{}
		}
		worst = max(worst, now.Sub(*instance.LatestRestorableTime))
	}
	if len(found) > 0 {
		a.add("work that would be lost", worst.Minutes(), "min")
	}
	return a
}

// recent is for how long back a metric must have a value, in periods that every metric of RDS has.
const (
	recent = time.Hour
	period = 5 * time.Minute
)

func askDashboards(ctx context.Context, t *tenant.Tenants, now time.Time) (a answer, err error) {
	config, instance, err := t.Database(ctx)
	if err != nil {
		return a, err
	}
	outputs, err := t.Environment.Outputs(ctx)
	if err != nil {
		return a, err
	}
	name, _ := outputs["dashboardName"].(string)
	client := cloudwatch.NewFromConfig(config)
	boards := 1
	_, err = client.GetDashboard(ctx, &cloudwatch.GetDashboardInput{DashboardName: aws.String(name)})
	var gone *cwtypes.DashboardNotFoundError
	if errors.As(err, &gone) {
		boards = 0
	} else if err != nil {
		return a, fmt.Errorf("read the dashboard: %w", err)
	}
	var metric []cwtypes.MetricAlarm
	var composite []cwtypes.CompositeAlarm
	for _, kind := range []cwtypes.AlarmType{cwtypes.AlarmTypeMetricAlarm, cwtypes.AlarmTypeCompositeAlarm} {
		for pages := cloudwatch.NewDescribeAlarmsPaginator(client, &cloudwatch.DescribeAlarmsInput{AlarmTypes: []cwtypes.AlarmType{kind}}); pages.HasMorePages(); {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return a, fmt.Errorf("list the alarms: %w", err)
			}
			metric, composite = append(metric, page.MetricAlarms...), append(composite, page.CompositeAlarms...)
		}
	}
	load, err := client.GetMetricStatistics(ctx, &cloudwatch.GetMetricStatisticsInput{
		Namespace: aws.String("AWS/RDS"), MetricName: aws.String("CPUUtilization"), Statistics: []cwtypes.Statistic{cwtypes.StatisticAverage},
		Dimensions: []cwtypes.Dimension{{Name: aws.String("DBInstanceIdentifier"), Value: aws.String(instance)}},
		StartTime:  aws.Time(now.Add(-recent)), EndTime: aws.Time(now), Period: aws.Int32(int32(period / time.Second)),
	})
	if err != nil {
		return a, fmt.Errorf("read the database's load: %w", err)
	}
	return ofDashboards(boards, alarmsOf(metric, composite), len(load.Datapoints)), nil
}

// alarm is one that should tell somebody.
type alarm struct {
	name         string
	tells, rings bool
}

// alarmsOf are the alarms without those that are parts of another one, which tells of them.
func alarmsOf(metric []cwtypes.MetricAlarm, composite []cwtypes.CompositeAlarm) (all []alarm) {
	var rules strings.Builder // of those that tell somebody
	of := func(name *string, enabled *bool, actions []string, state cwtypes.StateValue) alarm {
		return alarm{aws.ToString(name), aws.ToBool(enabled) && len(actions) > 0, state == cwtypes.StateValueAlarm}
	}
	for _, c := range composite {
		one := of(c.AlarmName, c.ActionsEnabled, c.AlarmActions, c.StateValue)
		if all = append(all, one); one.tells {
			rules.WriteString(aws.ToString(c.AlarmRule) + "\n")
		}
	}
	for _, m := range metric {
		one := of(m.AlarmName, m.ActionsEnabled, m.AlarmActions, m.StateValue)
		if one.tells || !strings.Contains(rules.String(), strconv.Quote(one.name)) {
			all = append(all, one)
		}
	}
	return all
}

func ofDashboards(boards int, alarms []alarm, values int) (a answer) {
	silent := 0
	var ringing []string
	for _, one := range alarms {
		if !one.tells {
			silent++
		}
		if one.rings {
			ringing = append(ringing, one.name)
		}
	}
	a.add("dashboards", float64(boards), "")
	a.add("alarms", float64(len(alarms)), "")
	a.add("alarms that tell nobody", float64(silent), "")
	a.add("alarms that ring", float64(len(ringing)), "")
	a.add("values of the database's load in an hour", float64(values), "")
	if len(ringing) > 0 {
		a.problem = "it rings: " + strings.Join(ringing, ", ")
	}
	return a
}
