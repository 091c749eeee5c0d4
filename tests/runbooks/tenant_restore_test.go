package runbooks

const withoutCopy = `platform tenant offboard "$NEW_TENANT" --archive --env "$ENVIRONMENT" $LOCAL`

var tenantRestore = effect{
	seen: map[string][]observation{
		check: {
			{"the good rows are back", `sql "$NEW_TENANT" "select body, count(*) from thing group by body"`, "good|1002"},
			{"the customer can write into the copy", `sql "$NEW_TENANT" "begin; insert into thing values (0, 'new'); rollback" && echo yes`, "yes"},
			{"the damaged rows are kept", `sql "$TENANT" "select body, count(*) from thing group by body"`, "broken|10"},
			{"the damaged tenant cannot be written to", `denied sql "$TENANT" "insert into thing values (0, 'new')" | grep -o read-only`, "read-only"},
		},
		undo: {
			{"the old tenant can be written to", `sql "$TENANT" "begin; insert into thing values (0, 'new'); rollback" && echo yes`, "yes"},
			{"its rows are as they were", `sql "$TENANT" "select body, count(*) from thing group by body"`, "broken|10"},
			{"the copy is gone", `exists "$NEW_TENANT"`, "false"},
		},
	},
	harms: []harm{
		{
			name: "it is not made read-only, so that it writes on",
			step: `platform tenant suspend "$TENANT" --read-only --reason "its data is being restored"`, instead: `platform tenant show "$TENANT"`, repair: withoutCopy,
		},
		{
			name: "the newest archive is chosen, which holds the damage",
			step: `select((.createdAt | sub("\\.[0-9]+Z"; "Z") | fromdate) <= ($asof | fromdate))`, instead: `.`, repair: withoutCopy,
		},
		{
			name: "the archive of the damage is restored",
			step: `--archive "$ARCHIVE"`, instead: `--archive "$DAMAGED" --newest`, repair: withoutCopy,
		},
		{
			name:    "the damaged data is not kept",
			step:    `DAMAGED=$(platform tenant archive "$TENANT" --env "$ENVIRONMENT" $LOCAL --json | jq -r .archive.key)`,
			instead: `DAMAGED=$ARCHIVE`, repair: withoutCopy,
		},
		{
			name: "the newest archive is restored without a thought",
			step: `--archive "$ARCHIVE"`, instead: `--archive "$DAMAGED"`,
			refused: `if it was made after the damage, it holds the damage`, repair: withoutCopy,
		},
		{
			name: "it is restored into the damaged tenant itself",
			step: `platform tenant restore "$NEW_TENANT"`, instead: `platform tenant restore "$TENANT"`,
			refused: `an archive is restored as the tenant`, repair: withoutCopy,
		},
	},
}
