package monitoring

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudtrail"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/loggroup"
	"github.com/genericcorp/platform/components/policydoc"
)

// sendToLogs has the trail write to a log group too, where the settings ask for it.
func (b *builder) sendToLogs(trail *cloudtrail.TrailArgs) error {
	if b.args.TrailLogRetentionDays == 0 {
		return nil
	}
	group, err := loggroup.New(b.ctx, b.name+"-trail", &loggroup.Args{
		RetentionDays: b.args.TrailLogRetentionDays,
		KeyARN:        b.args.LogKeyARN,
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("create log group of trail: %w", err)
	}
	streams := pulumi.Sprintf("%s:*", group.Arn)
	role, err := iam.NewRole(b.ctx, b.name+"-trail", &iam.RoleArgs{
		Description: pulumi.String("CloudTrail, to write to the log group of " + b.physical),
		AssumeRolePolicy: policydoc.AssumeRole(policydoc.Conditions{
			"StringEquals": {"aws:SourceArn": {pulumi.String(b.trailARN())}},
		}, "cloudtrail.amazonaws.com"),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("create role of trail: %w", err)
	}
	permissions, err := iam.NewRolePolicy(b.ctx, b.name+"-trail", &iam.RolePolicyArgs{
		Role: role.Name,
		Policy: policydoc.Document(policydoc.Statement{
			Actions:   []string{"logs:CreateLogStream", "logs:PutLogEvents"},
			Resources: []pulumi.StringInput{streams},
		}),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("create permissions of trail: %w", err)
	}
	trail.CloudWatchLogsGroupArn = streams.ToStringPtrOutput()
	// The trail's own first write shows whether it may: the role is known to it once it has its permissions.
	trail.CloudWatchLogsRoleArn = pulumi.All(role.Arn, permissions.ID()).ApplyT(func(both []any) *string {
		arn := both[0].(string)
		return &arn
	}).(pulumi.StringPtrOutput)
	return nil
}
