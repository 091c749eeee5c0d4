package runbooks

import "strings"

// effect is how a page is proved: by what it brings about, not by commands that end well.
type effect struct {
	place place
	seen  map[string][]observation // by the section at whose end they are made
	harms []harm
	// spared are blocks that change something and that no harm replaces, by a part of their text: why a wrong one could do none.
	spared map[string]string
}

// place is the local cloud that a page is tried on.
type place int

const (
	anywhere     place = iota
	withNodes          // has nodes
	withTemporal       // has nodes, and Temporal on them
)

// The sections at whose end most observations are made.
const (
	check = "Check"
	undo  = "Undo"
)

// observation is a question to the cloud, and the answer if the page does what it promises.
type observation struct {
	what string
	ask  string // a script in the page's session, with the functions of testdata/observe.sh
	want string // its output, without space around it
}

// harm is a step that goes wrong in silence: the page's own Check must go red. Or the command refuses it in these words.
type harm struct {
	name    string
	step    string // text of one block
	instead string
	refused string
	repair  string // a script that brings back what was before the step
}

// in says whether the harm replaces something in a block: one before the Check, so that the Check can tell.
func (h harm) in(b block) bool {
	return b.kind == runs && b.section != check && b.section != undo && strings.Contains(b.body, h.step)
}

// proof is how a page is proved, or why it is not.
type proof struct {
	effect effect
	not    string // the reason
}

// proofs are those of all pages with a command that changes something.
var proofs = map[string]proof{
	"budget-100.md":                     {effect: budget100},
	"budget-200.md":                     {effect: budget200},
	"credential-leak-and-rotation.md":   {effect: credentialLeak},
	"data-migration-and-dns-cutover.md": {effect: dataMigration},
	"drift.md":                          {effect: drift},
	"failed-migration.md":               {not: "a migration is for every tenant, and other pages find the tenants of this cloud; the provisioner's tests bring about each state"},
	"failed-or-stuck-deploy.md":         {effect: stuckDeploy},
	"node-patching.md":                  {effect: nodePatching},
	"point-in-time-restore.md":          {effect: pointInTimeRestore},
	"provisioner-trouble.md":            {effect: provisionerTrouble},
	"region-loss.md":                    {effect: regionLoss},
	"tenant-flood.md":                   {effect: tenantFlood},
	"tenant-offboarding.md":             {effect: tenantOffboarding},
	"tenant-onboarding.md":              {effect: tenantOnboarding},
	"tenant-over-limit.md":              {effect: tenantOverLimit},
	"tenant-restore.md":                 {effect: tenantRestore},
	"tenant-suspension-and-resume.md":   {effect: tenantSuspension},
	"wrong-429.md":                      {effect: wrong429},
	"alerts-undelivered.md":             {not: "no mail leaves a local cloud"},
	"billing-dispute.md":                {not: "no Stripe is there, and the local environment's settings have no billing"},
	"billing-trouble.md":                {not: "the local environment's settings have no billing"},
	"cache-failover.md":                 {not: "the local cache is one process, which cannot fail over"},
	"certificate-or-dns-trouble.md":     {not: "the local environment has no domain, and nothing expires in it"},
	"database-failover.md":              {not: "the local database is one server, which cannot fail over"},
	"kubernetes-api-trouble.md":         {effect: apiTrouble},
	"locked-out.md":                     {not: "roles of people and GitHub are not there; tests/bootstrap tries what makes them"},
	"node-or-zone-loss.md":              {effect: nodeLoss},
	"report-missing.md":                 {not: "an environment that is made today has no report to miss; tests/e2e mails one"},
	"temporal-restart.md":               {effect: temporalRestart},
}
