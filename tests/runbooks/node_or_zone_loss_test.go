package runbooks

// settled is as the page found it, but for the bad node, before the shell has the page's functions.
const settled = `kubectl uncordon --selector kubernetes.io/os=linux
GROUP=$(aws eks list-nodegroups --cluster-name "$CLUSTER" --query 'nodegroups[?starts_with(@, ` + "`cluster-tenants`" + `)] | [0]' --output text)
aws eks update-nodegroup-config --cluster-name "$CLUSTER" --nodegroup-name "$GROUP" --scaling-config minSize=0,desiredSize=2,maxSize=3 >/dev/null`

var nodeLoss = effect{
	place: withNodes,
	seen: map[string][]observation{
		"Steps": {
			{"the bad node is gone, though its name may have come back", `kubectl get nodes --output json | jq --arg id "$INSTANCE" '[.items[] | select(.spec.providerID == $id)] | length'`, "0"},
		},
		check: {
			{"the shop has two replicas again", `kubectl get deployment shop --namespace default --output jsonpath='{.status.readyReplicas}'`, "2"},
		},
		undo: {
			{"no node is cordoned", `kubectl get nodes --output jsonpath='{.items[*].spec.unschedulable}'`, ""},
			{"the group has its number again", `aws eks describe-nodegroup --cluster-name "$CLUSTER" --nodegroup-name "$GROUP" --query nodegroup.scalingConfig.desiredSize --output text`, "2"},
		},
	},
	spared: map[string]string{
		"kubectl drain":     "its group drains a node again before it ends it",
		`WANTED=$(desired)`: "the first cordon's harm shows that the Check sees which nodes are cordoned",
	},
	harms: []harm{
		{
			name:    "the bad node is left as it is",
			step:    "aws autoscaling terminate-instance-in-auto-scaling-group --instance-id \"${ID##*/}\" --no-should-decrement-desired-capacity \\\n  --query Activity.StatusCode --output text",
			instead: "echo InProgress", repair: settled,
		},
		{
			name: "all zones are cordoned", step: "ZONE=us-east-1a\nkubectl cordon -l topology.kubernetes.io/zone=\"$ZONE\"",
			instead: "ZONE=us-east-1a\nkubectl cordon --selector kubernetes.io/os=linux", repair: settled,
		},
		{name: "the group stays as small as it is", step: `scale '.desiredSize = .maxSize'`, instead: `scale .`, repair: settled},
	},
}
