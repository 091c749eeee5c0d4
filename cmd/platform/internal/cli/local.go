package cli

import (
	"path/filepath"
	"regexp"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/cmd/platform/internal/local"
	"github.com/genericcorp/platform/cmd/platform/internal/localdir"
	"github.com/genericcorp/platform/internal/toolcache"
)

// place says which local cloud a command means.
type place struct {
	name, dir string
	port      int
}

func (p *place) addFlags(cmd *cobra.Command) {
	cmd.PersistentFlags().StringVar(&p.name, "name", "default", "which local cloud; several can run at once")
	cmd.PersistentFlags().StringVar(&p.dir, "dir", "", "its folder (default .local/<name> in the repository)")
}

// addPortFlag is for the commands that start a local cloud.
func (p *place) addPortFlag(cmd *cobra.Command) {
	cmd.Flags().IntVar(&p.port, "port", 0, "port of the AWS API on 127.0.0.1 (default any that is free)")
}

var cloudName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

// cloud returns the local cloud that the flags name.
func (a *app) cloud(p place) (local.Cloud, error) {
	if !cloudName.MatchString(p.name) {
		return local.Cloud{}, exit.Usagef("--name: got %q, expected lower-case letters, digits and hyphens, at most 40", p.name)
	}
	if p.port < 0 || p.port > 65535 {
		return local.Cloud{}, exit.Usagef("--port: got %d, expected 1 to 65535, or 0 for any that is free", p.port)
	}
	root, err := a.Project()
	if err != nil {
		return local.Cloud{}, err
	}
	cache, err := toolcache.Dir()
	if err != nil {
		return local.Cloud{}, err
	}
	dir := p.dir
	if dir == "" {
		dir = filepath.Join(root, localdir.DefaultParent, p.name)
	}
	dir, err = filepath.Abs(dir)
	if err != nil {
		return local.Cloud{}, err
	}
	return local.Cloud{
		Repository: root, Cache: cache, Dir: dir, Port: p.port,
		Product: a.Product,
		Out:     a.Err, Width: a.Width, Hard: a.Hard,
	}, nil
}

func (a *app) localCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "local",
		Short: "A whole environment on this machine, without a cloud account",
		Long: `The local cloud is the real deployment engine with the real provider code, an emulated AWS
API, a real Kubernetes API server and a real PostgreSQL server, all on this machine, listening
on the loopback interface only. The program deployed to it is the one that is deployed to AWS;
only its settings (Pulumi.local.yaml) differ. It never uses AWS credentials of yours.`,
	}
	var p place
	p.addFlags(cmd)
	cmdutil.Group(cmd, a.startCommand(&p), a.upCommand(&p), a.downCommand(&p), a.statusCommand(&p), a.logsCommand(&p), a.envCommand(&p))
	return cmd
}
