package bootstrap

// Why roles have what could be a way to more.
const (
	// Of the deployer.
	reviewed = "What is deployed was reviewed, planned and, for production, approved; the role is taken by `deploy.yml` of the branch alone. "
	decides  = reviewed + "Whoever deploys decides what the program's roles do, so a stolen session comes as far as the provisioner: to tenants' data. " +
		"Out of the boundary it does not come: to no other identity, no state, no other function."
	passes = reviewed + "No role but the program's can be handed to it, and those are within the boundary."
	seen   = "A stolen session is not stopped, but seen: by the trail, which it cannot switch off, and by the comparison of each night."
	packed = "The policy pack refuses a deployment that does it. " + seen
	opened = "A stolen session is not stopped: another account that is let in is a finding of the access analyzer, which it cannot switch off."
	// Of others.
	itsWork      = "It is what the function is for."
	workload     = "It serves all tenants, and its settings ask for these secrets (`tenantSecrets`, `source: cache`): a reviewed deployment gave it the role."
	readsState   = "A preview needs the state. Whoever reads it with its keys reads the secrets that the program made, such as the cache's password; tenants' and the database's are not in it."
	masksItself  = "The role can move the breaker's policy, and no other, on two roles; AWS Budgets alone takes it, for a budget of this account."
	byItsTag     = "One role serves all tenants' stacks, by `tenant.yml` of the branch alone; its program is reviewed. It reads no value."
	byItsService = "AWS's service takes the role, and nobody else; its policy is AWS's own. The boundary lets it change machines and groups, but hand over no role."
	byTheKernel  = "The agent on the node exchanges a pod's token, which it must have, for a session of the pod's own role: the trust compares cluster, namespace and service account."
)

// reasons say, by way and role, why what is allowed is, and what a stolen session could make of it.
var reasons = map[string]map[string]string{
	"AWS's policies of EKS for a role of the program":            {"platform-deployer": decides},
	"the deployer's or the developers' role without the breaker": {breaker: masksItself},
	"other rights in a role of the program":                      {"platform-deployer": decides},
	"a new role within the boundary":                             {"platform-deployer": decides},
	"the trust of a role of the program":                         {"platform-deployer": decides + " " + opened},

	"to hand AWS Budgets the breaker's role":                           {"platform-deployer": "It arms the breaker: the role moves one policy, which only denies."},
	"to hand a role of the program to a service that the program uses": {"platform-deployer": decides},
	"to hand pods the tenants' role": {
		"platform-deployer": decides,
		"platform-tenant":   "It binds tenants' pods to the one role that they share. That role reads the secret of the namespace that EKS puts into the session, and takes no other pods.",
	},
	"a build in a role":   {"platform-deployer": passes},
	"a machine in a role": {"platform-deployer": passes},
	"a machine's first commands, or its metadata for all": {"cluster-service": byItsService},
	"other machines for the groups of nodes":              {"cluster-service": byItsService},
	"a rule that calls with a role":                       {"platform-deployer": passes},
	"an action of a budget, which attaches a policy":      {"platform-deployer": "The action needs a role for AWS Budgets, and the only one that may be handed over moves the breaker's policy and no other."},

	"a new function in a role":                                            {"platform-deployer": decides},
	"another program in a function":                                       {"platform-deployer": decides},
	"other settings of a function: its role, its layers, its environment": {"platform-deployer": decides},
	"to call the provisioner": {
		"platform-tenant": "Tenants are made and removed through it. It answers with no secret and no row; what it may be asked for is in `services/provisioner/api`.",
		"billing":         "It asks for what tenants used, and has the unpaid ones held back. The boundary lets billing's own program alone.",
		"report":          "It asks for what tenants used. The boundary lets the report's own program alone.",
	},
	"a schedule that calls a function": {"platform-deployer": decides},
	"an API that calls billing":        {"platform-deployer": decides + " Billing takes events that Stripe has signed, and no others."},

	"an administrator of the cluster":                 {"platform-deployer": "It is an administrator of the cluster already: it makes what is in it. Entries are in the trail."},
	"a role for pods that are no tenant's":            {"platform-deployer": decides},
	"a role for a tenant's pods":                      {"platform-deployer": decides, "platform-tenant": "The role that it may hand over is the tenants' own, which reads the secret of the pod's namespace alone."},
	"the tag that makes another's binding a tenant's": {"platform-deployer": decides},
	"the cluster's API for all, or without its log":   {"platform-deployer": "Whoever reaches the API is nobody there without an entry. " + packed},
	"nodes or an add-on in another role":              {"platform-deployer": passes},
	"the role of a pod on the node":                   {"cluster-node": byTheKernel},
	"another image under the name of one":             {"platform-deployer": reviewed + "Programs are deployed by their digest, which another image has not."},

	"what a tenant connects with":                     {"api": workload, "provisioner": itsWork + " It makes and rotates them."},
	"what the database's administrator connects with": {"provisioner": itsWork + " It makes tenants' schemas and roles."},
	"what programs connect to the cache with": {
		"api": workload, "platform-deployer": "The program made the password and wrote it there; a refresh reads it.", "platform-drift": "A refresh compares it with what the program wrote.",
	},
	"the keys of Stripe": {"billing": itsWork},
	"Better Stack's token": {
		"platform-deployer": itsWork + " It makes by it what stands at Better Stack. Whoever has it can silence monitors and post on the status page; what they change is drift.",
		"platform-drift":    "A refresh compares by it what stands at Better Stack.",
	},
	"a value of one's own in a tenant's secret":              {"provisioner": itsWork + " It makes and rotates them."},
	"another description, key or value of a tenant's secret": {"platform-tenant": byItsTag + " It could write a value, which IAM cannot tell from a description: a tenant's programs would then connect to what that names, as far as network policies let them."},
	"another password of the database's administrator":       {"platform-deployer": "RDS makes the password in the deployer's name and writes it itself. The deployer reads it nowhere."},
	"the tag by which pods read a tenant's secret":           {"platform-tenant": byItsTag + " With another tag a tenant's pods would read another's secret: that is why no pod and no other workflow may tag one."},
	"the policy of a key of the environment":                 {"platform-deployer": "A key opens nothing by itself: what it encrypts must be readable, too. " + opened},
	"to read secrets in the state": {
		"platform-deployer": readsState, "platform-drift": readsState, "platform-preview": readsState + " A pull request's preview takes the role with a reviewer's leave.", "platform-tenant": readsState,
	},

	"to read the state": {
		"platform-deployer": readsState, "platform-drift": readsState, "platform-preview": readsState + " A pull request's preview takes the role with a reviewer's leave.", "platform-tenant": readsState,
	},
	"another state of the environment, whose next deployment acts on it": {"platform-deployer": "It writes what it deployed. The next deployment acts as the same role."},
	"another state of a tenant":                    {"platform-tenant": "It writes what it made. The next change acts as the same role."},
	"the policy of a bucket of data":               {"platform-deployer": "What is in it is encrypted by a key that must be opened, too. " + opened},
	"tenants' archives":                            {"provisioner": itsWork},
	"another archive of a tenant":                  {"provisioner": itsWork + " The bucket keeps the older version, which the function may not delete."},
	"the database by another password, or for all": {"platform-deployer": "IAM cannot tell such a change from any other of the instance. " + packed},
	"the cache by another password":                {"platform-deployer": decides},
	"a disk's snapshot for another account": {
		"cluster-ebs-csi": "AWS's policy has it not; it is assumed. Disks are encrypted by the environment's key, which the role has no right to give.",
		"cluster-service": "AWS's policy has it not; it is assumed. Disks are encrypted by the environment's key, which the role has no right to give.",
	},
	"messages of alarms, or in their name": {"platform-deployer": "Messages start nothing, and tell what an alarm tells. " + seen, "provisioner": "It tells people of itself, by the alarms' topic. Messages start nothing."},
	"whom CloudWatch Logs lets write":      {"platform-deployer": "It says which services of AWS write to log groups. To send on what is logged takes a subscription, which is refused."},

	"a way into the network, or out of it": {
		"platform-deployer": "A way in the network is no right in AWS. " + packed,
		"cluster-service":   byItsService,
	},

	"records without their key, or with another": {"platform-deployer": "Records stay, and AWS encrypts them by a key of its own; who reads them does not change."},
	"the network's log switched off":             {"platform-deployer": "Past records stay. " + packed},
	"alarms gone":                                {"platform-deployer": seen},
	"another limit of the budget":                {"platform-deployer": "Pulling and resetting the breaker is refused. " + seen},
}
