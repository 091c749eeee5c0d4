package stacks

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

// outputs are what tenants' stacks and people need of the environment. Secrets are given by their ARNs, never by
// their values.
func (e *environment) outputs() pulumi.Map {
	outputs := e.parts()
	if e.Domain.Name != "" {
		outputs["domainName"], outputs["domainZoneId"] = pulumi.String(e.Domain.Name), pulumi.String(e.Domain.ZoneID)
	}
	if e.pods != nil {
		outputs["tenantPodsRoleArn"] = e.pods.RoleARN
	}
	if e.report != nil {
		outputs["reportFunctionName"] = e.report.FunctionName
	}
	if e.Migrations.Artifact != "" {
		outputs["migrations"] = pulumi.Map{"artifact": pulumi.String(e.Migrations.Artifact), "canaries": pulumi.ToStringArray(e.Migrations.Canaries)}
	}
	if e.billing != nil {
		outputs["billingFunctionName"] = e.billing.FunctionName
		outputs["billingSecretArn"] = e.billing.SecretARN
		outputs["billingWebhookUrl"] = e.billing.WebhookURL
		if e.Billing.StandIn {
			outputs["billingStandIn"] = pulumi.Bool(true) // "platform local up" writes its key
		}
	}
	if e.betterStack != nil {
		outputs["betterStackSecretArn"] = e.betterStack.SecretARN
		outputs["statusPageUrl"] = e.betterStack.StatusPageURL
	}
	if e.collector != nil {
		outputs["containerLogGroup"], outputs["nodeLogGroup"] = e.collector.LogsGroup, e.collector.StatsGroup
	}
	if e.runner != nil {
		outputs["runnerLabel"] = e.runner.Label
	}
	if e.edge != nil {
		outputs["edgeDnsName"] = e.edge.DNSName
		outputs["edgeLogBucket"] = e.edge.LogBucket
	}
	return outputs
}

func (e *environment) parts() pulumi.Map {
	return pulumi.Map{
		"environment":        pulumi.String(e.Environment),
		"accountId":          pulumi.String(e.Account),
		"region":             pulumi.String(e.region),
		"owner":              pulumi.String(e.Owner),
		"costCentre":         pulumi.String(e.CostCentre),
		"deletionProtection": pulumi.Bool(e.DeletionProtection),

		"vpcId":                      e.network.VpcID,
		"privateSubnetIds":           e.network.PrivateSubnetIDs,
		"databaseSubnetIds":          e.network.DatabaseSubnetIDs,
		"databaseSubnetCidrs":        pulumi.ToStringArray(e.network.DatabaseCIDRs),
		"provisionerSecurityGroupId": e.network.ProvisionerSecurityGroupID,

		"clusterName":     e.cluster.Name,
		"clusterEndpoint": e.cluster.Endpoint,
		"clusterVersion":  e.cluster.Version,

		"clusterCertificateAuthority": e.cluster.CertificateAuthority,
		"tenantNamespaces":            pulumi.Bool(e.Cluster.TenantNamespaces),

		"databases": e.databaseOutputs(),

		"provisionerFunctionName": e.provisioner.FunctionName,
		"archiveBucket":           e.provisioner.ArchiveBucket,

		"imageRepositories": e.registry.URLs,

		"cachePrimaryEndpoint": e.cache.PrimaryEndpoint,
		"cacheReaderEndpoint":  e.cache.ReaderEndpoint,
		"cachePort":            e.cache.Port,
		"cacheAuthSecretArn":   e.cache.AuthSecretARN,

		"secretsKeyArn":       e.keys.Secrets,
		"logsKeyArn":          e.keys.Logs,
		"notificationsKeyArn": e.keys.Notifications,

		"alarmTopicArn":    e.alerts.TopicARN,
		"dashboardName":    e.monitoring.DashboardName,
		"trailArn":         e.monitoring.TrailARN,
		"budgetName":       e.budget.Name,
		"budgetTopicArn":   e.budget.TopicARN,
		"breakerPolicyArn": e.budget.BreakerPolicyARN,
	}
}

// databaseOutputs are those of each database, by its name.
func (e *environment) databaseOutputs() pulumi.Map {
	outputs := pulumi.Map{}
	for name, database := range e.databases {
		outputs[name] = pulumi.Map{
			"address":         database.Address,
			"port":            database.Port,
			"instanceId":      database.InstanceID,
			"engineVersion":   database.EngineVersion,
			"masterSecretArn": database.MasterSecretARN,
		}
	}
	return outputs
}
