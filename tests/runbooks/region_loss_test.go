package runbooks

var regionLoss = effect{
	seen: map[string][]observation{
		check: {
			{"the rows of the newest archive are in the new tenant", `sql "$NEW_TENANT" "select count(*), sum(n) from parcel"`, "40|820"},
		},
		undo: {
			{"the copy is gone", `exists "$NEW_TENANT"`, "false"},
			{"the copies stay in the other region", `aws s3 ls "s3://$COPY/archives.json" --region "$ELSEWHERE" | grep -c archives.json`, "1"},
		},
	},
	spared: map[string]string{
		"aws s3api create-bucket": "without the copies there is nothing to restore, and the next step says so",
	},
	harms: []harm{
		{
			name:    "an older archive is restored",
			step:    `KEY=$(jq -r .key <<<"$MADE")`,
			instead: `KEY=$(aws s3 ls "s3://$COPY/archives/$ENVIRONMENT/$TENANT/" --recursive --region "$ELSEWHERE" | awk '/sql.gz$/ { print $4 }' | sort | head -1)`,
			repair:  withoutCopy,
		},
	},
}
