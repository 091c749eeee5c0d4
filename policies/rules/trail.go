package rules

// trailRules are the rules of CloudTrail, of logs and of alarms.
func trailRules() []*Rule {
	trails := []string{trail}
	return []*Rule{
		{
			ID: "trail-encrypted", Severity: Mandatory, Frameworks: []string{"CloudTrail.2", "CKV_AWS_35"}, Types: trails,
			Must:     "a trail must be encrypted with a customer-managed key",
			Remedy:   "set kmsKeyId",
			evaluate: mustBeSet("kmsKeyId"),
		},
		{
			ID: "trail-validated", Severity: Mandatory, Frameworks: []string{"CloudTrail.4", "CKV_AWS_36"}, Types: trails,
			Must:     "a trail must validate its log files, so that changes are detectable",
			Remedy:   "set enableLogFileValidation to true",
			evaluate: mustBeTrue("enableLogFileValidation"),
		},
		{
			ID: "log-group-encrypted", Severity: Mandatory, Frameworks: []string{"CKV_AWS_158"}, Types: []string{logGroup},
			Must:     "logs must be encrypted with a customer-managed key",
			Remedy:   "set kmsKeyId",
			evaluate: mustBeSet("kmsKeyId"),
		},
		{
			ID: "log-group-retention", Severity: Mandatory, Frameworks: []string{"CloudWatch.16", "CKV_AWS_66", "own"}, Types: []string{logGroup},
			Must:     "a log group must have a retention period, or its logs are billed indefinitely",
			Remedy:   "set retentionInDays",
			evaluate: mustBeAtLeast("retentionInDays", func(Environment) float64 { return 1 }),
		},
		{
			ID: "alarm-missing-data", Severity: Mandatory, Frameworks: []string{"own"}, Types: []string{metricAlarm},
			Must:     "an alarm must say what the silence of its metric means, or what is lost raises none, and what is counted ends none",
			Remedy:   "set treatMissingData to breaching for a metric that always has values, to notBreaching for one that counts events",
			evaluate: mustBeOneOf("treatMissingData", "breaching", "notBreaching"),
		},
	}
}
