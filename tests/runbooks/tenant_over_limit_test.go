package runbooks

var tenantOverLimit = effect{
	seen: map[string][]observation{
		"Before you start": {
			{"it cannot write", `denied psql "$url" -c "insert into log values (now(), 'more')" | grep -o read-only`, "read-only"},
		},
		check: {
			{"what is not old is still there", `sql "$TENANT" "select count(*) from log"`, "1000"},
			{"it can write", `sql "$TENANT" "begin; insert into log values (now(), 'more'); rollback" && echo yes`, "yes"},
			{"the archive for the undo is there", `platform tenant show "$TENANT" --env "$ENVIRONMENT" $LOCAL --json | jq --arg key "$ARCHIVE" '.archives[] | select(.key == $key).rows'`, "281000"},
		},
	},
	spared: map[string]string{
		"resume \"$TENANT\" --clean-up": "a tenant that may not free space cannot delete in the next step, which says so",
	},
	harms: []harm{
		{
			name: "nothing that is large is deleted",
			step: `interval '30 days'`, instead: `interval '300 days'`,
		},
		{
			name: "the space is not given back",
			step: `vacuum full log;`, instead: `vacuum log;`, // it stays read-only; the next harm gives it back
		},
		{
			name: "everything is deleted",
			step: ` where at < now() - interval '30 days'`, instead: ``,
			repair: `fill`,
		},
	},
}
