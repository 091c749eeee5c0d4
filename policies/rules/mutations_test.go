package rules

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// mutation breaks one property of the compliant stack; want lists every violation that follows, each as
// "<resource> <rule>: <what is seen>". What stands between is the rule's own text, pinned by docs/policies.md.
type mutation struct {
	at    string // the resource
	path  string // its property, or "" to take the whole resource away
	value any
	want  []string
}

const (
	everything = `{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
	service    = `{"Statement":{"Effect":"Allow","Action":["s3:*"],"Resource":["arn:aws:s3:::b"]}}`
	allBut     = `{"Statement":[{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}]}`
	openToAll  = `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"SNS:Publish","Resource":"*"}]}`
	openByName = `{"Statement":[{"Effect":"Allow","Principal":{"AWS":["*"]},"Action":"kms:*","Resource":"*","Condition":{"StringNotEquals":{"aws:SourceAccount":"1"}}}]}`
	publicSeen = `its policy allows the principal "*" with no condition on who that is`
)

func opening22(protocol string) props {
	return props{"protocol": protocol, "fromPort": 22, "toPort": 22, "cidrBlocks": list{"0.0.0.0/0"}, "description": "shell"}
}

func mutations() []mutation {
	return slices.Concat(computeMutations(), podMutations(), dataMutations(), networkMutations(), storageMutations(), accessMutations(), edgeMutations())
}

func computeMutations() []mutation {
	return []mutation{
		{"cluster", "vpcConfig.endpointPublicAccess", remove{}, []string{
			"cluster eks-endpoint-private: vpcConfig.endpointPublicAccess is not set",
			"cluster eks-endpoint-not-open-to-all: it is public and vpcConfig.publicAccessCidrs is empty, which means all networks"}},
		{"cluster", "vpcConfig", props{"endpointPublicAccess": true, "publicAccessCidrs": list{"203.0.113.0/24"}}, []string{
			"cluster eks-endpoint-private: vpcConfig.endpointPublicAccess is true"}},
		{"cluster", "vpcConfig", props{"endpointPublicAccess": true, "publicAccessCidrs": list{"203.0.113.0/24", "0.0.0.0/0"}}, []string{
			"cluster eks-endpoint-private: vpcConfig.endpointPublicAccess is true",
			"cluster eks-endpoint-not-open-to-all: vpcConfig.publicAccessCidrs includes 0.0.0.0/0"}},
		{"cluster", "version", "1.33", []string{`cluster eks-version-supported: version is "1.33", billed as extended support since 2026-07-29`}},
		{"cluster", "version", remove{}, []string{"cluster eks-version-supported: version is not set"}},
		{"cluster", "upgradePolicy.supportType", "EXTENDED", []string{`cluster eks-standard-support: upgradePolicy.supportType is "EXTENDED"`}},
		{"cluster", "encryptionConfig", remove{}, []string{"cluster eks-secrets-encrypted: encryptionConfig.provider.keyArn is not set"}},
		{"cluster", "encryptionConfig.resources", list{}, []string{"cluster eks-secrets-encrypted: encryptionConfig.resources does not name secrets"}},
		{"cluster", "enabledClusterLogTypes", list{"api", "authenticator", "controllerManager", "scheduler"}, []string{
			"cluster eks-audit-log: enabledClusterLogTypes lacks audit"}},
		{"cluster", "enabledClusterLogTypes", list{"audit", "api", "authenticator"}, []string{
			"cluster eks-all-logs: enabledClusterLogTypes lacks controllerManager, scheduler"}},
		{"cluster", "accessConfig.authenticationMode", "API_AND_CONFIG_MAP", []string{
			`cluster eks-access-entries: accessConfig.authenticationMode is "API_AND_CONFIG_MAP"`}},
		{"nodes", "launchTemplate", remove{}, []string{"nodes eks-node-launch-template: launchTemplate is not set"}},
		{"node-worker", "policyArn", "arn:aws:iam::aws:policy/AmazonS3FullAccess", []string{
			"nodes eks-node-role-least-privilege: the role node-role has AmazonS3FullAccess"}},
		{"node-worker", "policyArn", "arn:aws:iam::aws:policy/AdministratorAccess", []string{
			"nodes eks-node-role-least-privilege: the role node-role has AdministratorAccess",
			"node-worker iam-no-administrator: policyArn is AWS's AdministratorAccess"}},
		{"identity-addon", "", nil, []string{"cluster eks-workload-identity: the stack has neither for it"}},
		{"network-addon", "", nil, []string{"cluster eks-network-policy: the stack has no add-on vpc-cni for it"}},
		{"network-addon", "configurationValues", `{"enableNetworkPolicy":"false"}`, []string{
			"cluster eks-network-policy: its add-on vpc-cni does not enable them"}},
		{"network-addon", "configurationValues", "{", []string{"cluster eks-network-policy: its add-on vpc-cni does not enable them"}},
		{"template", "metadataOptions.httpTokens", "optional", []string{`template imdsv2-required: metadataOptions.httpTokens is "optional"`}},
		{"server", "metadataOptions", remove{}, []string{"server imdsv2-required: metadataOptions.httpTokens is not set"}},
		{"template", "blockDeviceMappings", list{}, []string{"template ebs-encrypted: blockDeviceMappings configures no disk, so the image decides"}},
		{"template", "blockDeviceMappings.0.ebs.encrypted", "false", []string{`template ebs-encrypted: blockDeviceMappings.0.ebs.encrypted is "false"`}},
		{"server", "rootBlockDevice", remove{}, []string{"server ebs-encrypted: rootBlockDevice.encrypted is not set"}},
		{"server", "ebsBlockDevices.0.encrypted", false, []string{"server ebs-encrypted: ebsBlockDevices.0.encrypted is false"}},
		{"disk", "encrypted", remove{}, []string{"disk ebs-encrypted: encrypted is not set"}},
		{"template", "networkInterfaces.0.associatePublicIpAddress", "true", []string{
			`template no-public-address: networkInterfaces.0.associatePublicIpAddress is "true"`}},
		{"server", "associatePublicIpAddress", true, []string{"server no-public-address: associatePublicIpAddress is true"}},
	}
}

func podMutations() []mutation {
	const api, first = "spec.template.spec.", "spec.containers.0."
	return []mutation{
		{"pod", first + "image", "123456789012.dkr.ecr.us-east-1.amazonaws.com/api:1", []string{
			`pod pod-image-by-digest: spec.containers.0.image is "123456789012.dkr.ecr.us-east-1.amazonaws.com/api:1"`}},
		{"pod", first + "image", "registry.example/api@sha256:" + strings.Repeat("0a", 32), []string{
			`pod pod-image-own-registry: spec.containers.0.image is "registry.example/api@sha256:` + strings.Repeat("0a", 32) + `"`}},
		{"tidy", "spec.jobTemplate.spec.template.spec.initContainers.0.image", "api", []string{
			`tidy pod-image-by-digest: spec.jobTemplate.spec.template.spec.initContainers.0.image is "api"`,
			`tidy pod-image-own-registry: spec.jobTemplate.spec.template.spec.initContainers.0.image is "api"`}},
		{"api", api + "containers.0.resources.limits.memory", remove{}, []string{"api pod-limits: spec.template.spec.containers.0.resources.limits.memory is not set"}},
		{"api", api + "containers.0.resources.limits.cpu", "0", []string{`api pod-limits: spec.template.spec.containers.0.resources.limits.cpu is "0"`}},
		{"pod", first + "resources.requests", remove{}, []string{
			"pod pod-limits: spec.containers.0.resources.requests.cpu is not set", "pod pod-limits: spec.containers.0.resources.requests.memory is not set"}},
		{"pod", "spec.securityContext.runAsNonRoot", remove{}, []string{"pod pod-restricted: spec.securityContext.runAsNonRoot is not set"}},
		{"pod", first + "securityContext.runAsNonRoot", false, []string{"pod pod-restricted: spec.containers.0.securityContext.runAsNonRoot is false"}},
		{"pod", "spec.securityContext.seccompProfile.type", "Unconfined", []string{`pod pod-restricted: spec.securityContext.seccompProfile.type is "Unconfined"`}},
		{"pod", first + "securityContext.seccompProfile", props{"type": "Unconfined"}, []string{
			`pod pod-restricted: spec.containers.0.securityContext.seccompProfile.type is "Unconfined"`}},
		{"api", api + "initContainers.0.securityContext.allowPrivilegeEscalation", remove{}, []string{
			"api pod-restricted: spec.template.spec.initContainers.0.securityContext.allowPrivilegeEscalation is not set"}},
		{"pod", first + "securityContext.privileged", true, []string{"pod pod-restricted: spec.containers.0.securityContext.privileged is true"}},
		{"pod", first + "securityContext.capabilities.drop", list{"NET_RAW"}, []string{
			"pod pod-restricted: spec.containers.0.securityContext.capabilities.drop is not ALL"}},
		{"pod", first + "securityContext.capabilities.add", list{"NET_RAW"}, []string{
			"pod pod-restricted: spec.containers.0.securityContext.capabilities.add is not empty"}},
		{"pod", first + "securityContext.readOnlyRootFilesystem", false, []string{"pod pod-read-only: spec.containers.0.securityContext.readOnlyRootFilesystem is false"}},
		{"pod", "spec.hostNetwork", true, []string{"pod pod-not-of-the-node: spec.hostNetwork is true"}},
		{"api", api + "volumes.0", props{"hostPath": props{"path": "/"}}, []string{"api pod-not-of-the-node: spec.template.spec.volumes.0 is a folder of the node"}},
		{"api", api + "volumes", list{props{"name": "logs", "hostPath": props{"path": "/var/log/pods"}}}, []string{"api pod-not-of-the-node: spec.template.spec.volumes.0 is a folder of the node"}},
		{"logs", api + "volumes.0.hostPath.path", "/var/log", []string{"logs pod-not-of-the-node: spec.template.spec.volumes.0 is a folder of the node"}},
		{"logs", api + "containers.0.volumeMounts.0.readOnly", false, []string{"logs pod-not-of-the-node: spec.template.spec.volumes.0 is a folder of the node"}},
		{"logs", api + "containers.0.volumeMounts.0.readOnly", remove{}, []string{"logs pod-not-of-the-node: spec.template.spec.volumes.0 is a folder of the node"}},
		{"pod", first + "ports.0.hostPort", 80, []string{"pod pod-not-of-the-node: spec.containers.0.ports.0.hostPort is 80"}},
		{"pod", first + "env.0.value", secretly{"correct-horse-battery"}, []string{"pod pod-secrets-in-files: spec.containers.0.env.0.value is secret"}},
		{"pod", first + "env.0", props{"valueFrom": props{"secretKeyRef": props{"name": "a"}}}, []string{
			"pod pod-secrets-in-files: spec.containers.0.env.0.valueFrom.secretKeyRef is set"}},
		{"api", api + "containers.0.envFrom", list{props{"secretRef": props{"name": "a"}}}, []string{
			"api pod-secrets-in-files: spec.template.spec.containers.0.envFrom.0.secretRef is set"}},
	}
}

func dataMutations() []mutation {
	return []mutation{
		{"database", "publiclyAccessible", true, []string{"database rds-not-public: publiclyAccessible is true"}},
		{"aurora-instance", "publiclyAccessible", true, []string{"aurora-instance rds-not-public: publiclyAccessible is true"}},
		{"database", "storageEncrypted", remove{}, []string{"database rds-encrypted: storageEncrypted is not set"}},
		{"database", "storageEncrypted", "perhaps", []string{`database rds-encrypted: storageEncrypted is "perhaps"`}},
		{"aurora", "storageEncrypted", false, []string{"aurora rds-encrypted: storageEncrypted is false"}},
		{"database", "multiAz", false, []string{"database rds-multi-az: multiAz is false"}},
		{"database", "deletionProtection", nil, []string{"database rds-deletion-protection: deletionProtection is null"}},
		{"database", "enabledCloudwatchLogsExports", list{"upgrade"}, []string{"database rds-logs-exported: enabledCloudwatchLogsExports lacks postgresql"}},
		{"aurora", "enabledCloudwatchLogsExports", remove{}, []string{"aurora rds-logs-exported: enabledCloudwatchLogsExports names none"}},
		{"database", "monitoringInterval", 0, []string{"database rds-enhanced-monitoring: monitoringInterval is 0"}},
		{"database", "iamDatabaseAuthenticationEnabled", false, []string{"database rds-iam-authentication: iamDatabaseAuthenticationEnabled is false"}},
		{"database", "backupRetentionPeriod", 6, []string{"database rds-backups: backupRetentionPeriod is 6"}},
		{"database", "autoMinorVersionUpgrade", false, []string{"database rds-minor-upgrades: autoMinorVersionUpgrade is false"}},
		{"database", "copyTagsToSnapshot", false, []string{"database rds-tags-on-snapshots: copyTagsToSnapshot is false"}},
		{"database", "port", 5432, []string{"database rds-port: port is 5432, the default of PostgreSQL"}},
		{"database", "port", remove{}, []string{"database rds-port: port is not set, so the engine's default is used"}},
		{"database", "username", "postgres", []string{`database rds-admin-name: username is "postgres"`}},
		{"database", "username", secretly{"Admin"}, []string{"database rds-admin-name: username is a secret value"}},
		{"aurora", "masterUsername", "root", []string{`aurora rds-admin-name: masterUsername is "root"`}},
		{"database-subnet", "mapPublicIpOnLaunch", true, []string{
			"database-group rds-private-subnets: the subnet database-subnet assigns public addresses",
			"database-subnet subnet-no-public-addresses: mapPublicIpOnLaunch is true"}},
		{"database-table", "routes", list{props{"gatewayId": "igw-0123456789abcdef0"}}, []string{
			"database-group rds-private-subnets: the subnet database-subnet has a route to the internet gateway"}},
		{"proxy", "requireTls", false, []string{"proxy rds-proxy-tls: requireTls is false"}},
		{"parameters", "parameters.0.value", "0", []string{"parameters rds-tls-forced: rds.force_ssl is not 1"}},
		{"parameters", "parameters", list{}, []string{"parameters rds-tls-forced: rds.force_ssl is not set"}},
		{"cache", "atRestEncryptionEnabled", false, []string{"cache cache-encrypted-at-rest: atRestEncryptionEnabled is false"}},
		{"cache", "transitEncryptionEnabled", remove{}, []string{"cache cache-encrypted-in-transit: transitEncryptionEnabled is not set"}},
		{"cache", "authToken", remove{}, []string{"cache cache-authentication: neither authToken nor userGroupIds is set"}},
		{"cache", "automaticFailoverEnabled", false, []string{"cache cache-automatic-failover: automaticFailoverEnabled is false"}},
		{"cache", "snapshotRetentionLimit", 0, []string{"cache cache-backups: snapshotRetentionLimit is 0"}},
		{"cache-single", "autoMinorVersionUpgrade", "false", []string{`cache-single cache-minor-upgrades: autoMinorVersionUpgrade is "false"`}},
		{"cache", "subnetGroupName", "default", []string{`cache cache-subnet-group: subnetGroupName is "default"`}},
	}
}

func networkMutations() []mutation {
	return []mutation{
		{"flow", "", nil, []string{"network vpc-flow-logs: the stack has no flow log for it"}},
		{"default-group", "", nil, []string{"network vpc-default-group-closed: the stack leaves AWS's default, which is open within the group"}},
		{"default-group", "ingress", list{props{"protocol": "-1", "self": true}}, []string{
			"network vpc-default-group-closed: its default security group has 1 ingress rules"}},
		{"group", "ingress.0.fromPort", 442, []string{"group sg-authorised-ports: ingress.0 opens the ports 442 to 443 to 0.0.0.0/0"}},
		{"group", "ingress.0", opening22("tcp"), []string{
			"group sg-authorised-ports: ingress.0 opens port 22 to 0.0.0.0/0",
			"group sg-no-remote-shell: ingress.0 opens port 22 to 0.0.0.0/0"}},
		{"group", "ingress.0", opening22("-1"), []string{
			"group sg-authorised-ports: ingress.0 opens every port to 0.0.0.0/0",
			"group sg-no-risky-ports: ingress.0 opens every port to 0.0.0.0/0",
			"group sg-no-remote-shell: ingress.0 opens every port to 0.0.0.0/0"}},
		{"group", "egress.0.description", "", []string{`group sg-described: egress.0.description is ""`}},
		{"rule", "cidrBlocks", list{"::/0"}, []string{
			"rule sg-authorised-ports: it opens port 5432 to ::/0",
			"rule sg-no-risky-ports: it opens port 5432 to ::/0"}},
		{"ingress", "cidrIpv4", "0.0.0.0/1", []string{"ingress sg-authorised-ports: it opens port 6432 to 0.0.0.0/1"}},
		{"ingress", "description", remove{}, []string{"ingress sg-described: description is not set"}},
		{"egress", "description", "", []string{`egress sg-described: description is ""`}},
	}
}

func storageMutations() []mutation {
	return []mutation{
		{"bucket-block", "", nil, []string{"bucket s3-public-access-blocked: the stack has no BucketPublicAccessBlock for it"}},
		{"bucket-block", "blockPublicPolicy", false, []string{"bucket s3-public-access-blocked: blockPublicPolicy is false"}},
		{"bucket-policy", "", nil, []string{"bucket s3-tls-only: the stack has no BucketPolicy for it"}},
		{"bucket-policy", "policy", permissions, []string{"bucket s3-tls-only: its policy has no such statement"}},
		{"bucket-encryption", "rules.0.applyServerSideEncryptionByDefault.sseAlgorithm", "AES256", []string{"bucket s3-encrypted-with-key: no rule of it uses aws:kms"}},
		{"old-bucket", "serverSideEncryptionConfiguration", remove{}, []string{
			"old-bucket s3-encrypted-with-key: the stack has no BucketServerSideEncryptionConfigurationV2 for it"}},
		{"bucket-versions", "versioningConfiguration.status", "Suspended", []string{`bucket s3-versioned: versioningConfiguration.status is "Suspended"`}},
		{"bucket-log", "", nil, []string{
			"bucket s3-access-logged: the stack has no BucketLoggingV2 for it",
			"old-bucket s3-access-logged: the stack has no BucketLoggingV2 for it"}},
		{"bucket-lifecycle", "rules.0.status", "Disabled", []string{"bucket s3-lifecycle: it has no enabled rule"}},
		{"bucket-lifecycle", "", nil, []string{"bucket s3-lifecycle: the stack has no BucketLifecycleConfigurationV2 for it"}},
		{"old-bucket", "acl", "public-read", []string{`old-bucket s3-no-acl: acl is "public-read"`}},
		{"bucket", "grants", list{props{"type": "Group"}}, []string{"bucket s3-no-acl: it has grants"}},
		{"bucket-ownership", "rule.objectOwnership", "ObjectWriter", []string{`bucket-ownership s3-no-acl: rule.objectOwnership is "ObjectWriter"`}},
		{"images", "imageScanningConfiguration.scanOnPush", false, []string{"images ecr-scans: imageScanningConfiguration.scanOnPush is false"}},
		{"images", "imageTagMutability", remove{}, []string{"images ecr-immutable: imageTagMutability is not set"}},
		{"images", "encryptionConfigurations", remove{}, []string{"images ecr-encrypted: encryptionConfigurations.0.kmsKey is not set"}},
		{"images-access", "policy", `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"ecr:*"}]}`, []string{
			`images-access ecr-not-public: its policy allows the principal "*" with no condition on who that is`}},
		{"images-policy", "", nil, []string{"images ecr-lifecycle: the stack has no LifecyclePolicy for it"}},
		{"trail", "kmsKeyId", remove{}, []string{"trail trail-encrypted: kmsKeyId is not set"}},
		{"trail", "enableLogFileValidation", false, []string{"trail trail-validated: enableLogFileValidation is false"}},
		{"log", "kmsKeyId", "", []string{`log log-group-encrypted: kmsKeyId is ""`}},
		{"alarm", "treatMissingData", "missing", []string{`alarm alarm-missing-data: treatMissingData is "missing"`}},
		{"alarm", "treatMissingData", remove{}, []string{"alarm alarm-missing-data: treatMissingData is not set"}},
		{"log", "retentionInDays", remove{}, []string{"log log-group-retention: retentionInDays is not set"}},
	}
}

func accessMutations() []mutation {
	return []mutation{
		{"topic", "kmsMasterKeyId", remove{}, []string{"topic sns-encrypted: kmsMasterKeyId is not set"}},
		{"topic", "policy", openToAll, []string{"topic sns-not-public: " + publicSeen}},
		{"topic-policy", "policy", props{"Statement": list{props{"Effect": "Allow", "Principal": "*", "Action": "*"}}}, []string{"topic-policy sns-not-public: " + publicSeen}},
		{"key", "enableKeyRotation", false, []string{"key kms-rotated: enableKeyRotation is false"}},
		{"key", "policy", openByName, []string{"key kms-not-public: " + publicSeen}},
		{"secret-rotation", "rotationRules.automaticallyAfterDays", 91, []string{"secret-rotation secret-rotation-period: rotationRules.automaticallyAfterDays is 91"}},
		{"secret-rotation", "rotationRules", props{"scheduleExpression": "rate(365 days)"}, []string{
			`secret-rotation secret-rotation-period: rotationRules.scheduleExpression is "rate(365 days)"`}},
		{"tagged-secret", "tags.rotation", "never", []string{"tagged-secret secret-rotated: the stack has no SecretRotation for it, and its tag rotation is not on-demand"}},
		{"secret-rotation", "", nil, []string{"secret secret-rotated: the stack has no SecretRotation for it, and its tag rotation is not on-demand"}},
		{"policy", "policy", everything, []string{
			"policy iam-no-administrator: statement 1 of policy does",
			"policy iam-no-service-wildcard: statement 1 of policy allows *"}},
		{"role-policy", "policy", service, []string{"role-policy iam-no-service-wildcard: statement 1 of policy allows s3:*"}},
		{"group-policy", "policy", allBut, []string{"group-policy iam-no-service-wildcard: statement 1 of policy allows NotAction"}},
		{"node-role", "inlinePolicies.0.policy", service, []string{"node-role iam-no-service-wildcard: statement 1 of inlinePolicies.0.policy allows s3:*"}},
		{"node-role", "managedPolicyArns", list{"arn:aws:iam::aws:policy/AdministratorAccess"}, []string{
			"node-role iam-no-administrator: managedPolicyArns includes AWS's AdministratorAccess"}},
		{"node-role", "permissionsBoundary", remove{}, []string{"node-role iam-role-bounded: permissionsBoundary is not set"}},
		{"attachment", "users", list{"someone"}, []string{"attachment iam-no-user-policies: users is not empty"}},
	}
}

func edgeMutations() []mutation {
	return []mutation{
		{"http", "defaultActions.0", props{"type": "forward"}, []string{"http alb-redirects-to-https: it answers plain HTTP itself"}},
		{"balancer", "dropInvalidHeaderFields", remove{}, []string{"balancer alb-drops-invalid-headers: dropInvalidHeaderFields is not set"}},
		{"balancer", "accessLogs", remove{}, []string{"balancer alb-access-logged: accessLogs.enabled is not set"}},
		{"balancer", "enableDeletionProtection", false, []string{"balancer alb-deletion-protection: enableDeletionProtection is false"}},
		{"https", "sslPolicy", "ELBSecurityPolicy-2016-08", []string{`https alb-tls-policy: sslPolicy is "ELBSecurityPolicy-2016-08"`}},
		{"tls", "sslPolicy", "ELBSecurityPolicy-2016-08", []string{`tls alb-tls-policy: sslPolicy is "ELBSecurityPolicy-2016-08"`}},
		{"tls", "protocol", "TCP", []string{"tls nlb-speaks-tls: it speaks TCP"}},
		{"inner", "internal", remove{}, []string{"balancer lb-one-public: it is one of 2", "inner lb-one-public: it is one of 2"}},
		{"firewall", "rules", list{}, []string{"firewall waf-has-rules: it has none"}},
		{"firewall", "visibilityConfig.cloudwatchMetricsEnabled", false, []string{"firewall waf-metrics: visibilityConfig.cloudwatchMetricsEnabled is false"}},
		{"firewall", "rules.0.visibilityConfig", remove{}, []string{
			"firewall waf-metrics: the rule common does not: visibilityConfig.cloudwatchMetricsEnabled is not set"}},
		{"events", "defaultRouteSettings.throttlingRateLimit", remove{}, []string{"events api-throttled: defaultRouteSettings.throttlingRateLimit is not set"}},
		{"events", "defaultRouteSettings.throttlingBurstLimit", 0, []string{"events api-throttled: defaultRouteSettings.throttlingBurstLimit is 0"}},
		{"events", "accessLogSettings", remove{}, []string{"events api-access-logged: accessLogSettings.destinationArn is not set"}},
		{"function-url", "authorizationType", "NONE", []string{`function-url function-no-public-url: authorizationType is "NONE"`}},
		{"detector", "enable", false, []string{"detector guardduty-on: enable is false"}},
		{"detector-eks", "status", "DISABLED", []string{"detector guardduty-watches-clusters: the stack does not enable EKS_AUDIT_LOGS for it"}},
		{"detector-rds", "", nil, []string{"detector guardduty-watches-databases: the stack does not enable RDS_LOGIN_EVENTS for it"}},
	}
}

// mutated is the compliant stack with one mutation.
func mutated(m mutation) map[string]sample {
	samples := compliant()
	s, ok := samples[m.at]
	if !ok {
		panic("no resource " + m.at)
	}
	if m.path == "" {
		delete(samples, m.at)
		return samples
	}
	changed, _ := put(s.props, m.path, m.value).(props)
	s.props = changed
	samples[m.at] = s
	return samples
}

// inFull writes out a wanted violation as the pack prints it.
func inFull(t *testing.T, want string) string {
	t.Helper()
	head, seen, _ := strings.Cut(want, ": ")
	at, id, _ := strings.Cut(head, " ")
	rule, ok := All().Rule(id)
	if !assert.True(t, ok, "no rule %q", id) {
		return ""
	}
	return fmt.Sprintf("%s: %s: %s, but %s; %s", at, id, rule.Must, seen, rule.Remedy)
}

// Each broken property fires exactly the rules that guard it, with the whole message.
func TestMutations(t *testing.T) {
	t.Parallel()
	for _, m := range mutations() {
		var want []string
		for _, w := range m.want {
			want = append(want, inFull(t, w))
		}
		slices.Sort(want)
		assert.Equal(t, want, evaluate(production, mutated(m)), "%s %s = %v", m.at, m.path, m.value)
	}
}

// Rules that need more than one changed property.
func TestFurtherViolations(t *testing.T) {
	t.Parallel()
	samples := compliant()
	for i := range maxAdministrators {
		samples[fmt.Sprintf("administrator-%d", i)] = samples["administrator"]
	}
	samples["bare-secret"] = sample{secret, nil, nil}
	samples["bucket-acl"] = sample{bucketACL, props{"acl": "private"}, links{"bucket": "bucket"}}
	samples["person"] = sample{iamUserPolicy, props{"policy": permissions}, nil}
	samples["person-attachment"] = sample{iamUserAttachment, props{"policyArn": "arn:aws:iam::111122223333:policy/some"}, nil}
	samples["way-out"] = sample{route, nil, links{"routeTableId": "database-table", "gatewayId": "gateway"}}
	var want []string
	for _, w := range []string{
		"cluster eks-few-administrators: 4 have AmazonEKSClusterAdminPolicy",
		"bare-secret secret-rotated: the stack has no SecretRotation for it, and its tag rotation is not on-demand",
		"bare-secret secret-own-key: kmsKeyId is not set",
		"bucket-acl s3-no-acl: this is an access control list",
		"person iam-no-user-policies: this grants them to a user",
		"person-attachment iam-no-user-policies: this grants them to a user",
		"database-group rds-private-subnets: the subnet database-subnet has a route to the internet gateway",
	} {
		want = append(want, inFull(t, w))
	}
	slices.Sort(want)
	assert.Equal(t, want, evaluate(production, samples))
}

// Every rule is broken by some test above.
func TestEveryRuleIsBrokenOnce(t *testing.T) {
	t.Parallel()
	broken := map[string]bool{"eks-few-administrators": true, "secret-own-key": true} // in TestFurtherViolations
	for _, m := range mutations() {
		for _, want := range m.want {
			head, _, _ := strings.Cut(want, ": ")
			_, id, _ := strings.Cut(head, " ")
			broken[id] = true
		}
	}
	for _, rule := range Security().Rules {
		assert.True(t, broken[rule.ID], "no mutation breaks %s", rule.ID)
	}
}

// Outside production what is mandatory only there is still seen, and does not bind.
func TestSeverities(t *testing.T) {
	t.Parallel()
	for severity, binds := range map[Severity][2]bool{Mandatory: {true, true}, Production: {true, false}, Advisory: {false, false}} {
		assert.Equal(t, binds[0], production.Binding(severity), severity)
		assert.Equal(t, binds[1], development.Binding(severity), severity)
	}
	oneDay := mutated(mutation{at: "database", path: "backupRetentionPeriod", value: 1})
	assert.Empty(t, evaluate(development, oneDay))
	assert.Len(t, evaluate(production, oneDay), 1)
}
