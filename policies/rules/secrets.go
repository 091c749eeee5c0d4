package rules

import (
	"strconv"
	"strings"

	"github.com/genericcorp/platform/internal/property"
)

// maxRotationDays is how long a secret may stay the same.
const maxRotationDays = 90

// onDemand is what a secret's tag "rotation" says when people rotate it, by a runbook.
const onDemand = "on-demand"

// secretRules are the rules of secrets.
func secretRules() []*Rule {
	return []*Rule{
		{
			ID: "secret-rotated", Severity: Mandatory, Frameworks: []string{"SecretsManager.1"}, Types: []string{secret},
			Must:          "a secret must be rotated automatically, or say that it is rotated on demand",
			Remedy:        "add a SecretRotation whose secretId is the secret's; or, where a runbook rotates it, set the tag rotation to on-demand",
			Limits:        "sees rotations of the same stack; AWS rotates the secret that a database manages itself",
			evaluateStack: checkSecretRotations,
		},
		{
			ID: "secret-rotation-period", Severity: Mandatory, Frameworks: []string{"SecretsManager.4"}, Types: []string{secretRotation},
			Must:     "a secret must be rotated within " + strconv.Itoa(maxRotationDays) + " days",
			Remedy:   "set rotationRules.automaticallyAfterDays to " + strconv.Itoa(maxRotationDays) + " or less",
			Limits:   "rate expressions in days and hours are read; a cron expression is not",
			evaluate: checkRotationPeriod,
		},
		{
			ID: "secret-own-key", Severity: Mandatory, Frameworks: []string{"CKV_AWS_149"}, Types: []string{secret},
			Must:     "a secret must be encrypted with a customer-managed key",
			Remedy:   "set kmsKeyId",
			evaluate: mustBeSet("kmsKeyId"),
		},
	}
}

func checkSecretRotations(_ Environment, s *Stack) []finding {
	var findings []finding
	for _, r := range s.ofType(secret) {
		said := r.Properties.Text("tags.rotation")
		if said.Unknown() || said.Value == onDemand || len(s.pointingAt(r, "secretId", secretRotation)) > 0 {
			continue
		}
		findings = append(findings, finding{r, "the stack has no SecretRotation for it, and its tag rotation is not " + onDemand})
	}
	return findings
}

func checkRotationPeriod(_ Environment, r *Resource) []string {
	const days, schedule = "rotationRules.automaticallyAfterDays", "rotationRules.scheduleExpression"
	if r.Properties.State(schedule) == property.Unknown {
		return nil
	}
	if expression := r.Properties.Text(schedule); expression.Known() {
		if period, ok := rateDays(expression.Value); ok && period > maxRotationDays {
			return []string{r.Properties.Describe(schedule)}
		}
		return nil
	}
	v := r.Properties.Number(days)
	if v.Unknown() || v.Known() && v.Value > 0 && v.Value <= maxRotationDays {
		return nil
	}
	return []string{r.Properties.Describe(days)}
}

// rateDays reads an expression such as "rate(10 days)".
func rateDays(expression string) (float64, bool) {
	inner, ok := strings.CutPrefix(strings.TrimSuffix(strings.TrimSpace(expression), ")"), "rate(")
	count, unit, two := strings.Cut(strings.TrimSpace(inner), " ")
	n, err := strconv.ParseFloat(count, 64)
	if !ok || !two || err != nil {
		return 0, false
	}
	if strings.HasPrefix(unit, "hour") {
		return n / 24, true
	}
	return n, true
}
