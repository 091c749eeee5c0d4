package bootstrap

import "strconv"

// dataBuckets begin the names of the buckets that hold what cannot be made again: tenants' archives and the audit trail.
var dataBuckets = []string{"monitoring-trail-", "provisioner-archives-"}

// logBuckets begin the names of the buckets of access logs. They can be switched on at any time, so that how long they are kept is no
// administrators' matter as it is with data.
var logBuckets = []string{"edge-logs-"}

// recordLogs begin the names of the log groups that say who did what: in the cluster, in the database, and over the network.
var recordLogs = []string{"/aws/eks/", "/aws/rds/", "network-flow-log-"}

// recoveryDays is how long production can bring back a deleted secret: as long as AWS allows.
const recoveryDays = 30

// keptSnapshots is how many days of the cache's snapshots production keeps at least.
const keptSnapshots = 7

// keepData denies what destroys data or records, at once or by and by. Administrators make what data is kept in, in the first
// deployment, and only they change how long it is kept.
//
// IAM cannot tell a change of a database's instance that ends its backups or its protection from any other: rds:ModifyDBInstance
// carries no key for either (Service Authorization Reference, "Amazon RDS"). The settings refuse it, and so does the policy pack.
func (a *account) keepData() []statement {
	return []statement{
		{
			Sid: "NeverDestroyData", Effect: deny, Resource: []string{"*"},
			Action: []string{
				"cloudtrail:DeleteTrail", "cloudtrail:PutEventSelectors", "cloudtrail:StopLogging", "cloudtrail:UpdateTrail",
				"ec2:DeleteSnapshot", "ec2:DeleteVolume", "eks:DeleteCluster", "elasticache:DeleteReplicationGroup", "elasticache:DeleteSnapshot",
				"kms:DeleteImportedKeyMaterial", "kms:DisableKey", "kms:ScheduleKeyDeletion",
				"rds:DeleteDBCluster*", "rds:DeleteDBInstance*", "rds:DeleteDBSnapshot", "rds:ModifyDB*SnapshotAttribute", "s3:BypassGovernanceRetention", "s3:DeleteBucket",
				"budgets:DeleteBudgetAction", // the breaker
			},
		},
		{
			Sid: "KeepWhatIsInBuckets", Effect: deny, Resource: a.inBuckets(dataBuckets),
			Action: []string{"s3:DeleteObject*", "s3:PutBucketVersioning", "s3:PutLifecycleConfiguration", "s3:PutReplicationConfiguration"},
		},
		{
			Sid: "KeepRecords", Effect: deny, Resource: a.recordLogGroups(),
			Action: []string{"logs:DeleteLog*", "logs:DeleteRetentionPolicy", "logs:PutRetentionPolicy"},
		},
		{
			Sid: "DeleteNoSecretAtOnce", Effect: deny, Action: []string{"secretsmanager:DeleteSecret"}, Resource: []string{"*"},
			Condition: condition{"Bool": {"secretsmanager:ForceDeleteWithoutRecovery": {"true"}}},
		},
		{
			Sid: "DeleteNoSecretSoon", Effect: deny, Action: []string{"secretsmanager:DeleteSecret"}, Resource: []string{"*"},
			Condition: condition{"NumericLessThan": {"secretsmanager:RecoveryWindowInDays": {strconv.Itoa(recoveryDays)}}},
		},
		{
			Sid: "KeepSnapshots", Effect: deny, Action: []string{"elasticache:ModifyReplicationGroup"}, Resource: []string{"*"},
			Condition: condition{"NumericLessThan": {"elasticache:SnapshotRetentionLimit": {strconv.Itoa(keptSnapshots)}}},
		},
		{
			Sid: "LockNobodyOutOfKeys", Effect: deny, Action: []string{"kms:CreateKey", "kms:PutKeyPolicy"}, Resource: []string{"*"},
			Condition: condition{"Bool": {"kms:BypassPolicyLockoutSafetyCheck": {"true"}}},
		},
	}
}

// inBuckets are the buckets whose names begin so, and what is in them. The provider of AWS ends their names at random.
func (a *account) inBuckets(names []string) []string {
	list := make([]string, 0, 2*len(names))
	for _, name := range names {
		list = append(list, "arn:aws:s3:::"+name+"*", "arn:aws:s3:::"+name+"*/*")
	}
	return list
}

func (a *account) recordLogGroups() []string {
	list := make([]string, len(recordLogs))
	for i, name := range recordLogs {
		list[i] = a.arn("logs", a.Region, "log-group:"+name+"*") // each cluster's, database's and network's
	}
	return list
}
