package runbooks

const webhooks = `kubectl get validatingwebhookconfigurations --output name`

var apiTrouble = effect{
	seen: map[string][]observation{
		"Before you start": {
			{"requests are refused", `refused() { kubectl create configmap x -n platform-system --dry-run=server 2>&1; }; denied refused | grep -c audit.genericcorp.example`, "1"},
		},
		check: {
			{"the webhook is gone", webhooks, ""},
			{"the pod that has ended is gone", `kubectl get pods --namespace default --output name`, ""},
		},
		undo: {
			{"the webhook is there", webhooks, "validatingwebhookconfiguration.admissionregistration.k8s.io/audit"},
			{"it refuses again, until its pods run", `refused() { kubectl create configmap x -n platform-system --dry-run=server 2>&1; }; denied refused | grep -c audit.genericcorp.example`, "1"},
		},
	},
	spared: map[string]string{
		"kubectl delete pods -A": "such pods have ended, and nothing is lost with them",
	},
	harms: []harm{
		{name: "the webhook stays", step: `kubectl delete "$HOOK"`, instead: `kubectl get "$HOOK" -o name; echo deleted`, repair: `true`},
		{
			name: "its configuration is kept as it is shown, which nobody can restore",
			step: ` | jq 'del(.metadata | .uid, .resourceVersion, .creationTimestamp, .generation, .managedFields)' >"$KEPT"`, instead: ` >"$KEPT"`,
			repair: `jq 'del(.metadata | .uid, .resourceVersion, .creationTimestamp, .generation, .managedFields)' "$KEEP/webhook.json" | kubectl create -f -`,
		},
		{
			name: "nothing is kept", step: `managedFields)' >"$KEPT"`, instead: `managedFields)' >"$KEPT.lost"; : >"$KEPT"`,
			repair: `kubectl create -f "$KEEP/webhook.json.lost"`,
		},
	},
}
