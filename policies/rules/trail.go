package rules

// trailRules are the rules of CloudTrail and of logs.
func trailRules() []*Rule {
	trails := []string{trail}
	return []*Rule{
		{
			ID: "trail-encrypted", Severity: Mandatory, Frameworks: []string{"CloudTrail.2", "CKV_AWS_35"}, Types: trails,
			Must:   "the record of API calls must be encrypted with an own key",
			Remedy: "set kmsKeyId",
			judge:  mustBeSet("kmsKeyId"),
		},
		{
			ID: "trail-validated", Severity: Mandatory, Frameworks: []string{"CloudTrail.4", "CKV_AWS_36"}, Types: trails,
			Must:   "changes to the record of API calls must be detectable",
			Remedy: "set enableLogFileValidation to true",
			judge:  mustBeTrue("enableLogFileValidation"),
		},
		{
			ID: "log-group-encrypted", Severity: Mandatory, Frameworks: []string{"CKV_AWS_158"}, Types: []string{logGroup},
			Must:   "logs must be encrypted with an own key",
			Remedy: "set kmsKeyId",
			judge:  mustBeSet("kmsKeyId"),
		},
		{
			ID: "log-group-retention", Severity: Mandatory, Frameworks: []string{"CloudWatch.16", "CKV_AWS_66", "own"}, Types: []string{logGroup},
			Must:   "logs must say how long they are kept, or they are billed for ever",
			Remedy: "set retentionInDays",
			judge:  mustBeAtLeast("retentionInDays", func(Environment) float64 { return 1 }),
		},
	}
}
