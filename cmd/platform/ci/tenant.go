package ci

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/internal/environments"
	"github.com/genericcorp/platform/internal/tenant/slug"
	"github.com/genericcorp/platform/internal/tiers"
)

// The changes of a tenant that the workflow offers.
const (
	actionCreate  = "create"
	actionTier    = "tier"
	actionSuspend = "suspend"
	actionArchive = "archive"
)

// tenantActions are all of them, in the order in which the workflow lists them.
var tenantActions = []string{actionCreate, actionTier, actionSuspend, "resume", "rotate", actionArchive, "offboard"}

// tenantOptions are what the person who dispatched the workflow filled in.
type tenantOptions struct {
	*Host
	action, tenant, tier, reason string
	environment                  environments.Environment
	suspendFirst                 bool
}

func newTenant(h *Host) *cobra.Command {
	o := &tenantOptions{Host: h}
	cmd := &cobra.Command{
		Use:   "tenant",
		Short: "Change one tenant as the person who dispatched the workflow asked for",
		Long: `Change one tenant as the person who dispatched the workflow asked for: ACTION (` + strings.Join(tenantActions, ", ") + `),
TENANT, ENVIRONMENT and, for create and tier, TIER; for suspend perhaps REASON. Nothing of them reaches a shell.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.read(); err != nil {
				return err
			}
			return o.run(cmd.Context())
		},
	}
	cmd.Flags().BoolVar(&o.suspendFirst, "suspend-first", false, "suspend the tenant before it is archived, so that nothing is written that the archive lacks")
	return cmd
}

// read checks every variable before anything is started.
func (o *tenantOptions) read() error {
	if err := o.requireEnv("ACTION", "TENANT", "ENVIRONMENT"); err != nil {
		return err
	}
	o.action, o.tenant, o.tier, o.reason = o.getenv("ACTION"), o.getenv("TENANT"), o.getenv("TIER"), o.getenv("REASON")
	if !slices.Contains(tenantActions, o.action) {
		return exit.Usagef("ACTION: got %+q, expected one of %s", o.action, strings.Join(tenantActions, ", "))
	}
	valid := slug.Check
	if o.action == actionCreate {
		valid = slug.CheckNew
	}
	if err := valid(o.tenant); err != nil {
		return exit.Usagef("TENANT: got %+q, expected another name: %w", o.tenant, err)
	}
	var known bool
	if o.environment, known = o.Environments.Find(o.getenv("ENVIRONMENT")); !known {
		return exit.Usagef("ENVIRONMENT: got %+q, expected one of %s", o.getenv("ENVIRONMENT"), strings.Join(o.Environments.Names(), ", "))
	}
	if o.action == actionCreate || o.action == actionTier {
		if err := o.requireEnv("TIER"); err != nil {
			return err
		}
		if _, err := tiers.Find(o.tier); err != nil {
			return exit.Usagef("TIER: got %+q, expected one of %s", o.tier, strings.Join(tiers.Names(), ", "))
		}
	}
	return o.requireTarget()
}

func (o *tenantOptions) run(ctx context.Context) error {
	checked := []string{"--policy-pack", o.policyPack()}
	switch o.action {
	case actionCreate:
		return o.change(ctx, actionCreate, append([]string{"--tier", o.tier}, checked...)...)
	case actionTier:
		return o.change(ctx, actionTier, append([]string{o.tier}, checked...)...)
	case actionSuspend:
		return o.change(ctx, actionSuspend, append(because(o.reason), checked...)...)
	case actionArchive:
		if o.suspendFirst {
			if err := o.change(ctx, actionSuspend, append(because("it is being offboarded"), checked...)...); err != nil {
				return err
			}
		}
		return o.change(ctx, actionArchive)
	default:
		return o.change(ctx, o.action, checked...)
	}
}

// because is the flag that says why a tenant is suspended.
func because(reason string) []string {
	if reason == "" {
		return nil
	}
	return []string{"--reason=" + reason}
}

// change runs one command on the tenant and shows on the job's page what it printed.
func (o *tenantOptions) change(ctx context.Context, action string, more ...string) error {
	args := append([]string{"tenant", action, o.tenant}, more...)
	d, code, err := o.runDetached(ctx, tenantStack(o.environment, o.tenant), append(args, "--env", o.environment.Name)...)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprint(o.Out, forLog(d.result()))
	result, said := "✅ done", d.result()
	if code != exit.OK {
		result, said = "❌ failed", said+lastLines(d.log(), 20)
	}
	page := fmt.Sprintf("### Tenant `%s` of `%s`: %s: %s\n\n%s\n", o.tenant, o.environment.Name, action, result, fence(said))
	if code != exit.OK {
		//page:failed-or-stuck-deploy
		return cmp.Or(o.summary(page), exit.With(code, fmt.Errorf("%s of tenant %s failed", action, o.tenant)))
	}
	return o.summary(page)
}
