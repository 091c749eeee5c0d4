package ci

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"text/template"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/internal/environments"
	"github.com/genericcorp/platform/internal/tiers"
)

//go:generate go run github.com/genericcorp/platform/cmd/ci workflows ../../..

func newWorkflows(h *Host) *cobra.Command {
	return &cobra.Command{
		Use:    "workflows [checkout]",
		Short:  "Write into the workflows which environments, tiers and changes of tenants there are",
		Hidden: true,
		Args:   cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				h.Dir = h.absolute(args[0])
			}
			return h.writeWorkflows()
		},
	}
}

// writeWorkflows brings the workflows of the checkout in step with the lists that they follow.
func (h *Host) writeWorkflows() error {
	files, err := filepath.Glob(h.path(".github", "workflows", "*.yml"))
	if err != nil {
		return err
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if fresh := Workflow(string(text), h.Environments); fresh != string(text) {
			if err := os.WriteFile(file, []byte(fresh), 0o644); err != nil { //nolint:gosec // a file of the repository
				return err
			}
		}
	}
	return nil
}

var (
	// listed is a list that ends with the comment that says what is in it.
	listed = regexp.MustCompile(`\[[^\]\n]*\] # every (environment|tier|action)\n`)
	// deployments are the jobs of deploy.yml.
	deployments = regexp.MustCompile(`(?s)(  # begin: every environment, in the order of delivery\n).*(  # end\n)`)
)

// Workflow is a workflow's text, in step with the environments, the tiers and the changes of tenants that there are.
func Workflow(text string, all environments.Registry) string {
	lists := map[string][]string{"environment": all.Names(), "tier": tiers.Names(), "action": tenantActions}
	text = listed.ReplaceAllStringFunc(text, func(found string) string {
		of := listed.FindStringSubmatch(found)[1]
		return fmt.Sprintf("[%s] # every %s\n", strings.Join(lists[of], ", "), of)
	})
	return deployments.ReplaceAllStringFunc(text, func(found string) string {
		parts := deployments.FindStringSubmatch(found)
		return parts[1] + deploymentJobs(all) + parts[2]
	})
}

//go:embed deploy.yml.tmpl
var deployTemplate string

// deployJobs are the jobs of one environment in deploy.yml. GitHub's own expressions stay as they are.
var deployJobs = template.Must(template.New("deploy").Delims("<<", ">>").Parse(deployTemplate))

// deployment is one environment, and the jobs that come before its own.
type deployment struct {
	environments.Environment
	After string
}

// deploymentJobs deploy one environment after the other. GitHub has no matrix with an order.
func deploymentJobs(all environments.Registry) string {
	var jobs strings.Builder
	after := "test, policy"
	for _, e := range all {
		if err := deployJobs.Execute(&jobs, deployment{e, after}); err != nil {
			panic(err) // the template is a part of this program
		}
		after = "deploy-" + e.Name
	}
	return jobs.String()
}
