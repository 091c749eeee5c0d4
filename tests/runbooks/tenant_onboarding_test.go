package runbooks

var tenantOnboarding = effect{
	seen: map[string][]observation{
		check: {
			{"the customer can create and write", `sql "$NEW_TENANT" "begin; create table note (n int); insert into note values (1); select sum(n) from note; rollback"`, "1"},
			{"its tier is the one that it bought", `tenant_of "$NEW_TENANT" tier`, "pro"},
		},
		undo: {
			{"nothing is left", `exists "$NEW_TENANT"`, "false"},
		},
	},
	spared: map[string]string{
		`create "$NEW_TENANT" --tier starter`: "the tier is set by step 3",
	},
	harms: []harm{
		{
			name: "another tenant gets the tier",
			step: `tier "$NEW_TENANT" pro`, instead: `tier birch pro`,
			repair: `platform tenant tier birch free --env "$ENVIRONMENT" $LOCAL`,
		},
		{
			name: "it gets another tier than it bought",
			step: `platform tenant tier "$NEW_TENANT" pro`, instead: `platform tenant tier "$NEW_TENANT" enterprise`,
		},
	},
}
