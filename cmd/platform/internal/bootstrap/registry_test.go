package bootstrap

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/environments"
)

// withEurope is the registry with a third environment: one line more.
func withEurope() environments.Registry {
	return append(environments.All(), environments.Environment{Name: "prod-eu", Production: true})
}

// The roles of an environment that was only added to the registry trust its own workflows' jobs alone, and its rules are
// those of production.
func TestTheRolesFollowTheRegistry(t *testing.T) {
	t.Parallel()
	a := accountIn(withEurope(), "prod-eu")
	require.NoError(t, a.Check())
	require.ErrorContains(t, accountOf("prod-eu").Check(), `--env: got "prod-eu", expected one of dev, prod`)
	byName := map[string]role{}
	for _, r := range a.roles() {
		byName[r.name] = r
	}
	const subject = `"repository:genericcorp/platform:environment:%s:job_workflow_ref:genericcorp/platform/.github/workflows/%s@refs/heads/main"`
	for _, c := range []struct{ role, environment, file string }{
		{environments.RolePreview, "preview", "preview.yml"}, {environments.RoleDeployer, "prod-eu", "deploy.yml"},
		{environments.RoleTenant, "prod-eu", "tenant.yml"}, {environments.RoleTenant, "prod-eu-offboard", "tenant.yml"},
		{environments.RoleTenant, "prod-eu", "deploy.yml"},
	} {
		assert.Contains(t, byName[c.role].trust, fmt.Sprintf(subject, c.environment, c.file), c.role)
	}
	for name, r := range byName {
		assert.NotContains(t, r.trust, "environment:prod:", "%s: another environment's job", name)
	}
	assert.Contains(t, a.guardrails(), "NeverDestroyData")
	assert.Contains(t, strings.Join(byName[environments.RoleDeployer].attached, " "), ":policy/"+guardrailsPolicy)
	assert.ElementsMatch(t, append(a.managedARNs(observePolicy), "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess"), byName[environments.RoleDeveloper].attached)
	assert.Contains(t, byName[environments.RoleDeployer].permissions["state"], "/.pulumi/*/platform/prod-eu.*")
}

// GitHub gets its environments, with who approves, and its variables.
func TestGitHubFollowsTheRegistry(t *testing.T) {
	t.Parallel()
	fake, api := newFakeGitHub(t)
	options := rightGitHub()
	options.Registry = withEurope()
	require.ErrorContains(t, options.Check(), `--account: got "prod-eu=", expected prod-eu= and the 12 digits`)
	options.Accounts["prod-eu"] = "777788889999"
	setUp(t, api, options, false)
	for _, name := range []string{"prod-eu", "prod-eu-offboard"} {
		assert.Contains(t, fmt.Sprint(fake.settings["/environments/"+name]["protection_rules"]), "prevent_self_review:true", name)
	}
	assert.Equal(t, "777788889999", fake.settings["/actions/variables/PROD_EU_ACCOUNT"]["value"])
	assert.Equal(t, "s3://genericcorp-platform-state-777788889999-us-east-1?region=us-east-1", fake.settings["/actions/variables/PROD_EU_BACKEND"]["value"])
	assert.Empty(t, setUp(t, api, options, false), "a second run changes nothing")
}
