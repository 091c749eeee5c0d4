package tenant

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/environment"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
)

// completeTenants completes the name of a tenant that exists, and then one of the words that follow it. An environment that
// does not answer completes nothing.
func (o *options) completeTenants(then ...string) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		switch len(args) {
		case 0:
			return o.target.TenantNames(cmd.Context(), o.Factory), cobra.ShellCompDirectiveNoFileComp
		case 1:
			return then, cobra.ShellCompDirectiveNoFileComp
		default:
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
	}
}

// completeArchives completes the key of an archive of the tenant that is named, newest first.
func (o *options) completeArchives(cmd *cobra.Command, args []string, _ string) (keys []string, _ cobra.ShellCompDirective) {
	if len(args) == 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), environment.CompletionPatience)
	defer cancel()
	_ = o.onTenants(ctx, func(ctx context.Context, t *tenant.Tenants) error {
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
