package runbooks

const statesOfTenants = `platform tenant list --env "$ENVIRONMENT" $LOCAL --json | jq -c '.tenants | map([.slug, .state])'`

var budget200 = effect{
	seen: map[string][]observation{
		check: {
			{"free tenants are stopped, paying ones are not", statesOfTenants, `[["acme","active"],["birch","suspended"]]`},
		},
		undo: {
			{"all work as before", statesOfTenants, `[["acme","active"],["birch","active"]]`},
			{"the file is kept", `jq -c '.tenants | length' "$BEFORE.restored"`, "2"},
		},
	},
	harms: []harm{
		{
			name: "paying tenants are suspended, too",
			step: `select(.tier == "free" and .state == "active")`, instead: `select(.state == "active")`,
			repair: `for T in acme birch; do platform tenant resume "$T" --env "$ENVIRONMENT" $LOCAL; done`,
		},
		{
			name: "nobody is suspended",
			step: `platform tenant suspend "$T" --reason "the budget is at 200 per cent"`, instead: `platform tenant show "$T"`,
		},
	},
}
