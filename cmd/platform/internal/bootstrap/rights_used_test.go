package bootstrap

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/environments"
	"github.com/genericcorp/platform/internal/iampolicy"
)

// unusedRights are rights of workflows that no resource takes, by statement and action, and what does.
var unusedRights = map[string]string{
	"Observe secretsmanager:ListSecrets":                     "people find a secret by its name, in the developers' role, which shares this statement; names are no values",
	"AskWhatRolesUse iam:GenerateServiceLastAccessedDetails": "`platform iam unused` has IAM report what roles asked for",
	"RecommendedReleases ssm:GetParameter":                   "`platform ci nodes` and `patch` ask which release of nodes AWS recommends",

	"Find s3:ListBucket": theEngine, "Find s3:GetBucketLocation": theEngine, "Read s3:GetObject": theEngine, "Write s3:PutObject": theEngine, "Write s3:DeleteObject": theEngine,
	"Keys kms:Decrypt": theEngine, "Keys kms:DescribeKey": theEngine, "Keys kms:Encrypt": theEngine, "Keys kms:GenerateDataKey": theEngine,

	"Images ecr:BatchCheckLayerAvailability": theImages, "Images ecr:BatchGetImage": theImages, "Images ecr:CompleteLayerUpload": theImages,
	"Images ecr:GetDownloadUrlForLayer": theImages, "Images ecr:InitiateLayerUpload": theImages, "Images ecr:UploadLayerPart": theImages,
	"LogInToTheRegistry ecr:GetAuthorizationToken": theImages,

	"ConnectionsOfRunners codeconnections:GetConnection": theConnection, "ConnectionsOfRunners codeconnections:UseConnection": theConnection,
	"KeysThroughServices kms:CreateGrant": throughServicesOnly, "KeysThroughServices kms:Decrypt": throughServicesOnly, "KeysThroughServices kms:Encrypt": throughServicesOnly,
	"KeysThroughServices kms:GenerateDataKey": throughServicesOnly, "KeysThroughServices kms:GenerateDataKey*": throughServicesOnly, "KeysThroughServices kms:ReEncrypt*": throughServicesOnly,
	"Pass iam:PassRole": handedOver, "ArmTheBreaker iam:PassRole": handedOver, "HandThePodsTheirRole iam:PassRole": handedOver,
	"ServicesOwnRoles iam:CreateServiceLinkedRole": "the first resource of a service in an account makes the service's own role, in the caller's name",
	"TellTheAgeOfNodes cloudwatch:PutMetricData":   "`platform ci nodes` tells an alarm how old nodes are",
	"ObserveTenants secretsmanager:ListSecrets":    "`platform tenant` finds what a run that was killed has left",
}

const (
	theEngine           = "the engine reads and writes its state, under its locks; a tenant's stack reads its environment's"
	theImages           = "`platform image push` copies what it has not yet, and `platform migrate pull` fetches"
	theConnection       = "CodeBuild asks GitHub in the connection's name, for who makes the project and its webhook"
	throughServicesOnly = "AWS's services use the environment's keys in the name of who makes or reads what is encrypted with them"
	handedOver          = "a resource is given a role, which is no action of the resource's own"
)

// counted is a role of a workflow with how many rights it has, how many of them a resource takes, and how many are explained.
type counted struct {
	role                      string
	granted, taken, explained int
}

// before are the rights that roles had when they were first counted, on 2026-11-30.
var before = map[string]int{
	environments.RolePreview: 64, environments.RoleDeployer: 246, environments.RoleTenant: 84, environments.RoleDrift: 67, environments.RoleDeveloper: 64,
}

// Each right of a workflow is taken by a resource that the program registers, or explained. A right is an action of a statement, with its
// wildcard; one that takes in anything that is needed is used. An explanation that nothing needs any more goes.
func TestEveryRightOfAWorkflowIsUsed(t *testing.T) {
	t.Parallel()
	needless := maps.Clone(unusedRights)
	var table []counted
	for _, r := range accountOf("prod").roles() {
		if len(r.permissions) == 0 || r.name == breaker {
			continue
		}
		taken := takenBy(t, r.name)
		line := counted{role: r.name}
		for _, g := range rightsOf(t, r) {
			line.granted++
			about := strings.Fields(g.By)[1] + " " + g.Action
			switch {
			case slices.ContainsFunc(taken, g.Covers):
				line.taken++
			case assert.NotEmpty(t, unusedRights[about], "%s: no resource takes %s: take it away, or say here what does", r.name, about):
				line.explained++
				delete(needless, about)
			}
		}
		table = append(table, line)
	}
	assert.Empty(t, needless, "explanations of what is not there, or is taken")
	writeRights(t, table)
}

// rightsOf are all that bootstrap gives a role in production.
func rightsOf(t *testing.T, r role) []iampolicy.Grant {
	t.Helper()
	return iampolicy.Policies{Identity: parsed(t, policiesOf(accountOf("prod"), r)...)}.Grants()
}

// takenBy are the actions that resources take from a role: from who deploys all, from who looks those that read.
func takenBy(t *testing.T, role string) (actions []string) {
	t.Helper()
	kinds := typesOf(planOfTenant(t, "prod"))
	if role != environments.RoleTenant {
		kinds = slices.Clone(madeElsewhere)
		for _, environment := range environments.All().Names() {
			kinds = append(kinds, typesOf(slices.Concat(planOf(t, environment), planOfWorkloads(t, environment)))...)
		}
	}
	for _, kind := range kinds {
		n := needed[kind]
		actions = append(actions, n.read...)
		if role == environments.RoleDeployer || role == environments.RoleTenant {
			actions = append(actions, slices.Concat(n.write, n.remove)...)
		}
	}
	return actions
}

const (
	rights     = "../../../../docs/rights.md"
	rightsHead = `# Rights granted, and rights used

<!-- Written by go test ./cmd/platform/internal/bootstrap -run TestEveryRight -update. Change the test, not this file. -->

A right is one action that a statement of a role's own policies allows, with the statement's resources and conditions; an action with a
wildcard is one. What a role may not do, whatever it tries, is in [escalation.md](escalation.md).

## Workflows

The roles of the workflows, in production. A right is used when a resource that the program registers takes it: to be read, and for who deploys
also to be made, changed and removed. What each kind of resource takes is read from AWS's provider
(` + "`cmd/platform/internal/bootstrap/needs_test.go`" + `). Each other right is explained below; the unit tests fail on one that is not. No workflow has
run on AWS yet, so this is what the provider's code asks for, not what AWS has seen.

| role | rights on 2026-11-30, before | now | a resource takes | explained |
|---|--:|--:|--:|--:|
`
)

// rightsOfFunctions is what the end-to-end tests say, which fail where fewer rights are used.
const rightsOfFunctions = `
## Functions

What functions ask of AWS is judged on the [local cloud](local-nodes.md#permissions). The end-to-end tests (` + "`make e2e`" + `) look at the end of an environment's
life which of their rights no call has needed, and print how many they are. Each of those is explained in
` + "`tests/e2e/lifecycle/rights_test.go`" + `: most are what Lambda and SNS do in a function's name, which nobody sees there. Billing has been taken away by then,
and what pods' roles do not use is not looked at. ` + "`platform iam unused`" + ` lists what roles
have not asked for on AWS.

| function | rights on 2026-11-30, before | now | used | explained |
|---|--:|--:|--:|--:|
| provisioner | 24 | 23 | 12 | 11 |
| report | 10 | 11 | 3 | 8 |
`

// writeRights compares the page with the one in the repository, or writes it.
func writeRights(t *testing.T, table []counted) {
	t.Helper()
	var text strings.Builder
	text.WriteString(rightsHead)
	for _, line := range table {
		fmt.Fprintf(&text, "| `%s` | %d | %d | %d | %d |\n", line.role, before[line.role], line.granted, line.taken, line.explained)
	}
	byReason := map[string][]string{}
	for about, why := range unusedRights {
		byReason[why] = append(byReason[why], strings.Replace(about, " ", ": `", 1)+"`")
	}
	text.WriteString("\n| what takes it | statement and action |\n|---|---|\n")
	for _, why := range slices.Sorted(maps.Keys(byReason)) {
		slices.Sort(byReason[why])
		fmt.Fprintf(&text, "| %s | %s |\n", why, strings.Join(byReason[why], ", "))
	}
	text.WriteString(rightsOfFunctions)
	if *update {
		require.False(t, t.Failed(), "the page is not written")
		require.NoError(t, os.WriteFile(rights, []byte(text.String()), 0o600))
		return
	}
	current, err := os.ReadFile(rights)
	require.NoError(t, err)
	assert.Equal(t, text.String(), string(current), "run go test ./cmd/platform/internal/bootstrap -run TestEveryRight -update")
}
