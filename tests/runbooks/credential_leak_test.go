package runbooks

var credentialLeak = effect{
	seen: map[string][]observation{
		check: {
			{"the leaked password opens nothing", `denied psql "$LEAKED" -c 'select 1' | grep -o 'password authentication failed'`, "password authentication failed"},
			{"the session that it had opened is ended", `kill -0 "$INTRUDER" 2>/dev/null || echo ended`, "ended"},
			{"the new password works", `sql "$TENANT" "select 'in'"`, "in"},
			{"the leaked token opens no cache", `knock "$OLD" | cut -c1-10`, "-WRONGPASS"},
			{"the new token does", `knock "$(token)" | tr -d '\r'`, "+OK"},
		},
	},
	harms: []harm{
		{
			name: "the password is not rotated",
			step: `platform tenant rotate "$TENANT"`, instead: `platform tenant show "$TENANT"`,
		},
		{
			name: "the tenant stays suspended",
			step: `platform tenant resume "$TENANT" --env "$ENVIRONMENT" $LOCAL`, instead: `true`,
			repair: `platform tenant resume "$TENANT" --env "$ENVIRONMENT" $LOCAL`,
		},
		{
			name: "the token is not replaced",
			step: `pulumi -C "$WORKSPACE" state taint "$TOKEN" --stack "$ENVIRONMENT" --yes`, instead: `true`,
		},
		{
			name: "the old token of the cache is not retired",
			step: `--auth-token-update-strategy SET`, instead: `--auth-token-update-strategy ROTATE`,
		},
	},
}
