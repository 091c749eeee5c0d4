// Package environment opens an environment for a command: the one on a local cloud, or one on AWS.
//
//page:none what was typed is wrong, and the message says what is right
package environment

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/cmd/platform/internal/localdir"
	"github.com/genericcorp/platform/cmd/platform/internal/localenv"
	"github.com/genericcorp/platform/internal/environments"
	"github.com/genericcorp/platform/internal/toolcache"
)

// Target says which environment a command works on.
type Target struct {
	LocalCloud
	Name     string
	Registry environments.Registry // the environments on AWS: environments.All() when nil
	// Workloads says that it is about what runs in the environment's cluster, which is a stack of its own.
	Workloads bool
}

// AddFlags adds --env, which is also called --stack, and the flags that choose a local cloud.
func (t *Target) AddFlags(cmd *cobra.Command) {
	AddNameFlag(cmd, &t.Name, environments.Local, t.choices())
	t.LocalCloud.AddFlags(cmd.Flags())
}

// AddNameFlag adds the flag that names an environment, which is its stack: --env or, for those who think of stacks, --stack.
func AddNameFlag(cmd *cobra.Command, name *string, otherwise string, choices []string) {
	const flag, alias = "env", "stack"
	cmd.Flags().SetNormalizeFunc(func(_ *pflag.FlagSet, given string) pflag.NormalizedName {
		if given == alias {
			given = flag
		}
		return pflag.NormalizedName(given)
	})
	cmd.Flags().StringVar(name, flag, otherwise, "which environment, also --"+alias+": "+strings.Join(choices, ", "))
	_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(choices, cobra.ShellCompDirectiveNoFileComp))
}

func (t *Target) choices() []string {
	if t.Registry == nil {
		return environments.All().Stacks()
	}
	return t.Registry.Stacks()
}

// Check refuses an environment that does not exist.
func (t *Target) Check() error {
	if choices := t.choices(); !slices.Contains(choices, t.Name) {
		return exit.Usagef("--env: got %q, expected one of %s", t.Name, strings.Join(choices, ", "))
	}
	return nil
}

// Local says whether it is the environment on a local cloud.
func (t *Target) Local() bool { return t.Name == environments.Local }

// LocalCloud says which local cloud a command works on.
type LocalCloud struct {
	CloudName, Dir string
	Port           int // of the AWS API, when the cloud is started; 0 is any free one
}

// AddFlags adds --name and --dir.
func (l *LocalCloud) AddFlags(flags *pflag.FlagSet) {
	flags.StringVar(&l.CloudName, "name", defaultCloud, "which local cloud; several can run at once")
	flags.StringVar(&l.Dir, "dir", "", "the local cloud's folder (default .local/<name> in the repository)")
}

const defaultCloud = "default"

// AddPortFlag is for the commands that start a local cloud.
func (l *LocalCloud) AddPortFlag(cmd *cobra.Command) {
	cmd.Flags().IntVar(&l.Port, "port", 0, "port of the AWS API on 127.0.0.1 (default any that is free)")
}

// Repeat is the flags by which the next command finds the same local cloud, with a space before each.
func (l *LocalCloud) Repeat() string {
	switch {
	case l.Dir != "":
		return " --dir " + l.Dir
	case l.CloudName != defaultCloud:
		return " --name " + l.CloudName
	default:
		return ""
	}
}

var cloudName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

// Cloud returns the local cloud that the flags name. Where its folder is named, no project is needed to look at it.
func (l *LocalCloud) Cloud(f *cmdutil.Factory) (localenv.Cloud, error) {
	if !cloudName.MatchString(l.CloudName) {
		return localenv.Cloud{}, exit.Usagef("--name: got %q, expected lower-case letters, digits and hyphens, at most 40", l.CloudName)
	}
	if l.Port < 0 || l.Port > 65535 {
		return localenv.Cloud{}, exit.Usagef("--port: got %d, expected 1 to 65535, or 0 for any that is free", l.Port)
	}
	project, err := f.Project()
	dir := l.Dir
	if dir == "" {
		if err != nil {
			return localenv.Cloud{}, err
		}
		dir = filepath.Join(project, localdir.DefaultParent, l.CloudName)
	}
	if err != nil && f.Folder != "" {
		return localenv.Cloud{}, err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return localenv.Cloud{}, err
	}
	cache, err := toolcache.Dir()
	if err != nil {
		return localenv.Cloud{}, err
	}
	return localenv.Cloud{
		Project: project, Checkout: project != "" && cmdutil.IsCheckout(project), Cache: cache, Dir: dir, Port: l.Port,
		Product: f.Product, Out: f.Err, Width: f.Width, Hard: f.Hard,
	}, nil
}
