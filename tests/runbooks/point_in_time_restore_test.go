package runbooks

var pointInTimeRestore = effect{
	seen: map[string][]observation{
		check: {
			{"the rows of that time are in the copy", `sql "$NEW_TENANT" "select count(*), sum(n) from entry"`, "700|245350"},
			{"the old tenant cannot be written to", `denied sql "$TENANT" "insert into entry values (0)" | grep -o read-only`, "read-only"},
		},
		undo: {
			{"the old tenant can be written to", `sql "$TENANT" "begin; insert into entry values (0); rollback" && echo yes`, "yes"},
			{"the copy is gone", `exists "$NEW_TENANT"`, "false"},
		},
	},
	harms: []harm{
		{
			name:    "an older archive is restored",
			step:    `--archive "$(jq -r .key <<<"$WANTED")" --newest`,
			instead: `--archive "$(platform tenant show "$TENANT" --env "$ENVIRONMENT" $LOCAL --json | jq -r '.archives | min_by(.createdAt).key')"`,
			repair:  withoutCopy,
		},
		{
			name: "the old tenant goes on writing",
			step: `platform tenant suspend "$TENANT" --read-only --reason "its data is being restored"`, instead: `platform tenant show "$TENANT"`, repair: withoutCopy,
		},
	},
}
