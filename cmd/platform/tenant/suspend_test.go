package tenant

import (
	"context"
	"os/user"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// A suspension notes the reason that was typed, and who typed it: on GitHub the person, who is not the runner's user.
func TestSuspensionNotesWhyAndByWhom(t *testing.T) {
	here, err := user.Current()
	require.NoError(t, err)
	for actor, by := range map[string]string{"": here.Username, "maria": "maria on GitHub", "ma\x1bria": ""} {
		t.Setenv("GITHUB_ACTOR", actor)
		var hold api.Hold
		cmd := newSuspend(&cmdutil.Factory{}, func(_ context.Context, o *suspendOptions) error {
			hold = o.hold()
			return nil
		})
		cmd.SetArgs([]string{"acme", "--reason", "does not pay", "--env", "dev"})
		require.NoError(t, cmd.Execute())
		require.Equal(t, api.Hold{Why: "does not pay", By: by}, hold)
	}
}

// Whoever looks at a tenant that is held reads why, by whom and since when: in show, in the list, and after each change.
func TestHoldIsTold(t *testing.T) {
	t.Parallel()
	hold := &api.Hold{Why: "does not pay, see invoice 4711 and the 3 before", By: "maria", Since: time.Date(2026, 11, 28, 9, 30, 0, 0, time.UTC)}
	const told = "held since 2026-11-28T09:30:00Z by maria, because: does not pay, see invoice 4711 and the 3 before"
	suspended := api.Tenant{Slug: "acme", State: api.StateSuspended, Hold: hold}
	require.Contains(t, shownText(&tenant.Shown{Tenant: &tenant.Listed{Tenant: suspended}, WayOut: "resume it"}), "\n"+told+"\n")
	require.Equal(t, "active, but limited by the breaker", stateText(api.Tenant{State: api.StateActive, Breaker: api.StateLimited}))
	require.Equal(t, "suspended: does not pay, see invoice 4711 and the …", stateText(suspended))

	report := tenant.Report{Record: tenant.Record{Hold: hold, SecretARN: "arn"}}
	require.Contains(t, changeText(&report), "\n"+told)
	report = tenant.Report{Record: tenant.Record{SecretARN: "arn"}, Was: hold}
	require.Contains(t, changeText(&report), "\nit was "+told)
	require.Equal(t, "since 2026-11-28T09:30:00Z", holdText(api.Hold{Since: hold.Since}), "a stack without --reason says neither")
}
