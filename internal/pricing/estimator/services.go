package estimator

import (
	"strings"

	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/internal/pricing/catalogue"
	"github.com/genericcorp/platform/internal/pricing/usage"
)

// secret is paid for itself, for each replica in another region, and by the request.
func secret(v *evaluation) {
	v.fixed("Secret", one.Add(v.count("replicas", v.estimator.options.Ceilings.Rules)), catalogue.Of(catalogue.SecretsManager, "secret"))
	v.uses("Requests", usage.SecretRequests, catalogue.Of(catalogue.SecretsManager, "request"))
}

// chargedRotations is how many rotations of a key raise its price for good; later ones do not.
const chargedRotations = 2

// key is a customer managed KMS key. Asymmetric keys but RSA 2048 pay more for each request. A key that rotates by itself
// becomes more expensive with its first two rotations, which is its growth.
func key(v *evaluation) {
	if v.given("customKeyStoreId") {
		v.problem(MissingPrice, "customKeyStoreId", "no price for a custom key store of KMS")
	}
	v.fixed("Key", one, catalogue.Of(catalogue.KMS, "key"))
	if v.flag("enableKeyRotation", false, true) {
		if price, ok := v.price(catalogue.Of(catalogue.KMS, "key-rotation")); ok {
			v.growth = v.growth.Add(price.Amount.Mul(whole(chargedRotations)))
		}
	}
	requests := "symmetric"
	spec := v.text("customerMasterKeySpec", "SYMMETRIC_DEFAULT", "RSA_4096")
	if spec != "SYMMETRIC_DEFAULT" && spec != "RSA_2048" && !strings.HasPrefix(spec, "HMAC_") {
		requests = "asymmetric"
	}
	v.uses("Requests", usage.KeyRequests, catalogue.Kind(catalogue.KMS, "request", requests))
}

// logGroup is paid by what is written, kept and searched.
func logGroup(v *evaluation) {
	class := "standard"
	if v.text("logGroupClass", "STANDARD", "STANDARD") == "INFREQUENT_ACCESS" {
		class = "infrequent-access"
	}
	v.uses("Ingestion", usage.LogIngestGB, catalogue.Kind(catalogue.CloudWatch, "log-ingest", class))
	v.uses("Storage", usage.LogStoredGB, catalogue.Of(catalogue.CloudWatch, "log-storage"))
	v.uses("Insights queries", usage.LogScannedGB, catalogue.Of(catalogue.CloudWatch, "log-scan"))
	v.uses("Custom metrics of lines", usage.LogEmbeddedMetrics, catalogue.Kind(catalogue.CloudWatch, "metric", "custom"))
}

// metricFilter publishes one custom metric.
func metricFilter(v *evaluation) {
	v.fixed("Custom metric", one, catalogue.Kind(catalogue.CloudWatch, "metric", "custom"))
}

// standardPeriod is the shortest period, in seconds, of an alarm of standard resolution.
var standardPeriod = whole(60)

// metricAlarm is paid by the metrics that it watches; periods below a minute are of high resolution; anomaly detection
// counts three metrics.
func metricAlarm(v *evaluation) {
	high := v.number("period", 60, 10).LessThan(standardPeriod)
	metrics := decimal.Zero
	queries := v.each("metricQueries")
	for _, query := range queries {
		if !query.given("metric") {
			continue
		}
		metrics = metrics.Add(one)
		high = high || query.inner("metric").number("period", 60, 10).LessThan(standardPeriod)
	}
	if v.isUnknown("metricQueries") {
		metrics = whole(v.estimator.options.Ceilings.Rules)
	}
	description, resolution := "Alarm metric", "standard"
	if high {
		description, resolution = "Alarm metric, high resolution", "high-resolution"
	}
	metrics = decimal.Max(metrics, one)
	if v.given("thresholdMetricId") {
		description, metrics = description+", anomaly detection", metrics.Mul(whole(3))
	}
	v.fixed(description, metrics, catalogue.Kind(catalogue.CloudWatch, "alarm-metric", resolution))
}

// compositeAlarm combines other alarms.
func compositeAlarm(v *evaluation) {
	v.fixed("Composite alarm", one, catalogue.Kind(catalogue.CloudWatch, "alarm", "composite"))
}

// dashboard is a CloudWatch dashboard.
func dashboard(v *evaluation) {
	v.fixed("Dashboard", one, catalogue.Of(catalogue.CloudWatch, "dashboard"))
}

// bucket is paid by what it holds and by requests.
func bucket(v *evaluation) {
	v.uses("Storage, standard class", usage.BucketStoredGB, catalogue.Kind(catalogue.S3, "storage", "standard"))
	v.uses("PUT, COPY, POST and LIST requests", usage.BucketPutRequests, catalogue.Kind(catalogue.S3, "request", "put"))
	v.uses("GET and other requests", usage.BucketGetRequests, catalogue.Kind(catalogue.S3, "request", "get"))
}

// webACL is paid for itself, its rules and requests. Managed rule groups with a fee of their own have no price.
func webACL(v *evaluation) {
	v.fixed("Web ACL", one, catalogue.Of(catalogue.WAF, "web-acl"))
	v.wafRules("Rules")
	for _, rule := range v.each("rules") {
		managed := rule.inner("statement").inner("managedRuleGroupStatement").text("name", "", "")
		switch managed {
		case "AWSManagedRulesBotControlRuleSet", "AWSManagedRulesATPRuleSet", "AWSManagedRulesACFPRuleSet":
			v.problem(MissingPrice, "rules", "no price for WAF managed rule group "+managed)
		}
	}
	v.uses("Requests", usage.WAFRequests, catalogue.Of(catalogue.WAF, "request"))
}

// wafRules prices rules one by one.
func (v *evaluation) wafRules(label string) {
	if rules := v.count("rules", v.estimator.options.Ceilings.Rules); rules.IsPositive() {
		v.fixed(label, rules, catalogue.Of(catalogue.WAF, "rule"))
	}
}

// ruleGroup is paid for its own rules; the web ACL pays for using it.
func ruleGroup(v *evaluation) {
	if v.count("rules", v.estimator.options.Ceilings.Rules).IsZero() {
		v.free("it has no rules; the web ACL that uses it pays for the reference")
		return
	}
	v.wafRules("Rules in the group")
}

// topic is paid by what is published and delivered.
func topic(v *evaluation) {
	v.uses("Requests", usage.TopicRequests, catalogue.Kind(catalogue.SNS, "request", "standard"))
	v.uses("Mails", usage.TopicMails, catalogue.Kind(catalogue.SNS, "delivery", "email"))
	v.uses("HTTPS deliveries", usage.TopicHTTPDeliveries, catalogue.Kind(catalogue.SNS, "delivery", "http"))
}

// trail pays for data events, insights and, from the second trail on, for copies of management events.
func trail(v *evaluation) {
	first := true
	for _, other := range v.known.byType[v.resource.Type] {
		if other == v.resource || other.URN == v.resource.URN {
			break
		}
		first = false
	}
	if !first {
		v.uses("Further copy of management events", usage.TrailManagementEvents, catalogue.Kind(catalogue.CloudTrail, "event", "management"))
	}
	v.uses("Data events", usage.TrailDataEvents, catalogue.Kind(catalogue.CloudTrail, "event", "data"))
	if v.given("insightSelectors") {
		v.uses("Insight events", usage.TrailInsightEvents, catalogue.Kind(catalogue.CloudTrail, "event", "insight"))
	}
}

// detector is GuardDuty's own analysis; its features are resources of their own.
func detector(v *evaluation) {
	if !v.flag("enable", true, true) {
		v.free("switched off")
		return
	}
	v.uses("CloudTrail events", usage.DetectorEvents, catalogue.Kind(catalogue.GuardDuty, "event", "cloudtrail"))
	v.uses("Flow and DNS logs", usage.DetectorFlowGB, catalogue.Of(catalogue.GuardDuty, "flow-log"))
}

// detectorFeature is one further protection of GuardDuty.
func detectorFeature(v *evaluation) {
	if v.text("status", "ENABLED", "ENABLED") != "ENABLED" {
		v.free("switched off")
		return
	}
	switch name := v.text("name", "", ""); name {
	case "EKS_AUDIT_LOGS":
		v.uses("EKS audit events", usage.DetectorAuditEvents, catalogue.Kind(catalogue.GuardDuty, "event", "eks-audit"))
	case "RDS_LOGIN_EVENTS":
		v.uses("RDS protection", usage.DetectorRDSVCPU, catalogue.Of(catalogue.GuardDuty, "rds-protection"))
	default:
		v.problem(MissingPrice, "name", "no price for GuardDuty feature "+name)
	}
}

// configRecorder is paid by the changes that it records.
func configRecorder(v *evaluation) {
	v.uses("Configuration items", usage.ConfigItems, catalogue.Of(catalogue.Config, "configuration-item"))
}

// configRule is paid by the evaluation.
func configRule(v *evaluation) {
	v.uses("Evaluations", usage.ConfigEvaluations, catalogue.Of(catalogue.Config, "evaluation"))
}

// budgetAction makes its budget an action-enabled one. Such budgets are paid by the day, after days that the account
// has free; a budget is paid once, however many actions it has.
func budgetAction(v *evaluation) {
	daysPerMonth := hoursPerMonth.Div(whole(24))
	seen := map[string]bool{}
	mine := budgetOf(v.resource)
	for _, other := range v.known.byType[v.resource.Type] {
		if other.URN == v.resource.URN {
			break
		}
		seen[budgetOf(other)] = true
	}
	if seen[mine] {
		v.free("its budget has another action, which is priced")
		return
	}
	free := v.assumed(usage.BudgetActionFreeDays)
	before := whole(len(seen)).Mul(daysPerMonth).Sub(free)
	after := whole(len(seen) + 1).Mul(daysPerMonth).Sub(free)
	days := decimal.Max(after, decimal.Zero).Sub(decimal.Max(before, decimal.Zero))
	v.line(Fixed, "Days of a budget with actions", days, catalogue.Of(catalogue.Budgets, "action-enabled-budget"), "after the account's free days")
}

// budgetOf names the budget of an action: the resource that its name comes from, or the name itself.
func budgetOf(r *Resource) string {
	if urns := r.Dependencies["budgetName"]; len(urns) > 0 {
		return urns[0]
	}
	if name := r.Properties.Get("budgetName"); name.IsString() {
		return name.AsString()
	}
	return r.URN
}

// repository is an image repository.
func repository(v *evaluation) {
	v.uses("Image storage", usage.RepositoryStoredGB, catalogue.Of(catalogue.ECR, "storage"))
}

const (
	functionMiB  = 128
	temporaryMiB = 512 // of Lambda's own, free
)

// function is paid by the request and by memory times duration.
func function(v *evaluation) {
	architecture := "x86"
	if list := v.texts("architectures", []string{"x86_64"}, func() string { return "x86_64" }); list[0] == "arm64" {
		architecture = "arm"
	}
	requests, milliseconds := v.assumed(usage.FunctionRequests), v.assumed(usage.FunctionMilliseconds)
	seconds := requests.Mul(milliseconds).Div(whole(1000))
	memory := v.number("memorySize", functionMiB, v.estimator.options.Ceilings.MemoryMiB)
	v.uses("Requests", usage.FunctionRequests, catalogue.Of(catalogue.Lambda, "request"))
	v.line(Usage, "Duration", seconds.Mul(memory).Div(whole(1024)), catalogue.Kind(catalogue.Lambda, "duration", architecture), "")
	extra := v.inner("ephemeralStorage").number("size", temporaryMiB, 10240).Sub(whole(temporaryMiB))
	if extra.IsPositive() {
		v.line(Usage, "Temporary storage above 512 MiB", seconds.Mul(extra).Div(whole(1024)), catalogue.Of(catalogue.Lambda, "ephemeral-storage"), "")
	}
}

// buildProject is paid by the minute of its machines while they work. On its smallest the account has 100 minutes free, which are
// not taken off.
func buildProject(v *evaluation) {
	machine := v.inner("environment")
	kind := machine.text("type", "LINUX_CONTAINER", "LINUX_CONTAINER") + "/" + machine.text("computeType", "", "BUILD_GENERAL1_2XLARGE")
	v.uses("Minutes", usage.BuildMinutes, catalogue.Kind(catalogue.CodeBuild, "minute", kind))
}

// provisionedConcurrency has prices that are not in the catalogue.
func provisionedConcurrency(v *evaluation) {
	v.problem(MissingPrice, "", "no price for provisioned concurrency of Lambda (its prices were not collected)")
}

// parameter is an SSM parameter; standard ones are free.
func parameter(v *evaluation) {
	if v.text("tier", "Standard", "Advanced") == "Standard" {
		v.free("standard parameters cost nothing")
		return
	}
	v.fixed("Advanced parameter", one, catalogue.Kind(catalogue.SystemsManager, "parameter", "advanced"))
}

// schedule is paid by the invocation.
func schedule(v *evaluation) {
	v.uses("Invocations", usage.ScheduleInvocations, catalogue.Of(catalogue.Events, "scheduler-invocation"))
}

// backupVault is paid by what it holds.
func backupVault(v *evaluation) {
	v.uses("Storage, warm", usage.VaultStoredGB, catalogue.Kind(catalogue.Backup, "storage", "warm"))
}

// certificate is free unless a private authority signs it.
func certificate(v *evaluation) {
	if v.given("certificateAuthorityArn") {
		v.problem(MissingPrice, "certificateAuthorityArn", "no price for certificates of a private authority")
		return
	}
	v.free("public certificates cost nothing")
}

// betterStack is paid by the people that it calls. All else that the component makes there is in the free allowance, which it keeps to.
func betterStack(v *evaluation) {
	v.fixed("Responder licence", v.number("responders", 0, v.estimator.options.Ceilings.Rules), catalogue.Of(catalogue.BetterStack, "responder"))
}
