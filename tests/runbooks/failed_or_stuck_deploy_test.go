package runbooks

const (
	// inState is the number of resources that the state has, and of pending operations.
	inState = `pulumi -C "$WORKSPACE" stack export --stack "$ENVIRONMENT" |
  jq -c '[(.deployment.resources | length), (.deployment.pending_operations // [] | length)]'`
	asInCopy = `[ "$(` + inState + `)" = "$(jq -c '[(.deployment.resources | length), 0]' "$STATE")" ] && echo the same`
	pending  = `jq -c '[.deployment.pending_operations[].type]' "$STATE"`

	completing = `platform tenant create "$TENANT" --tier "$TIER" --env "$ENVIRONMENT" $LOCAL`
)

var stuckDeploy = effect{
	seen: map[string][]observation{
		"Before you start": {
			{"the copy has what is pending", pending, `["creating","updating"]`},
			{"only its owner can read it", `stat -c %a "$(dirname "$STATE")"`, "700"},
		},
		check: {
			{"nothing is pending, and nothing lost", asInCopy, "the same"},
			{"no lock is left", `find "${PULUMI_BACKEND_URL#file://}/.pulumi/locks" -name '*.json'`, ""},
			{"the copy is still there", pending, `["creating","updating"]`},
			{"the tenant is as it was", `tenant_of "$TENANT" state`, "active"},
		},
		undo: {
			{"the state is the copy's", asInCopy, "the same"},
			{"the copy is still there", pending, `["creating","updating"]`},
			{"AWS has what the state says",
				`pulumi -C "$WORKSPACE" refresh --stack "$ENVIRONMENT" --preview-only --expect-no-changes >/dev/null && echo yes`, "yes"},
		},
	},
	spared: map[string]string{
		"--clear-pending-creates": "a local cloud forgets what is pending by itself, at the next preview",
		`--plan "$PLAN"`:          "it deploys what was previewed, and refuses anything else",
	},
	harms: []harm{
		{
			name: "the lock stays",
			step: `pulumi -C "$WORKSPACE" cancel --yes --stack "$ENVIRONMENT"`, instead: `true`,
			refused: "the stack is currently locked",
		},
		{
			name: "a resource is lost from the state on the way",
			step: completing,
			instead: `URN=$(jq -r 'first(.deployment.resources[] | select(.type == "aws:cloudwatch/metricAlarm:MetricAlarm")).urn' "$STATE")
pulumi -C "$WORKSPACE" state delete "$URN" --stack "$ENVIRONMENT" --yes`,
			repair: `pulumi -C "$WORKSPACE" stack import --stack "$ENVIRONMENT" --file "$STATE"`,
		},
		{
			name: "another deployment dies on the way",
			step: completing, instead: "die",
			repair: `rm -f "$LOCKS"/*.json; pulumi -C "$WORKSPACE" stack import --stack "$ENVIRONMENT" --file "$STATE"`,
		},
		{
			name: "the only copy of the state is removed on the way",
			step: completing, instead: `mv "$STATE" "$KEEP/aside"`,
			repair: `mv "$KEEP/aside" "$STATE"`,
		},
		{
			name: "the tenant is completed with another tier",
			step: `TIER=$(platform tenant show "$TENANT" --env "$ENVIRONMENT" $LOCAL --json | jq -r .tenant.tier)`, instead: `TIER=free`,
			refused: `tier: got "free", expected`,
		},
	},
}
