package database

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/loggroup"
)

// The logs that the server sends to CloudWatch.
var exports = []string{"postgresql", "upgrade"}

// logGroup is the name that RDS gives the group of one of its logs.
func (b *builder) logGroup(export string) string {
	return "/aws/rds/instance/" + b.instanceName + "/" + export
}

// makeLogGroups makes the groups that RDS writes to before it does: it would make its own, unencrypted and kept
// indefinitely.
func (b *builder) makeLogGroups() ([]*cloudwatch.LogGroup, error) {
	var groups []*cloudwatch.LogGroup
	for _, export := range exports {
		group, err := loggroup.New(b.ctx, b.name+"-log-"+export, &loggroup.Args{
			Name:          b.logGroup(export),
			RetentionDays: b.args.LogRetentionDays,
			KeyARN:        b.args.LogKeyARN,
		}, pulumi.Parent(b.parent))
		if err != nil {
			return nil, fmt.Errorf("create log group of %s: %w", export, err)
		}
		groups = append(groups, group)
	}
	return groups, nil
}
