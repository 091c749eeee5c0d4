package rightsdiff_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/cmd/platform/internal/rightsdiff"
	"github.com/genericcorp/platform/internal/pricing/estimator"
)

type inputs map[string]any

const (
	unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
	bucket  = "arn:aws:s3:::archives"
)

func resource(kind, name string, in inputs) estimator.Resource {
	return estimator.Resource{Type: kind, Name: name, Properties: estimator.FromJSON(in)}
}

func rolePolicy(statements string) []estimator.Resource {
	role := resource("aws:iam/role:Role", "report", nil)
	role.ID = "report-1a2b3c4"
	return []estimator.Resource{role, resource("aws:iam/rolePolicy:RolePolicy", "report", inputs{"role": role.ID, "policy": document(statements)})}
}

func document(statements string) string {
	return `{"Version": "2012-10-17", "Statement": [` + statements + `]}`
}

func on(kind, name, property, statements string) []estimator.Resource {
	return []estimator.Resource{resource(kind, name, inputs{property: document(statements)})}
}

const (
	reads  = `{"Sid": "Read", "Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": ["` + bucket + `", "` + bucket + `/*"]}`
	denies = `{"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "` + bucket + `/*"}`
)

// trust is the policy of a role that one service takes, with more of the statement behind.
func trust(service, more string) []estimator.Resource {
	return on("aws:iam/role:Role", "report", "assumeRolePolicy", `{"Effect": "Allow", "Principal": {"Service": "`+service+`"}, "Action": "sts:AssumeRole"`+more+`}`)
}

func TestCompare(t *testing.T) {
	t.Parallel()
	const account = `"Principal": {"AWS": "arn:aws:iam::999999999999:root"}`
	for _, c := range []struct {
		name          string
		before, after []estimator.Resource
		want          []string
	}{
		{"nothing", rolePolicy(reads), rolePolicy(reads), []string{"Rights: no change"}},
		{
			"statements apart, in another order and by other names", rolePolicy(reads), rolePolicy(
				`{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": ["` + bucket + `/*", "` + bucket + `"]}, {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["` + bucket + `/*", "` + bucket + `"]}`),
			[]string{"Rights: no change"},
		},
		{"a new role's", nil, rolePolicy(reads), []string{"Rights: 1 more", "+ role report may now s3:GetObject, s3:ListBucket on " + bucket + ", " + bucket + "/*"}},
		{"a role that goes", rolePolicy(reads), nil, []string{"Rights: 1 less", "- role report may no longer s3:GetObject, s3:ListBucket on " + bucket + ", " + bucket + "/*"}},
		{
			"an action more and one less", rolePolicy(`{"Effect": "Allow", "Action": ["a:One", "a:Two"], "Resource": "arn:x"}`), rolePolicy(`{"Effect": "Allow", "Action": ["a:Two", "a:Three"], "Resource": "arn:x"}`),
			[]string{"Rights: 1 more, 1 less", "- role report may no longer a:One on arn:x", "+ role report may now a:Three on arn:x"},
		},
		{
			"a condition that goes", rolePolicy(`{"Effect": "Allow", "Action": "a:One", "Resource": "arn:x", "Condition": {"StringEquals": {"aws:RequestedRegion": ["b", "a"]}, "Bool": {"a:k": true}}}`),
			rolePolicy(`{"Effect": "Allow", "Action": "a:One", "Resource": "arn:x"}`),
			[]string{"Rights: 1 more, 1 less", "- role report may no longer a:One on arn:x, when a:k Bool true and aws:RequestedRegion StringEquals a or b", "+ role report may now a:One on arn:x"},
		},
		{"wildcards", nil, rolePolicy(`{"Effect": "Allow", "Action": ["a:Get*", "a:Put"], "Resource": "*"}`), []string{
			"Rights: 1 more, 1 wildcard", "+ role report may now a:Get*, a:Put on * [wildcard: a:Get*, any resource]",
		}},
		{"all but some", nil, rolePolicy(`{"Effect": "Allow", "NotAction": ["iam:*", "a:Put"], "NotResource": "arn:x"}`), []string{
			"Rights: 1 more, 1 wildcard", "+ role report may now all but iam:* and a:Put on all but arn:x [wildcard: all but iam:* and a:Put, any resource]",
		}},
		{"a denial that comes", nil, rolePolicy(denies), []string{"Rights: 1 less", "- role report is now denied s3:DeleteObject on " + bucket + "/*"}},
		{"a denial that goes", rolePolicy(denies), nil, []string{"Rights: 1 more", "+ role report is no longer denied s3:DeleteObject on " + bucket + "/*"}},
		{"whom a role trusts", trust("lambda.amazonaws.com", ""), trust("ec2.amazonaws.com", ""), []string{
			"Rights: 1 more, 1 less", "- role report no longer trusts lambda.amazonaws.com: sts:AssumeRole", "+ role report now trusts ec2.amazonaws.com: sts:AssumeRole",
		}},
		{"a bucket for another account", nil, on("aws:s3/bucketPolicy:BucketPolicy", "archives", "policy", `{"Effect": "Allow", `+account+`, "Action": "s3:GetObject", "Resource": "`+bucket+`/*"}`), []string{
			"Rights: 1 more", "+ bucket archives now lets arn:aws:iam::999999999999:root s3:GetObject on " + bucket + "/*",
		}},
		{"a bucket for all", nil, on("aws:s3/bucketPolicy:BucketPolicy", "archives", "policy", `{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "`+bucket+`/*"}`), []string{
			"Rights: 1 more, 1 wildcard", "+ bucket archives now lets anybody s3:GetObject on " + bucket + "/* [wildcard: anybody]",
		}},
		{"a key, whose policy is about itself", nil, on("aws:kms/key:Key", "logs", "policy", `{"Effect": "Allow", `+account+`, "Action": "kms:Decrypt", "Resource": "*"}`), []string{
			"Rights: 1 more", "+ key logs now lets arn:aws:iam::999999999999:root kms:Decrypt",
		}},
		{"a denial of a bucket that goes", on("aws:s3/bucketPolicy:BucketPolicy", "archives", "policy", `{"Effect": "Deny", "NotPrincipal": {"AWS": "a"}, "Action": "s3:*", "Resource": "`+bucket+`"}`), nil, []string{
			"Rights: 1 more", "+ bucket archives no longer refuses all but a s3:* on " + bucket,
		}},
		{"a kind of which nobody has heard", nil, on("aws:new/thing:Thing", "x", "policy", reads), []string{"Rights: 1 more", "+ Thing x may now s3:GetObject, s3:ListBucket on " + bucket + ", " + bucket + "/*"}},
		{"what is no policy of IAM", nil, []estimator.Resource{resource("aws:ecr/lifecyclePolicy:LifecyclePolicy", "x", inputs{"policy": `{"rules": []}`})}, []string{"Rights: no change"}},
		{
			"a role without its boundary", []estimator.Resource{resource("aws:iam/role:Role", "report", inputs{"permissionsBoundary": "arn:b", "managedPolicyArns": []any{"arn:p"}})},
			[]estimator.Resource{resource("aws:iam/role:Role", "report", inputs{"inlinePolicies": []any{map[string]any{"name": "x", "policy": document(reads)}}})},
			[]string{
				"Rights: 2 more, 1 less", "+ role report is no longer within boundary arn:b", "+ role report may now s3:GetObject, s3:ListBucket on " + bucket + ", " + bucket + "/*", "- role report no longer has policy arn:p",
			},
		},
		{"a policy of AWS", nil, []estimator.Resource{resource("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "nodes", inputs{"role": unknown, "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"})}, []string{
			"Rights: 1 more", "+ role of nodes now has policy arn:aws:iam::aws:policy/AdministratorAccess",
		}},
		{"who calls a function", nil, []estimator.Resource{resource("aws:lambda/permission:Permission", "p", inputs{
			"function": unknown, "action": "lambda:InvokeFunction", "principal": "*", "sourceArn": "arn:rule", "sourceAccount": "1",
		})}, []string{"Rights: 1 more, 1 wildcard", "+ function (not known yet) now lets * lambda:InvokeFunction, when aws:SourceAccount StringEquals 1 and aws:SourceArn ArnLike arn:rule [wildcard: *]"}},
		{"who is in the cluster", nil, []estimator.Resource{
			resource("aws:eks/accessEntry:AccessEntry", "e", inputs{"principalArn": "arn:role", "kubernetesGroups": []any{"readers"}}),
			resource("aws:eks/accessPolicyAssociation:AccessPolicyAssociation", "a", inputs{"principalArn": "arn:role", "policyArn": "arn:admin", "accessScope": map[string]any{"type": "cluster"}}),
			resource("aws:eks/podIdentityAssociation:PodIdentityAssociation", "i", inputs{"namespace": "n", "serviceAccount": "s", "roleArn": unknown}),
		}, []string{
			"Rights: 2 more", "+ arn:role now has access policy arn:admin in cluster, an entry in the cluster, the cluster's group readers", "+ pods of s in n now has role (not known yet)",
		}},
	} {
		assert.Equal(t, strings.Join(c.want, "\n"), rightsdiff.Compare(c.before, c.after).Text(), c.name)
	}
}

// Of what cannot be read on one side nobody says that it comes or goes.
func TestWhatIsNotKnown(t *testing.T) {
	t.Parallel()
	later := []estimator.Resource{resource("aws:s3/bucketPolicy:BucketPolicy", "archives", inputs{"policy": unknown})}
	now := on("aws:s3/bucketPolicy:BucketPolicy", "archives", "policy", `{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "`+bucket+`/*"}`)
	const policy = "? bucket archives (BucketPolicy archives.policy)"
	assert.Equal(t, "Rights: 1 not known\n"+policy+": it is not known before what it names is made", rightsdiff.Compare(now, later).Text())
	assert.Equal(t, "Rights: 1 not known\n"+policy+": it is not known before what it names is made", rightsdiff.Compare(later, later).Text())
	assert.Equal(t, "Rights: 1 not known\n"+policy+", as it is: it is not known before what it names is made", rightsdiff.Compare(later, now).Text())
	strange := on("aws:s3/bucketPolicy:BucketPolicy", "archives", "policy", `{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Condition": {"New": {"a:b": "c"}}}`)
	require.Contains(t, rightsdiff.Compare(nil, strange).Text(), `condition operator: got "New"`)
	evil := rolePolicy(`{"Effect": "Allow", "Action": "a:One\n- nothing", "Resource": "arn:x\u001b"}`)
	assert.Equal(t, "Rights: 1 more\n+ role report may now a:One\\n- nothing on arn:x\\u001b", rightsdiff.Compare(nil, evil).Text(), "one line each, whatever is in it")
}
