package runbooks

const (
	desired = `sizes | jq -c 'to_entries | map([(.key | split("-")[1]), .value.desiredSize])'`
	denied  = `aws iam list-attached-role-policies --role-name platform-deployer --query 'AttachedPolicies[].PolicyName' --output text`
	// regrown has two nodes of the tenants' again.
	regrown = `aws eks update-nodegroup-config --cluster-name "$CLUSTER" --scaling-config minSize=0,desiredSize=2,maxSize=3 \
  --nodegroup-name "$(aws eks list-nodegroups --cluster-name "$CLUSTER" --query 'nodegroups[?contains(@, ` + "`tenants`" + `)] | [0]' --output text)"
`
	// untouched is as the page found it: deployments work, too.
	untouched = regrown + `aws iam detach-role-policy --role-name platform-deployer --policy-arn "$POLICY" || true`
)

var budget100 = effect{
	seen: map[string][]observation{
		"Before you start": {
			{"the file has what is there", `sizes | jq -e --slurpfile kept "$BEFORE" '. == $kept[0]'`, "true"},
		},
		check: {
			{"one node fewer, of the tenants'", desired, `[["system",1],["tenants",1]]`},
			{"nobody deploys what costs money", denied, "platform-budget-breaker"},
		},
		undo: {
			{"the nodes are back", desired, `[["system",1],["tenants",2]]`},
			{"deployments work again", denied, ""},
			{"the file is kept", `jq -c 'length' "$BEFORE.restored"`, "2"},
		},
	},
	harms: []harm{
		{
			name: "all nodes of the tenants are removed",
			step: `.desiredSize = ([.desiredSize - 1, .minSize, 1] | max)`, instead: `.desiredSize = 0`, repair: regrown,
		},
		{
			name: "the group of the system is scaled",
			step: "[?!starts_with(@, `cluster-system`)]", instead: "[?starts_with(@, `cluster-system`)]",
			repair: `true`, // it has one node already, and stays
		},
		{
			name: "the sizes are not kept",
			step: `[ -s "$BEFORE" ] || sizes >"$BEFORE"`, instead: `echo '{"cluster-tenants": {"desiredSize":1}}' >"$BEFORE"`,
			repair: "rm \"$KEEP\"/nodes-before-*\n" + untouched,
		},
		{
			name: "the policy is attached to nobody",
			step: `do aws iam attach-role-policy --role-name "$R" --policy-arn "$POLICY"; done`, instead: `do true; done`, repair: untouched,
		},
	},
}
