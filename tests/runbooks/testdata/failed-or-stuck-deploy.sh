# Stands for a run that died in the middle: its lock, a resource that was being made and that nobody knows of, and one that was being
# changed. The run that left them never was, so what a real one leaves is tried by tests/e2e, and here that the page's commands clear it.
# (It writes the file itself: an import forgets what is pending.)
STATE_FILE=${PULUMI_BACKEND_URL#file://}/.pulumi/stacks/platform/$ENVIRONMENT.json
LOCKS=${PULUMI_BACKEND_URL#file://}/.pulumi/locks/organization/platform/$ENVIRONMENT
die() {
	local state
	state=$(jq '.checkpoint.latest |=
		((first(.resources[] | select(.type == "aws:cloudwatch/metricAlarm:MetricAlarm"))) as $alarm |
		.pending_operations = [{resource: ($alarm | del(.id, .outputs) | .urn += "-half-made"), type: "creating"}, {resource: $alarm, type: "updating"}])' "$STATE_FILE")
	echo "$state" >"$STATE_FILE"
	mkdir -p "$LOCKS"
	printf '{"pid": 4194304, "username": "runner", "hostname": "gone", "timestamp": "%s"}' "$(date -u +%FT%TZ)" >"$LOCKS/00000000-0000-0000-0000-000000000000.json"
}
trap 'rm -rf "$LOCKS" "$KEEP"/state-*' EXIT
die
