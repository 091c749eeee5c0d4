package bootstrap

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/components/permissionsboundary"
	"github.com/genericcorp/platform/internal/iampolicy"
	"github.com/genericcorp/platform/internal/pulumitest"
)

// attacker is a role whose session is in the wrong hands.
type attacker struct {
	name, arn string
	policies  iampolicy.Policies
	context   iampolicy.Context // what AWS says of its sessions
	trust     []iampolicy.Document
}

// ofAWS stands for AWS's own policies that roles of the program have, which AWS extends from time to time: each with all actions of the kinds
// that it has any of.
var ofAWS = map[string]string{
	"AmazonEKSClusterPolicy":             `"autoscaling:*", "ec2:*", "elasticloadbalancing:*", "iam:CreateServiceLinkedRole", "kms:DescribeKey"`,
	"AmazonEKSWorkerNodePolicy":          `"ec2:Describe*", "eks:DescribeCluster", "eks-auth:*"`,
	"AmazonEC2ContainerRegistryPullOnly": `"ecr:*"`,
	"AmazonEKS_CNI_Policy":               `"ec2:*NetworkInterface*", "ec2:*PrivateIpAddresses", "ec2:*Ipv6Addresses", "ec2:*Tags", "ec2:Describe*"`,
	"AmazonEBSCSIDriverPolicy":           `"ec2:*Snapshot*", "ec2:*Volume*", "ec2:*Tags", "ec2:Describe*"`,
}

// policyOfAWS is the stand-in of a policy by its ARN. It allows at least what the role does by the policy.
func policyOfAWS(t *testing.T, arn string) []iampolicy.Document {
	t.Helper()
	name := arn[strings.LastIndex(arn, "/")+1:]
	require.Contains(t, ofAWS, name, "say what the policy is at most")
	list := parsed(t, `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "*", "Action": [`+ofAWS[name]+`]}]}`)
	for _, action := range awsPolicies[name] {
		require.True(t, decide(t, iampolicy.Policies{Identity: list}, call{action, somewhere, nil}), "%s: %s", name, action)
	}
	return list
}

// attackers are the workflows' roles and the breaker's in production, and every role that the program makes there, with their own documents,
// guardrails and boundary.
func attackers(t *testing.T) []attacker {
	t.Helper()
	var all []attacker
	for _, r := range accountOf("prod").roles() {
		if strings.HasSuffix(r.name, "-administrator") || strings.HasSuffix(r.name, "-developer") {
			continue // people, by policies of AWS's own: the report says so
		}
		all = append(all, attacker{
			name: r.name, arn: aRole + r.name, trust: parsed(t, r.trust),
			policies: iampolicy.Policies{Identity: parsed(t, permissionsOf(t, "prod", r.name)...)},
		})
	}
	return append(all, parts(t)...)
}

// parts are the roles that the program makes, in the order of their names.
func parts(t *testing.T) []attacker {
	t.Helper()
	byName := map[string]*attacker{}
	plan := slices.Concat(planOf(t, "prod"), planOfWorkloads(t, "prod"))
	for _, r := range plan {
		if r.Type == "aws:iam/role:Role" {
			byName[r.Name] = &attacker{
				name: r.Name, arn: permissionsboundary.RoleARN(pulumitest.Account, r.Name+anEnd), trust: parsed(t, fmt.Sprint(r.Value(t, "assumeRolePolicy"))),
				policies: iampolicy.Policies{Boundary: parsed(t, accountOf("prod").boundaryPolicy())}, context: sessionOf(r.Name),
			}
		}
	}
	for _, r := range plan {
		switch r.Type {
		case "aws:iam/rolePolicy:RolePolicy":
			own := &byName[fmt.Sprint(r.Value(t, "role"))].policies
			own.Identity = append(own.Identity, parsed(t, asDeployed.Replace(fmt.Sprint(r.Value(t, "policy"))))...)
		case "aws:iam/rolePolicyAttachment:RolePolicyAttachment":
			own := &byName[fmt.Sprint(r.Value(t, "role"))].policies
			own.Identity = append(own.Identity, policyOfAWS(t, fmt.Sprint(r.Value(t, "policyArn")))...)
		}
	}
	var list []attacker
	for _, a := range byName {
		list = append(list, *a)
	}
	slices.SortFunc(list, func(a, b attacker) int { return strings.Compare(a.name, b.name) })
	return list
}

// asDeployed writes the recorder's ARNs as AWS's. Of the keys, all are the one that is attacked.
var asDeployed = strings.NewReplacer(
	"arn:aws:lambda:us-east-1:"+pulumitest.Account+":provisioner", provision,
	aSecret+"master", ofDatabase,
	"arn:aws:secretsmanager:us-east-1:"+pulumitest.Account+":billing-secret", ofStripe,
	"arn:cache", ofTheCache,
	"arn:aws:s3:::provisioner-archives", archives,
	"arn:aws:kms:us-east-1:"+pulumitest.Account+":keys-secrets", aKey,
	"arn:aws:kms:us-east-1:"+pulumitest.Account+":keys-storage", aKey,
	"arn:aws:kms:us-east-1:"+pulumitest.Account+":keys-notifications", aKey,
	"arn:aws:sns:us-east-1:"+pulumitest.Account+":alerts-topic", aTopic,
)

// sessionOf is what AWS says of a session of a role: of a function's which function it is, of a pod's which namespace.
func sessionOf(role string) iampolicy.Context {
	switch role {
	case "billing", "provisioner", "report":
		return iampolicy.Context{"lambda:SourceFunctionArn": {aFunction + "platform-prod-us-east-1-" + role}}
	case "tenants-pods":
		return iampolicy.Context{"aws:PrincipalTag/kubernetes-namespace": {"tenant-globex"}}
	}
	return nil
}

// tries asks for one call, by the attacker's own policies or, with everything, by one that allows all: then what bounds it remains.
func (a attacker) tries(t *testing.T, c call, everything bool, trusts map[string][]iampolicy.Document) bool {
	t.Helper()
	p, context := a.policies, iampolicy.Context{}
	if everything {
		p.Identity = append(parsed(t, `{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}`), p.Identity...)
	}
	for _, known := range []iampolicy.Context{a.context, c.context} {
		for key, values := range known {
			context[key] = values
		}
	}
	if trust, ok := trusts[c.resource]; ok && c.action == "sts:AssumeRole" {
		p.Resource, p.ResourceDecides = trust, true
	}
	decision, err := iampolicy.Evaluate(iampolicy.Request{
		Caller: iampolicy.Caller{Role: a.arn, Session: strings.Replace(a.arn, ":role/", ":assumed-role/", 1) + "/x"}, Action: c.action, Resource: c.resource, Context: context,
	}, p)
	require.NoError(t, err)
	return decision.Allowed
}

// finding is what came of one way.
type finding struct {
	way

	allowed []string // the roles that some call is allowed to
	bounded int      // the roles that no call would be allowed to, whatever their own policies say
}

// Every known way from a role to more than it has is refused by evaluation, or allowed for a reason that is written beside it. A reason that
// nothing needs any more goes.
func TestEscalation(t *testing.T) {
	t.Parallel()
	roles := attackers(t)
	trusts := map[string][]iampolicy.Document{}
	for _, a := range roles {
		trusts[a.arn] = a.trust
	}
	for _, r := range accountOf("prod").roles() {
		trusts[aRole+r.name] = parsed(t, r.trust)
	}
	require.Len(t, roles, 17, "each role of the program, and the workflows'")
	needless := map[string]bool{}
	for what, byRole := range reasons {
		for role := range byRole {
			needless[role+" "+what] = true
		}
	}
	var found []finding
	for _, w := range ways() {
		f := finding{way: w}
		require.NotEmpty(t, w.calls, w.what)
		for _, a := range roles {
			may, might := false, false
			for _, c := range w.calls {
				may = a.tries(t, c, false, trusts) || may
				might = a.tries(t, c, true, trusts) || might
			}
			if !might {
				f.bounded++
			}
			if may {
				f.allowed = append(f.allowed, a.name)
				assert.NotEmpty(t, reasons[w.what][a.name], "%s may %s (%v): take it away, or say here why that gets nobody further", a.name, w.what, w.calls)
				delete(needless, a.name+" "+w.what)
			}
		}
		found = append(found, f)
	}
	assert.Empty(t, needless, "reasons for what is refused")
	writeEscalations(t, roles, found)
}

// The evaluation sees each way: whoever may everything, without guardrails and boundary, may it.
func TestEscalationsAreSeen(t *testing.T) {
	t.Parallel()
	admin := parsed(t, `{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}`)
	seen := map[string]bool{}
	for _, w := range ways() {
		assert.False(t, seen[w.what], "two ways by one name: %s", w.what)
		seen[w.what] = true
		for _, c := range w.calls {
			assert.True(t, decide(t, iampolicy.Policies{Identity: admin}, c), "%s", w.what)
			assert.True(t, strings.HasPrefix(c.resource, "arn:aws:") || c.resource == somewhere, "%s: %q", w.what, c.resource)
		}
	}
}
