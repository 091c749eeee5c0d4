package runbooks

var tenantSuspension = effect{
	seen: map[string][]observation{
		check: {
			{"it cannot log in", `denied psql "$(url_of "$TENANT")" -c 'select 1' | grep -o 'not permitted to log in'`, "not permitted to log in"},
			{"the others work", `sql birch "select 'in'"`, "in"},
		},
		undo: {
			{"it works as before", `sql "$TENANT" "begin; create table note (n int); insert into note values (1); select sum(n) from note; rollback"`, "1"},
		},
	},
	spared: map[string]string{
		"--read-only": "the next step stops what this one only limits",
	},
	harms: []harm{
		{
			name: "another tenant is suspended",
			step: `suspend "$TENANT" --reason "$REASON"`, instead: `suspend birch --reason "$REASON"`,
			repair: `platform tenant resume birch --env "$ENVIRONMENT" $LOCAL`,
		},
		{
			name: "nobody says why",
			step: `suspend "$TENANT" --reason "$REASON"`, instead: `suspend "$TENANT"`,
		},
	},
}
