package runbooks

var tenantFlood = effect{
	seen: map[string][]observation{
		check: {
			{"the address is kept from the edge's port, and from no other", `rules Entries json | jq -r '.[] | select(.RuleNumber == 10) | "\(.CidrBlock) \(.Egress) \(.PortRange.From)-\(.PortRange.To)"'`, "198.51.100.9/32 false 443-443"},
		},
		undo: {
			{"nothing is left of it", `rules Entries json | jq '[.[] | select(.RuleAction == "deny" and .RuleNumber < 32767)] | length'`, "0"},
		},
	},
	harms: []harm{
		{
			name: "the rule stands behind the one that allows everybody",
			step: "--rule-number 10 --protocol 6", instead: "--rule-number 110 --protocol 6",
			repair: `aws ec2 delete-network-acl-entry --network-acl-id "$ACL" --ingress --rule-number 110`,
		},
		{
			name: "another address is kept out",
			step: `--cidr-block "$ADDRESS/32"`, instead: `--cidr-block 203.0.113.40/32`,
			repair: `aws ec2 delete-network-acl-entry --network-acl-id "$ACL" --ingress --rule-number 10`,
		},
	},
}
