package rules

import "strings"

// keyRules are the rules of encryption keys.
func keyRules() []*Rule {
	return []*Rule{
		{
			ID: "kms-rotated", Severity: Mandatory, Frameworks: []string{"KMS.4", "CKV_AWS_7"}, Types: []string{key},
			Must:     "a key must be rotated automatically",
			Remedy:   "set enableKeyRotation to true",
			Limits:   "asymmetric and HMAC keys, which AWS does not rotate, pass",
			evaluate: checkKeyRotation,
		},
		{
			ID: "kms-not-public", Severity: Mandatory, Frameworks: []string{"CKV_AWS_33"}, Types: []string{key, keyPolicy},
			Must:     "a key must not be open to everybody",
			Remedy:   "name accounts or services as principals, or add a condition such as kms:CallerAccount",
			evaluate: checkPublicDocument,
		},
	}
}

func checkKeyRotation(env Environment, r *Resource) []string {
	spec := r.Properties.Text("customerMasterKeySpec")
	if spec.Unknown() || spec.Known() && !strings.HasPrefix(spec.Value, "SYMMETRIC") {
		return nil
	}
	return mustBeTrue("enableKeyRotation")(env, r)
}
