package runbooks

var wrong429 = effect{
	seen: map[string][]observation{
		check: {
			{"the tenant has the larger tier", `tenant_of "$TENANT" tier`, "enterprise"},
			{"it works", `sql "$TENANT" "select 'in'"`, "in"},
		},
		undo: {
			{"it has the tier that it had", `[ "$(tenant_of "$TENANT" tier)" = "$TIER" ] && echo same`, "same"},
		},
	},
	harms: []harm{
		{
			name: "another tenant gets the tier",
			step: `tier "$TENANT" enterprise`, instead: `tier birch enterprise`,
			repair: `platform tenant tier birch free --env "$ENVIRONMENT" $LOCAL`,
		},
	},
}
