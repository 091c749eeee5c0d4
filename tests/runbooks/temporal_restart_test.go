package runbooks

// bothServe says how many of Temporal's servers are ready, of how many there should be.
const bothServe = `kubectl get deployment temporal -n platform-system -o jsonpath='{.status.readyReplicas} of {.spec.replicas}'`

var temporalRestart = effect{
	place: withTemporal,
	seen: map[string][]observation{
		"Before you start": {
			{"a workflow has begun", `begin`, "restart-0"},
		},
		check: {
			{"both servers are ready", bothServe, "2 of 2"},
			{"none of them was there before", `kubectl get pods $T -o json | jq --rawfile old "$SERVERS" '[.items[] | select(.metadata.deletionTimestamp == null) | .metadata.name | select(IN(($old | split("\n"))[]))] | length'`, "0"},
			{"every workflow ends, with each of its notes once", `for ID in $(cat "$BEGUN"); do ended "$ID"; done | sort | uniq -c | tr -s ' '`, "3 WORKFLOW_EXECUTION_STATUS_COMPLETED 40"},
			{"the last one began before the restart, and ended after the last new server began", `asked workflow describe --namespace platform --workflow-id "$(tail -n 1 "$BEGUN")" --output json |
				jq -r --arg restarted "$RESTARTED" --arg new "$(kubectl get pods $T -o json | jq -r '[.items[].metadata.creationTimestamp] | max')" \
				'.workflowExecutionInfo | if .startTime < $restarted and .closeTime > $new then "yes" else {$restarted, $new, startTime, closeTime} end'`, "yes"},
		},
		undo: {
			{"both servers are ready", bothServe, "2 of 2"},
			{"they are as before the restart", `kubectl get deployment temporal -n platform-system -o json | jq '.spec.template.metadata.annotations["kubectl.kubernetes.io/restartedAt"]'`, "null"},
			{"they answer", `asked operator cluster health`, "SERVING"},
			{"they know every workflow", `asked workflow count --namespace platform --query 'ExecutionStatus="Completed"'`, "Total: 3"},
		},
	},
	harms: []harm{
		{name: "nothing is restarted", step: `kubectl rollout restart deployment $T`, instead: `true`, repair: `begin`},
		{
			name: "one of the two is restarted",
			step: `kubectl rollout restart deployment $T`, instead: `kubectl delete pod -n platform-system "$(head -n 1 "$SERVERS")" --wait=false`,
			repair: `begin`,
		},
	},
}
