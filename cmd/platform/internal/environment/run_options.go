package environment

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/apiaccess"
	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/engine"
	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/cmd/platform/internal/ownprogram"
	"github.com/genericcorp/platform/internal/environments"
	"github.com/genericcorp/platform/internal/toolcache"
	"github.com/genericcorp/platform/policies"
)

// RunOptions say which program and settings an operation of the engine is about, and which policy pack checks it.
type RunOptions struct {
	Settings   string // another file of settings than the project's
	Program    string // a compiled program in place of this one's
	Sandbox    string // what runs that program
	Redact     bool   // the settings' secrets cannot be decrypted here
	PolicyPack string
	Plan       string                    // the file of a plan
	Watch      func(apitype.EngineEvent) // hears of every event; nil: nobody does
}

// AddFlags adds the flags of previews and deployments.
func (o *RunOptions) AddFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&o.Settings, "settings", "", "another file of settings than the project's; it must have the same name")
	flags.StringVar(&o.Program, "program", "", "a compiled Pulumi program to run in place of this one's, in a process without credentials")
	flags.StringVar(&o.Sandbox, "sandbox", "", "with --program: a command that runs its arguments as a user who owns nothing, in a network of its own")
	o.AddPolicyPackFlag(cmd)
}

// AddPolicyPackFlag adds --policy-pack alone.
func (o *RunOptions) AddPolicyPackFlag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.PolicyPack, "policy-pack", "", "the program of the policy pack that checks (default this command's own)")
}

// Prepare checks what was asked for, and names the policy pack unless one was: nothing is deployed unchecked.
func (o *RunOptions) Prepare(f *cmdutil.Factory, stack string) error {
	if err := o.check(stack); err != nil {
		return err
	}
	settings, err := o.settingsFile(f, stack)
	if err != nil {
		return err
	}
	if err := f.CheckSettings(settings); err != nil {
		return err
	}
	return o.usePolicyPack()
}

// requireAPIAccess refuses to deploy from a machine that the cluster's API does not let in. One whose address is unknown is
// told what to expect.
func (o *RunOptions) requireAPIAccess(ctx context.Context, f *cmdutil.Factory, stack string) error {
	if f.APIAccess == nil {
		return nil
	}
	settings, err := o.settingsFile(f, stack)
	if err != nil {
		return err
	}
	networks, err := f.APIAccess(settings)
	if err != nil {
		return err
	}
	err = apiaccess.Require(ctx, networks, apiaccess.AddressOfAWS)
	if errors.Is(err, apiaccess.ErrUnknown) {
		_, _ = fmt.Fprintln(f.Err, "warning:", err)
		return nil
	}
	return err
}

// PreparePolicyPack names the policy pack, for operations that have no settings or program of their own.
func (o *RunOptions) PreparePolicyPack() error {
	if err := o.check(""); err != nil {
		return err
	}
	return o.usePolicyPack()
}

func (o *RunOptions) usePolicyPack() error {
	if o.PolicyPack != "" {
		return nil
	}
	cache, err := toolcache.Dir()
	if err == nil {
		o.PolicyPack, err = ownprogram.Link(cache, "policies", policies.Program)
	}
	return err
}

// check returns every mistake at once, and makes all paths absolute: the engine works elsewhere.
func (o *RunOptions) check(stack string) error {
	var problems []error
	if expected := SettingsName(stack); o.Settings != "" && filepath.Base(o.Settings) != expected {
		problems = append(problems, fmt.Errorf("--settings: got %q, expected a file named %s", o.Settings, expected))
	}
	problems = append(problems, requireFile("--settings", o.Settings, 0), requireFile("--program", o.Program, 0o111),
		requireFile("--sandbox", o.Sandbox, 0o111), requireFile("--policy-pack", o.PolicyPack, 0o111))
	if o.Sandbox != "" && o.Program == "" {
		problems = append(problems, errors.New("--sandbox: it is for the program of --program"))
	}
	for _, path := range []*string{&o.Settings, &o.Program, &o.Sandbox, &o.PolicyPack, &o.Plan} {
		if *path == "" {
			continue
		}
		absolute, err := filepath.Abs(*path)
		problems = append(problems, err)
		*path = absolute
	}
	return exit.UsageError(errors.Join(problems...))
}

// requireFile requires a plain file, not a link: a settings file of a pull request must not point elsewhere.
func requireFile(flag, path string, mode os.FileMode) error {
	if path == "" {
		return nil
	}
	info, err := os.Lstat(path)
	if err != nil {
		return fmt.Errorf("%s: %w", flag, err)
	}
	if !info.Mode().IsRegular() || info.Mode()&mode != mode {
		return fmt.Errorf("%s: got %q, expected a plain file%s", flag, path, map[bool]string{true: " that may be run"}[mode != 0])
	}
	return nil
}

func (o *RunOptions) operation() engine.Operation {
	return engine.Operation{PolicyPack: o.PolicyPack, Watch: o.Watch}
}

// settingsFile is the file of a stack's settings: the one that was named, or the project's.
func (o *RunOptions) settingsFile(f *cmdutil.Factory, stack string) (string, error) {
	if o.Settings != "" {
		return o.Settings, nil
	}
	return SettingsFile(f, stack)
}

// SettingsFile is the project's file of a stack's settings.
func SettingsFile(f *cmdutil.Factory, stack string) (string, error) {
	project, err := f.Project()
	return filepath.Join(project, SettingsName(stack)), err
}

// SettingsName is the name of the file of a stack's settings.
func SettingsName(stack string) string {
	return "Pulumi." + cmp.Or(stack, environments.Local) + ".yaml"
}
