package runbooks

var tenantOffboarding = effect{
	seen: map[string][]observation{
		"Before you start": {
			{"nobody can log in as it", `denied psql "$(url_of "$TENANT")" -c 'select 1' | grep -o 'not permitted to log in'`, "not permitted to log in"},
		},
		check: {
			{"its role is gone", `exists "$TENANT"`, "false"},
			{"the others stay", `exists acme`, "true"},
		},
		undo: {
			{"every row is back", `sql "$TENANT" "select count(*), sum(n) from customer"`, "500|125250"},
			{"it can write", `sql "$TENANT" "begin; insert into customer values (0); rollback" && echo yes`, "yes"},
			{"its tier is the one that it had", `tenant_of "$TENANT" tier`, "free"},
		},
	},
	harms: []harm{
		{
			name: "an older archive is noted for the undo",
			step: `LAST=$(platform tenant archive "$TENANT" --env "$ENVIRONMENT" $LOCAL --json | jq -c .archive)`,
			instead: `platform tenant archive "$TENANT" --env "$ENVIRONMENT" $LOCAL
LAST=$(platform tenant show "$TENANT" --env "$ENVIRONMENT" $LOCAL --json | jq -c '.archives | min_by(.createdAt)')`,
			repair: `platform tenant create "$TENANT" --tier free --env "$ENVIRONMENT" $LOCAL
platform tenant restore "$TENANT" --newest --env "$ENVIRONMENT" $LOCAL`,
		},
		{
			name:    "the last archive is left out",
			step:    `LAST=$(platform tenant archive "$TENANT" --env "$ENVIRONMENT" $LOCAL --json | jq -c .archive)`,
			instead: `LAST=$(platform tenant show "$TENANT" --env "$ENVIRONMENT" $LOCAL --json | jq -c '.archives | min_by(.createdAt)')`,
			refused: `archive the tenant first`,
		},
		{
			name: "it is not removed",
			step: "platform tenant offboard \"$TENANT\" --env \"$ENVIRONMENT\" $LOCAL\n", instead: "platform tenant offboard \"$TENANT\" --env \"$ENVIRONMENT\" $LOCAL --dry-run\n",
		},
	},
	spared: map[string]string{
		`platform tenant suspend "$TENANT"`: "a tenant that is not suspended ahead loses nothing: offboarding ends its sessions and compares the archive",
	},
}
