package database

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/rds"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/finalsnapshot"
)

// makeInstance makes the server and what it stands on.
func (b *builder) makeInstance() (*rds.Instance, error) {
	subnets, err := rds.NewSubnetGroup(b.ctx, b.name+"-subnets", &rds.SubnetGroupArgs{
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
	groups, err := b.makeLogGroups()
	if err != nil {
		return nil, err
	}
	role, err := b.makeMonitoringRole(groups[0].Arn)
	if err != nil {
		return nil, err
	}
	first := []pulumi.Resource{}
	for _, group := range groups {
		first = append(first, group)
	}
	args := b.instanceArgs(subnets, parameters, role)
	if *b.args.DeletionProtection {
		final, err := finalsnapshot.New(b.ctx, b.name, b.instanceName, pulumi.Parent(b.parent))
		if err != nil {
			return nil, err
		}
		args.FinalSnapshotIdentifier = final
	}
	instance, err := rds.NewInstance(b.ctx, b.name+"-instance", args,
		pulumi.Parent(b.parent), pulumi.Protect(*b.args.DeletionProtection), pulumi.DependsOn(first))
	if err != nil {
		return nil, fmt.Errorf("create instance: %w", err)
	}
	return instance, nil
}

func (b *builder) instanceArgs(subnets *rds.SubnetGroup, parameters *rds.ParameterGroup, role *iam.Role) *rds.InstanceArgs {
	a := b.args
	key := a.KeyARN.ToStringOutput().ToStringPtrOutput()
	return &rds.InstanceArgs{
		Identifier:         pulumi.String(b.instanceName),
		Engine:             pulumi.String("postgres"),
		EngineVersion:      pulumi.String(a.EngineVersion),
		InstanceClass:      pulumi.String(a.InstanceClass),
		ParameterGroupName: parameters.Name,
		MultiAz:            pulumi.Bool(!a.SingleZone),

		StorageType:         pulumi.String("gp3"),
		AllocatedStorage:    pulumi.Int(a.StorageGiB),
		MaxAllocatedStorage: pulumi.Int(a.MaxStorageGiB),
		StorageEncrypted:    pulumi.Bool(true),
		KmsKeyId:            key,

		DbName:                           pulumi.String(a.DatabaseName),
		Username:                         pulumi.String(a.AdminName),
		ManageMasterUserPassword:         pulumi.Bool(true),
		MasterUserSecretKmsKeyId:         a.MasterSecretKeyARN.ToStringOutput().ToStringPtrOutput(),
		IamDatabaseAuthenticationEnabled: pulumi.Bool(true),

		DbSubnetGroupName:   subnets.Name,
		VpcSecurityGroupIds: pulumi.StringArray{a.SecurityGroupID},
		PubliclyAccessible:  pulumi.Bool(false),
		Port:                pulumi.Int(a.Port),

		BackupRetentionPeriod: pulumi.Int(a.BackupRetentionDays),
		BackupWindow:          pulumi.String(backupWindow),
		CopyTagsToSnapshot:    pulumi.Bool(true),
		MaintenanceWindow:     pulumi.String(maintenanceWindow),
		// Major versions are a person's decision; minors bring security fixes and come by themselves.
		AutoMinorVersionUpgrade:  pulumi.Bool(true),
		AllowMajorVersionUpgrade: pulumi.Bool(a.AllowMajorUpgrade),

		PerformanceInsightsEnabled:         pulumi.Bool(true),
		PerformanceInsightsKmsKeyId:        key,
		PerformanceInsightsRetentionPeriod: pulumi.Int(insightsDays),
		MonitoringInterval:                 pulumi.Int(monitoringSeconds),
		MonitoringRoleArn:                  role.Arn,
		EnabledCloudwatchLogsExports:       pulumi.ToStringArray(exports),

		// A new major version waits for no window: the old parameter group can only go once nothing uses it.
		ApplyImmediately:       pulumi.Bool(!*a.DeletionProtection || a.AllowMajorUpgrade),
		DeletionProtection:     pulumi.Bool(*a.DeletionProtection),
		SkipFinalSnapshot:      pulumi.Bool(!*a.DeletionProtection),
		DeleteAutomatedBackups: pulumi.Bool(!*a.DeletionProtection),
	}
}
