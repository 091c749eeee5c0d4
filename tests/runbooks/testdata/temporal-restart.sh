# Makes an environment at work: a workflow of the reference application, which makes a note in the tenant's schema every five seconds. One
# begins before the page's steps, and another after each harm, so that one has just begun when the page restarts the servers.
PAUSES="1 1 1 1 1 1" # in place of 24 hours
sleep 90             # the tenant is new: its secret reaches the workers within a minute, and until then they know no such tenant
BEGUN=$(mktemp)      # the workflows
SERVERS=$(mktemp)    # the pods, when the last of them began
COMPLAINTS=$(mktemp)
gone() {
	sql "$TENANT" "delete from note where key like 'restart-%'"
	rm "$BEGUN" "$SERVERS" "$COMPLAINTS"
}
trap 'gone >/dev/null 2>&1' EXIT
asked() { # COMMAND...: what the page's question answers, without the complaints of tries before the one that was answered
	ask "$@" 2>"$COMPLAINTS" || { cat "$COMPLAINTS"; return 1; }
}
begin() { # a workflow of 40 notes, which is more than three minutes
	echo "restart-$(wc -l <"$BEGUN")" >>"$BEGUN"
	kubectl get pods $T -o jsonpath='{range .items[*]}{.metadata.name}{"\n"}{end}' >"$SERVERS"
	asked workflow start --namespace platform --task-queue sample --type Reminder --id-conflict-policy UseExisting --workflow-id "$(tail -n 1 "$BEGUN")" \
		--input "{\"tenant\": \"$TENANT\", \"text\": \"water the plants\", \"times\": 40, \"everySeconds\": 5}" --output json | jq -r .workflowId
}
ended() { # WORKFLOW: how it has ended, once it has, and how many notes there are of it, of which the table has each once
	local status=WORKFLOW_EXECUTION_STATUS_RUNNING
	while [ "$status" = WORKFLOW_EXECUTION_STATUS_RUNNING ]; do
		sleep 5
		status=$(asked workflow describe --namespace platform --workflow-id "$1" --output json | jq -r .workflowExecutionInfo.status)
	done
	echo "$status" "$(sql "$TENANT" "select count(*) from note where key like '$1/%'")"
}
