package rules

import "slices"

// messagingRules are the rules of topics.
func messagingRules() []*Rule {
	return []*Rule{
		{
			ID: "sns-encrypted", Severity: Mandatory, Frameworks: []string{"SNS.1", "CKV_AWS_26"}, Types: []string{topic},
			Must:     "a topic must be encrypted with a KMS key",
			Remedy:   "set kmsMasterKeyId",
			evaluate: mustBeSet("kmsMasterKeyId"),
		},
		{
			ID: "sns-not-public", Severity: Mandatory, Frameworks: []string{"SNS.4", "CKV_AWS_169"}, Types: []string{topic, topicPolicy},
			Must:     "a topic must not be open to everybody",
			Remedy:   "name accounts or services as principals, or add a condition such as aws:SourceAccount",
			evaluate: checkPublicDocument,
		},
	}
}

// checkPublicDocument refuses a resource policy that anyone may use.
func checkPublicDocument(_ Environment, r *Resource) []string {
	statements, ok := documentOf(r.Properties)
	if !ok || !slices.ContainsFunc(statements, statement.public) {
		return nil
	}
	return []string{`its policy allows the principal "*" with no condition on who that is`}
}
