package tenant

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
)

func TestBillTo(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]struct{ address, refused string }{
		"bills@acme.example": {address: "bills@acme.example"},
		"nobody":             {},
		"bills":              {refused: `address: got "another text", expected a mail address such as "platform@genericcorp.example", or nobody`},
	} {
		ran := false
		cmd := newBillTo(&cmdutil.Factory{}, func(_ context.Context, o *billToOptions) error {
			ran = true
			require.Equal(t, want.address, o.address)
			return nil
		})
		cmd.SetArgs([]string{"acme", typed, "--env", "dev"})
		cmd.SilenceErrors, cmd.SilenceUsage = true, true
		err := cmd.Execute()
		if want.refused != "" {
			require.EqualError(t, err, want.refused)
		} else {
			require.NoError(t, err)
		}
		require.Equal(t, want.refused == "", ran)
	}
	require.Equal(t, "tenant acme of prod: nobody knows where its invoices go", billToText(&tenant.BilledTo{Environment: "prod", Tenant: "acme"}))
	require.Contains(t, billToText(&tenant.BilledTo{BillingEmail: "bills@acme.example"}), "bills@acme.example")
}
