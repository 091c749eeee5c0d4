package environments

import "strings"

// The roles in each environment's account, one for each workflow and two for people. `platform bootstrap` makes them.
const (
	RolePreview       = "platform-preview"
	RoleDeployer      = "platform-deployer"
	RoleTenant        = "platform-tenant"
	RoleDrift         = "platform-drift"
	RoleAdministrator = "platform-administrator"
	RoleDeveloper     = "platform-developer"
)

// BreakerRoles are the roles that create what costs money, and so the ones to which the budget's breaker can deny it.
func BreakerRoles() []string { return []string{RoleDeployer, RoleDeveloper} }

// RunnerWorkflows are the workflows with jobs that must reach a cluster's private API, and so run inside its VPC.
func RunnerWorkflows() []string { return []string{"deploy", "drift", "tenant"} }

// PreviewEnvironment is GitHub's environment for previews with credentials, of whatever environment.
const PreviewEnvironment = "preview"

// RegionVariable is the variable on GitHub with the region of the environments.
const RegionVariable = "AWS_REGION"

// AccountVariable is the variable on GitHub with the number of the environment's account, such as PROD_EU_ACCOUNT.
func (e Environment) AccountVariable() string { return e.variable("ACCOUNT") }

// BackendVariable is the variable on GitHub with the address of the environment's state, such as PROD_EU_BACKEND.
func (e Environment) BackendVariable() string { return e.variable("BACKEND") }

// RunnerVariable is the variable on GitHub with the label of the environment's own runner, such as PROD_EU_RUNNER. Without a runner there
// is none.
func (e Environment) RunnerVariable() string { return e.variable("RUNNER") }

func (e Environment) variable(suffix string) string {
	return strings.ReplaceAll(strings.ToUpper(e.Name), "-", "_") + "_" + suffix
}

// DeployEnvironment is GitHub's environment for jobs that deploy, and for changes of tenants.
func (e Environment) DeployEnvironment() string { return e.Name }

// OffboardEnvironment is GitHub's environment for the job that removes a tenant.
func (e Environment) OffboardEnvironment() string { return e.Name + "-offboard" }

// ConcurrencyGroup is the group of jobs of which one at a time works on the environment's stack.
func (e Environment) ConcurrencyGroup() string { return "stack-" + e.Name }

// SettingsFile is the file with the environment's settings, in the repository's root.
func (e Environment) SettingsFile() string { return "Pulumi." + e.Name + ".yaml" }

const workloads = "workloads"

// WorkloadsStack is the name of the stack of what runs in the cluster of an environment.
func WorkloadsStack(environment string) string { return environment + "-" + workloads }
