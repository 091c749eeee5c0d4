// Package local is a whole environment on this machine: it starts, shows and removes local clouds.
//
//page:none a local cloud holds nothing that matters, and the message says what to do
package local

import (
	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/environment"
)

// options are what every command about a local cloud is asked.
type options struct {
	*cmdutil.Factory
	environment.LocalCloud

	json bool
}

// NewCommand is the group of commands about local clouds.
func NewCommand(f *cmdutil.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "local",
		Short: "A whole environment on this machine, without a cloud account",
		Long: `The local cloud is the real deployment engine with the real provider code, an emulated AWS
API, a real Kubernetes API server and a real PostgreSQL server, all on this machine, listening
on the loopback interface only. The program deployed to it is the one that is deployed to AWS;
only its settings (Pulumi.local.yaml) differ. It never uses AWS credentials of yours.`,
	}
	return cmdutil.Group(cmd, newStart(f, nil), newUp(f, nil), newDown(f, nil), newStatus(f, nil), newLogs(f, nil), newEnv(f, nil), newTrust(f, nil), newNode(f, nil), newMail(f, nil), newStripe(f, nil))
}

func (o *options) addFlags(cmd *cobra.Command) {
	o.AddFlags(cmd.Flags())
	cmdutil.AddJSON(cmd, &o.json)
}
