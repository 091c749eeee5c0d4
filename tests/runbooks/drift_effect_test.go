package runbooks

const changedByHand = `aws events put-rule --name "$RULE" --schedule-expression 'rate(5 minutes)' --description 'Changed by hand' >/dev/null
aws secretsmanager update-secret --secret-id "$SECRET" --description 'Changed by hand, too' >/dev/null`

var drift = effect{
	seen: map[string][]observation{
		check: {
			{"the sweep runs each minute again", `aws events describe-rule --name "$RULE" --query ScheduleExpression --output text`, "rate(1 minute)"},
			{"the tenant's secret is as the program has it", `aws secretsmanager describe-secret --secret-id "$SECRET" --query Description --output text | grep -c 'Changed by hand' || true`, "0"},
			{"the tenant can log in", `sql "$TENANT" "select 'in'"`, "in"},
		},
	},
	spared: map[string]string{
		"aws events put-rule":              "it is the trouble, for practice",
		`platform tenant create "$TENANT"`: "on a local cloud the deployment of the environment reverts its tenants, too, and leaves nothing to this step",
	},
	harms: []harm{
		{
			name: "the state is not refreshed",
			step: `--yes --non-interactive --suppress-progress --skip-preview`, instead: `--preview-only --non-interactive --suppress-progress`,
			repair: changedByHand,
		},
		{
			name: "the refreshed state is not deployed",
			step: `platform up --stack "$ENVIRONMENT" $LOCAL --plan "$PLAN"`, instead: `true`,
			repair: changedByHand,
		},
	},
}
