package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
)

// completionPatience is how long a shell waits for names.
const completionPatience = 10 * time.Second

// completeTenants completes the name of a tenant that exists, and then one of the words that follow it. An environment that
// does not answer completes nothing.
func (a *app) completeTenants(f *tenantFlags, then ...string) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		switch len(args) {
		case 0:
			return a.tenantNames(cmd.Context(), f), cobra.ShellCompDirectiveNoFileComp
		case 1:
			return then, cobra.ShellCompDirectiveNoFileComp
		default:
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
	}
}

func (a *app) tenantNames(ctx context.Context, f *tenantFlags) (names []string) {
	ctx, cancel := context.WithTimeout(ctx, completionPatience)
	defer cancel()
	_ = a.onTenants(ctx, f, false, func(ctx context.Context, t *tenant.Tenants) error {
		list, err := t.List(ctx)
		if err != nil {
			return err
		}
		for _, listed := range list.Tenants {
			names = append(names, listed.Slug)
		}
		return nil
	})
	return names
}

// completeArchives completes the key of an archive of the tenant that is named, newest first.
func (a *app) completeArchives(f *tenantFlags) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, _ string) (keys []string, _ cobra.ShellCompDirective) {
		if len(args) == 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		ctx, cancel := context.WithTimeout(cmd.Context(), completionPatience)
		defer cancel()
		_ = a.onTenants(ctx, f, false, func(ctx context.Context, t *tenant.Tenants) error {
			shown, err := t.Show(ctx, args[0])
			if err != nil {
				return err
			}
			for i := range shown.Archives {
				keys = append(keys, shown.Archives[len(shown.Archives)-1-i].Key)
			}
			return nil
		})
		return keys, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
	}
}
