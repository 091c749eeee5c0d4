package runbooks

const stateOfSweep = `aws events describe-rule --name "$SWEEP" --query '[State,ScheduleExpression]' --output text | xargs`

var provisionerTrouble = effect{
	seen: map[string][]observation{
		"Steps": {
			{"no sweep relieves the database", stateOfSweep, "DISABLED rate(1 minute)"},
		},
		check: {
			{"the sweep runs each minute", stateOfSweep, "ENABLED rate(1 minute)"},
			{"it starts the provisioner", `aws events list-targets-by-rule --rule "$SWEEP" --query 'Targets[].Arn' --output text | grep -c "function:$FUNCTION$"`, "1"},
			{"the sweep by hand ended well", `jq -r '.errorMessage // "well"' "$RESPONSE"`, "well"},
		},
	},
	harms: []harm{
		{
			name: "the sweep is made rare",
			step: `aws events disable-rule --name "$RULE"`, instead: `aws events put-rule --name "$RULE" --schedule-expression 'rate(1 day)' --state DISABLED`,
			repair: `aws events put-rule --name "$SWEEP" --schedule-expression 'rate(1 minute)' --description "$DESCRIPTION" --state ENABLED`,
		},
		{
			name:    "the sweep loses what it starts",
			step:    `aws events disable-rule --name "$RULE"`,
			instead: `aws events remove-targets --rule "$RULE" --ids $(jq -r '.[].Id' "$TARGETS")`,
			repair:  `aws events put-targets --rule "$SWEEP" --targets "file://$TARGETS"`,
		},
	},
}
